#include "cli/next.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/schedule/schedule.h"
#include "engine/validate.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::cli {
namespace {

/// The bounds that the API has on each member, told in its words.
absl::Status CheckMembers(const NextOptions& options) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("next");
  window.set_schedule(options.schedule);
  if (options.timezone) window.set_schedule_timezone(*options.timezone);
  if (options.offset) window.set_schedule_offset(*options.offset);
  if (options.start_date) window.set_start_date(*options.start_date);
  if (options.end_date) window.set_end_date(*options.end_date);
  window.set_duration(1);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  return ValidateConstraints(window);
}

}  // namespace

absl::StatusOr<NextAnswer> NextOccurrences(const NextOptions& options, absl::Time now) {
  LULL_RETURN_IF_ERROR(CheckMembers(options));
  absl::Time at = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  if (options.after) {
    LULL_ASSIGN_OR_RETURN(at, ParseDateTime(*options.after));
  }
  LULL_ASSIGN_OR_RETURN(const Schedule schedule,
                        Schedule::Parse({options.schedule, options.timezone, options.offset,
                                         options.start_date, options.end_date, at}));
  NextAnswer answer;
  answer.sentence = schedule.Describe();
  const std::string after = FormatRfc3339(at, schedule.timezone());
  while (static_cast<std::int64_t>(answer.occurrences.size()) < options.count) {
    const auto next = schedule.NextAfter(at);
    if (!next) break;
    at = *next;
    answer.occurrences.push_back(FormatRfc3339(at, schedule.timezone()));
  }
  if (answer.occurrences.empty()) absl::StrAppend(&answer.sentence, ": never after ", after);
  return answer;
}

std::string NextJson(const NextAnswer& answer) {
  std::vector<std::string> quoted;
  for (const std::string& occurrence : answer.occurrences) quoted.push_back(JsonString(occurrence));
  return absl::StrCat("[", absl::StrJoin(quoted, ", "), "]");
}

}  // namespace lull::cli
