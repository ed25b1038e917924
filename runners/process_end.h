#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/ports/runner.h"

namespace lull::runners {

/// Why a shim ended a process, if it did. The first cause counts.
enum class StopCause { kNone, kTimeOut, kStopRequest };

/// How a process ended.
struct ProcessEnd {
  StopCause cause = StopCause::kNone;
  std::optional<int> exit_status = {};
  std::optional<int> signal = {};  ///< neither: it never started, or could not be ended
  int start_error = 0;             ///< errno of what kept it from starting; 0: it started
  std::string start_step = {};     ///< what that was
  int write_error = 0;             ///< errno of the write that lost output; 0: nothing was lost
  int left = 0;                    ///< processes that could not be ended
  std::vector<int> left_ids = {};  ///< of some of them
};

/// What an ended process comes to: pure.
///   it never started   FAILED (CANCELLED if it was asked to stop meanwhile)
///   some are left      FAILED: that all of it has ended can't be verified
///   cause kNone        SUCCESS on exit status 0, else FAILED
///   cause kTimeOut     TIMED_OUT, whatever its exit status
///   cause kStopRequest CANCELLED, whatever its exit status
/// The exit code is the exit status, or 128 + signal as a shell has it. A detail says if output was
/// lost.
Outcome OutcomeOf(const ProcessEnd& end, absl::Duration execution_timeout);

/// The outcome of work that never began, for its node could not be reached: `last_line` is what the
/// process said of it last, and may be empty.
Outcome Undeliverable(int exit_status, std::string_view last_line);

/// The outcome of work that says, by its exit status, that a part of it ran into its own time-out.
Outcome TimedOutInside(int exit_status);

/// The outcome of what could not be started at all.
Outcome NotStarted(const absl::Status& why);

}  // namespace lull::runners
