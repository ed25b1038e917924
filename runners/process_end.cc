#include "runners/process_end.h"

#include <string.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "runners/errno_status.h"

namespace lull::runners {
namespace {

constexpr int kSignalExitBase = 128;
constexpr std::size_t kMaxLastLine = 200;  // code points of what an undeliverable one said

std::string FailureText(const ProcessEnd& end) {
  if (end.signal.has_value()) {
    const char* name = ::sigabbrev_np(*end.signal);
    if (name == nullptr) return absl::StrCat("Failed: killed by signal ", *end.signal);
    return absl::StrCat("Failed: killed by signal ", *end.signal, " (SIG", name, ")");
  }
  if (end.exit_status.has_value()) return absl::StrCat("Failed: exit status ", *end.exit_status);
  return "Failed: its exit status is not known";
}

std::string TimeOutText(absl::Duration execution_timeout) {
  return absl::StrCat("Timed out: ran for more than ", absl::FormatDuration(execution_timeout));
}

std::string LeftText(const ProcessEnd& end, absl::Duration execution_timeout) {
  const std::string why =
      end.cause == StopCause::kTimeOut ? TimeOutText(execution_timeout) : "Stopped on request";
  return absl::StrCat(why, "; can't be verified to have ended: ", end.left,
                      " left after KILL (process ids ", absl::StrJoin(end.left_ids, ", "), ")");
}

/// The status and detail, without what is said of output.
std::pair<Status, std::string> Judge(const ProcessEnd& end, absl::Duration execution_timeout) {
  if (end.left > 0) return {Status::kFailed, LeftText(end, execution_timeout)};
  switch (end.cause) {
    case StopCause::kTimeOut:
      return {Status::kTimedOut, TimeOutText(execution_timeout)};
    case StopCause::kStopRequest:
      return {Status::kCancelled, "Stopped on request"};
    case StopCause::kNone:
      break;
  }
  if (end.exit_status == 0) return {Status::kSuccess, ""};
  return {Status::kFailed, FailureText(end)};
}

}  // namespace

Outcome OutcomeOf(const ProcessEnd& end, absl::Duration execution_timeout) {
  if (end.start_error != 0 && end.cause == StopCause::kNone) {
    return NotStarted(ErrnoStatus(end.start_error, end.start_step));
  }
  Outcome outcome;
  if (end.exit_status.has_value()) outcome.exit_code = *end.exit_status;
  if (end.signal.has_value()) outcome.exit_code = kSignalExitBase + *end.signal;
  std::tie(outcome.status, outcome.detail) = Judge(end, execution_timeout);
  if (end.write_error != 0) {
    absl::StrAppend(&outcome.detail, outcome.detail.empty() ? "" : "; ",
                    "output was lost: ", std::generic_category().message(end.write_error));
  } else if (end.cause != StopCause::kNone) {
    absl::StrAppend(&outcome.detail, ".");
  }
  return outcome;
}

Outcome Undeliverable(int exit_status, std::string_view last_line) {
  Outcome outcome{.status = Status::kFailed, .exit_code = exit_status, .undelivered = true};
  outcome.detail = last_line.empty()
                       ? absl::StrCat("Undeliverable: exit status ", exit_status)
                       : absl::StrCat("Undeliverable: ", ToUtf8(last_line, kMaxLastLine));
  return outcome;
}

Outcome TimedOutInside(int exit_status) {
  return {.status = Status::kTimedOut,
          .exit_code = exit_status,
          .detail = "Timed out: a step ran for longer than its timeoutSeconds."};
}

Outcome NotStarted(const absl::Status& why) {
  return {.status = Status::kFailed,
          .exit_code = std::nullopt,
          .detail = absl::StrCat("Failed to start: ", why.message())};
}

}  // namespace lull::runners
