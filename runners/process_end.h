#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/ports/runner.h"

namespace lull::runners {

/// Why the runner ended a process, if it did. The first cause counts.
enum class StopCause { kNone, kTimeOut, kStopRequest, kShutdown };

/// How a process ended. Neither member is set when that can't be learned (another part of this
/// program reaped it).
struct ProcessEnd {
  std::optional<int> exit_status = {};
  std::optional<int> signal = {};
};

/// What an ended process comes to: pure.
///   cause kNone       SUCCESS on exit status 0, else FAILED
///   cause kTimeOut    TIMED_OUT, whatever its exit status
///   cause kStopRequest CANCELLED, whatever its exit status
///   cause kShutdown   FAILED
/// The exit code is the exit status, or 128 + signal as a shell has it.
Outcome OutcomeOf(StopCause cause, const ProcessEnd& end, absl::Duration execution_timeout);

/// `outcome` whose detail says that output could not be written, unless `write_error` (an errno) is
/// 0.
Outcome WithLostOutput(Outcome outcome, int write_error);

/// The outcome of what could not be started at all.
Outcome NotStarted(const absl::Status& why);

}  // namespace lull::runners
