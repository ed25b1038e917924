#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "engine/ports/runner.h"
#include "runners/capture.h"
#include "runners/invocation_files.h"
#include "runners/process_end.h"
#include "runners/spawn.h"

namespace lull::runners {

/// How long the steps of ending a process may take.
struct ProcessGraces {
  absl::Duration stop;    ///< between TERM and KILL
  absl::Duration output;  ///< after its end, for output held open by others
};

/// One process group from its start to its outcome: the ladder TERM, grace, KILL; the end of the
/// main process; what is left of its output. Driven by events, each with the boot time now. Not
/// thread-safe.
class Process {
 public:
  Process(Spawned spawned, InvocationFiles files, Capture stdout_capture, Capture stderr_capture,
          absl::Duration execution_timeout, ProcessGraces graces, absl::Duration now);

  /// Kills what is left and reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Climbs the ladder's first step. Nothing happens when the main process has ended or was asked
  /// before: what has ended by itself keeps its own outcome.
  void Stop(StopCause cause, absl::Duration now);

  /// Goes straight to KILL, unless the main process has ended.
  void Kill(StopCause cause, absl::Duration now);

  /// When Advance wants to be called at the latest; infinite when only the process itself counts.
  absl::Duration deadline() const { return deadline_; }

  /// Takes the steps that are due: call when the pidfd became readable or the deadline has passed.
  void Advance(absl::Duration now);

  /// True once the main process has ended and its output was read, or was waited for long enough.
  bool finished() const;

  /// REQUIRES: finished().
  Outcome TakeOutcome();

  int pidfd() const { return spawned_.pidfd.get(); }

  enum Stream : std::size_t { kStdout = 0, kStderr = 1 };
  Capture& capture(Stream stream) { return captures_[stream]; }

 private:
  enum class Phase { kRunning, kStopping, kKilled, kEnded };

  bool CheckEnd(absl::Duration now);
  void SignalGroup(int number);

  Spawned spawned_;
  InvocationFiles files_;
  std::array<Capture, 2> captures_;
  absl::Duration execution_timeout_;
  ProcessGraces graces_;

  Phase phase_ = Phase::kRunning;
  StopCause cause_ = StopCause::kNone;
  absl::Duration deadline_;
  bool output_given_up_ = false;
  ProcessEnd end_;
};

}  // namespace lull::runners
