#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"

namespace lull {

/// How an invocation ended, as its runner saw it.
struct Outcome {
  /// kSuccess, kFailed, kTimedOut or kCancelled. kCancelled only after RequestStop: without one the
  /// engine records FAILED.
  Status status = Status::kSuccess;
  std::optional<std::int64_t> exit_code;
  std::string detail;  ///< shown as StatusDetails; cut at kMaxDetailBytes
  /// kFailed only: the work never began, for its node could not be reached. Shown as any failure,
  /// but not counted against MaxErrors (spec D.5).
  bool undelivered = false;
};

/// Where runners report. Thread-safe; only enqueues, so it may be called with locks held, from any
/// thread and from inside Runner::Start.
class FinishSink {
 public:
  virtual ~FinishSink() = default;

  /// An invocation ended. The first report counts; later ones for it are dropped.
  virtual void Finished(InvocationRef invocation, Outcome outcome) = 0;
};

/// One invocation, as a runner gets it. Valid during the call of Start only: copy what you keep.
struct Invocation {
  /// The API's InvocationId, made when asked for.
  InvocationId Id() const { return MakeInvocationId(task.id, ref); }

  InvocationRef ref;
  const ExecutionId& execution;
  const WindowId& window;
  const TaskSpec& task;
  const ResolvedTarget& target;
};

/// What a runner knows of an invocation that an earlier life of the engine started.
enum class Adoption {
  kRunning,     ///< it goes on; Finished will be called
  kFinished,    ///< Finished was called, or will be at once
  kUnknown,     ///< its outcome can't be learned
  kNotStarted,  ///< nothing of it ever ran, for certain: Start may be called for it
};

/// What an invocation prints.
enum class OutputStream { kStdout, kStderr };

/// Carries invocations out. The engine never calls it while holding a lock; calls for one task come
/// in ordinal order. The caller owns it, and lets it report nothing after the engine is gone.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Starts an invocation. Returns in bounded time without waiting for its end, and reports that
  /// through `sink` (which outlives the runner's work); a failure to start is a FAILED outcome, not
  /// an error here. Called at most once for each invocation, ever (rule R4), but for one of which
  /// Adopt says kNotStarted.
  virtual void Start(const Invocation& invocation, FinishSink& sink) = 0;

  /// Asks an invocation in flight to end; safe to repeat, and to call for one that has ended. What
  /// it comes to is reported as usual.
  virtual void RequestStop(InvocationRef invocation) = 0;

  /// Asked once for each invocation that was in flight when an earlier life of the engine died.
  virtual Adoption Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) = 0;

  /// The first bytes that an invocation has printed up to now, `limit` at most; none when nothing
  /// is kept. From any thread, also while the invocation runs. Errors: what is kept can't be read.
  virtual absl::StatusOr<std::string> ReadOutput(InvocationRef, OutputStream, std::size_t limit) {
    static_cast<void>(limit);
    return std::string();
  }

  /// History of this task execution goes: removes a piece of what is kept of its invocations, in a
  /// few milliseconds, and returns whether more is left. Called again until none is, by whoever
  /// steps; after a crash from the start. Nothing of it is in flight.
  virtual bool ForgetSome(TaskKey) { return false; }
};

}  // namespace lull
