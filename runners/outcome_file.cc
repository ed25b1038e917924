#include "runners/outcome_file.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/folder.h"
#include "runners/invocation_files.h"
#include "runners/process_end.h"
#include "runners/record_file.h"

namespace lull::runners {

Outcome OutcomeOfRecord(const UniqueFd& folder, Ordinal ordinal, const Record& record) {
  LULL_CHECK(record.end.has_value());
  const ProcessEnd& end = *record.end;
  if (end.cause == StopCause::kNone && end.exit_status.has_value()) {
    if (end.exit_status == record.head.undeliverable_status) {
      return Undeliverable(*end.exit_status, LastErrorLine(folder, ordinal));
    }
    if (end.exit_status == record.head.timed_out_status) return TimedOutInside(*end.exit_status);
  }
  return OutcomeOf(end, record.head.execution_timeout);
}

Outcome OutcomeOfEnded(const std::string& output_dir, InvocationRef invocation,
                       const InvocationId& id) {
  const auto folder = FindFolder(output_dir, invocation.task);
  if (!folder.ok()) return OutcomeUnknown(FromAbsl(folder.status().message()));
  if (!folder->valid()) return OutcomeUnknown("its record was removed");
  const auto record = ReadRecord(*folder, invocation.ordinal, id);
  if (record.ok() && record->end) return OutcomeOfRecord(*folder, invocation.ordinal, *record);
  RemoveScript(*folder, invocation.ordinal);
  if (!record.ok()) return OutcomeUnknown(FromAbsl(record.status().message()));
  if (record->shim == 0) {
    return NotStarted(absl::UnavailableError("lull-shim ended before it began"));
  }
  return OutcomeUnknown("its lull-shim was killed");
}

Outcome OutcomeUnknown(std::string_view why) {
  return {.status = Status::kFailed,
          .exit_code = std::nullopt,
          .detail = absl::StrCat("The outcome is unknown: ", ToAbsl(why), ".")};
}

}  // namespace lull::runners
