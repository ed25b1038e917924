#include "runners/process_end.h"

#include <string.h>

#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lull::runners {
namespace {

constexpr int kSignalExitBase = 128;

std::string FailureText(const ProcessEnd& end) {
  if (end.signal.has_value()) {
    const char* name = ::sigabbrev_np(*end.signal);
    if (name == nullptr) return absl::StrCat("Failed: killed by signal ", *end.signal);
    return absl::StrCat("Failed: killed by signal ", *end.signal, " (SIG", name, ")");
  }
  if (end.exit_status.has_value()) return absl::StrCat("Failed: exit status ", *end.exit_status);
  return "Failed: the exit status was taken by another part of this process";
}

}  // namespace

Outcome OutcomeOf(StopCause cause, const ProcessEnd& end, absl::Duration execution_timeout) {
  Outcome outcome;
  if (end.exit_status.has_value()) outcome.exit_code = *end.exit_status;
  if (end.signal.has_value()) outcome.exit_code = kSignalExitBase + *end.signal;
  switch (cause) {
    case StopCause::kTimeOut:
      outcome.status = Status::kTimedOut;
      outcome.detail = absl::StrCat("Timed out: ran for more than ",
                                    absl::FormatDuration(execution_timeout), ".");
      return outcome;
    case StopCause::kStopRequest:
      outcome.status = Status::kCancelled;
      outcome.detail = "Stopped on request.";
      return outcome;
    case StopCause::kShutdown:
      outcome.status = Status::kFailed;
      outcome.detail = "Failed: killed because the runner shut down.";
      return outcome;
    case StopCause::kNone:
      break;
  }
  if (end.exit_status == 0) return outcome;
  outcome.status = Status::kFailed;
  outcome.detail = FailureText(end);
  return outcome;
}

Outcome WithLostOutput(Outcome outcome, int write_error) {
  if (write_error == 0) return outcome;
  if (outcome.detail.ends_with('.')) outcome.detail.pop_back();
  absl::StrAppend(&outcome.detail, outcome.detail.empty() ? "" : "; ",
                  "output was lost: ", std::generic_category().message(write_error));
  return outcome;
}

Outcome NotStarted(const absl::Status& why) {
  return {.status = Status::kFailed,
          .exit_code = std::nullopt,
          .detail = absl::StrCat("Failed to start: ", why.message())};
}

}  // namespace lull::runners
