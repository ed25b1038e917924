#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace lull {

/// The API's statuses (spec D.1), for executions, task executions and invocations alike.
/// Stored as these integers: append only, never renumber.
enum class Status {
  kPending = 0,
  kInProgress = 1,
  kSuccess = 2,
  kFailed = 3,
  kTimedOut = 4,
  kCancelling = 5,
  kCancelled = 6,
  kSkippedOverlapping = 7,
};
inline constexpr std::array kAllStatuses = {
    Status::kPending,  Status::kInProgress, Status::kSuccess,   Status::kFailed,
    Status::kTimedOut, Status::kCancelling, Status::kCancelled, Status::kSkippedOverlapping};

/// Which of the three state machines. Stored: append only.
enum class Level { kExecution = 0, kTask = 1, kInvocation = 2 };
inline constexpr std::array kAllLevels = {Level::kExecution, Level::kTask, Level::kInvocation};

/// What moves a status.
enum class Trigger {
  kStart,    ///< an execution opens, a task is started, an invocation is claimed
  kSucceed,  ///< all the work is done and good
  kFail,
  kTimeOut,
  kDrain,   ///< asked to end while work is in flight: nothing new is admitted
  kCancel,  ///< asked to end and nothing is in flight (any more)
};
inline constexpr std::array kAllTriggers = {Trigger::kStart,   Trigger::kSucceed, Trigger::kFail,
                                            Trigger::kTimeOut, Trigger::kDrain,   Trigger::kCancel};

struct Transition {
  Level level;
  Status from;
  Trigger trigger;
  Status to;
};

/// THE table: every legal move. Storage, engine, tests and docs/state_machine.md are derived from
/// it; nothing else decides. Executions are created PENDING or SKIPPED_OVERLAPPING, tasks and
/// invocations PENDING.
inline constexpr std::array kTransitions = {
    // clang-format off
    Transition{Level::kExecution, Status::kPending,    Trigger::kStart,   Status::kInProgress},
    Transition{Level::kExecution, Status::kPending,    Trigger::kSucceed, Status::kSuccess},
    Transition{Level::kExecution, Status::kPending,    Trigger::kFail,    Status::kFailed},
    Transition{Level::kExecution, Status::kPending,    Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kExecution, Status::kPending,    Trigger::kCancel,  Status::kCancelled},
    Transition{Level::kExecution, Status::kInProgress, Trigger::kSucceed, Status::kSuccess},
    Transition{Level::kExecution, Status::kInProgress, Trigger::kFail,    Status::kFailed},
    Transition{Level::kExecution, Status::kInProgress, Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kExecution, Status::kInProgress, Trigger::kDrain,   Status::kCancelling},
    Transition{Level::kExecution, Status::kInProgress, Trigger::kCancel,  Status::kCancelled},
    Transition{Level::kExecution, Status::kCancelling, Trigger::kCancel,  Status::kCancelled},

    Transition{Level::kTask, Status::kPending,    Trigger::kStart,   Status::kInProgress},
    Transition{Level::kTask, Status::kPending,    Trigger::kFail,    Status::kFailed},
    Transition{Level::kTask, Status::kPending,    Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kTask, Status::kPending,    Trigger::kCancel,  Status::kCancelled},
    Transition{Level::kTask, Status::kInProgress, Trigger::kSucceed, Status::kSuccess},
    Transition{Level::kTask, Status::kInProgress, Trigger::kFail,    Status::kFailed},
    Transition{Level::kTask, Status::kInProgress, Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kTask, Status::kInProgress, Trigger::kDrain,   Status::kCancelling},
    Transition{Level::kTask, Status::kInProgress, Trigger::kCancel,  Status::kCancelled},
    Transition{Level::kTask, Status::kCancelling, Trigger::kCancel,  Status::kCancelled},

    Transition{Level::kInvocation, Status::kPending,    Trigger::kStart,   Status::kInProgress},
    Transition{Level::kInvocation, Status::kPending,    Trigger::kFail,    Status::kFailed},
    Transition{Level::kInvocation, Status::kPending,    Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kInvocation, Status::kPending,    Trigger::kCancel,  Status::kCancelled},
    Transition{Level::kInvocation, Status::kInProgress, Trigger::kSucceed, Status::kSuccess},
    Transition{Level::kInvocation, Status::kInProgress, Trigger::kFail,    Status::kFailed},
    Transition{Level::kInvocation, Status::kInProgress, Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kInvocation, Status::kInProgress, Trigger::kDrain,   Status::kCancelling},
    Transition{Level::kInvocation, Status::kCancelling, Trigger::kSucceed, Status::kSuccess},
    Transition{Level::kInvocation, Status::kCancelling, Trigger::kFail,    Status::kFailed},
    Transition{Level::kInvocation, Status::kCancelling, Trigger::kTimeOut, Status::kTimedOut},
    Transition{Level::kInvocation, Status::kCancelling, Trigger::kCancel,  Status::kCancelled},
    // clang-format on
};

/// Where `trigger` leads from `from`, or nothing when the move is not legal.
constexpr std::optional<Status> Next(Level level, Status from, Trigger trigger) {
  for (const Transition& row : kTransitions) {
    if (row.level == level && row.from == from && row.trigger == trigger) return row.to;
  }
  return std::nullopt;
}

/// True when some trigger leads from `from` to `to`.
constexpr bool IsLegalMove(Level level, Status from, Status to) {
  for (const Transition& row : kTransitions) {
    if (row.level == level && row.from == from && row.to == to) return true;
  }
  return false;
}

/// A final status has no way out.
constexpr bool IsFinal(Level level, Status status) {
  for (const Transition& row : kTransitions) {
    if (row.level == level && row.from == status) return false;
  }
  return true;
}

/// The API's word, `IN_PROGRESS`.
std::string_view Name(Status status);
std::string_view Name(Level level);
std::string_view Name(Trigger trigger);
std::optional<Status> ParseStatus(std::string_view name);

/// What closed a task, that is, made it admit no more. The first closer wins.
/// Stored: append only.
enum class ClosedBy { kNone = 0, kCancel = 1, kCutoff = 2, kMaxErrors = 3, kFailed = 4 };

/// How a queued invocation of a task reads (DESIGN's table of closers).
constexpr Status QueuedStatus(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::kNone:
      return Status::kPending;
    case ClosedBy::kCancel:
      return Status::kCancelled;
    case ClosedBy::kCutoff:
      return Status::kTimedOut;
    case ClosedBy::kMaxErrors:
      return Status::kCancelled;
    case ClosedBy::kFailed:
      return Status::kFailed;
  }
  return Status::kPending;
}

/// Everything that an invocation's status is made of.
struct InvocationFacts {
  std::optional<Status> outcome;  ///< its finished row's, if there is one
  bool claimed = false;           ///< the cursor has passed it
  bool stop_requested = false;    ///< its task's runner was asked to stop what is in flight
  ClosedBy closed_by = ClosedBy::kNone;
};

/// The one function that says what an invocation's status is: most have no row.
constexpr Status InvocationStatus(const InvocationFacts& facts) {
  if (facts.outcome.has_value()) return *facts.outcome;
  if (facts.claimed) return facts.stop_requested ? Status::kCancelling : Status::kInProgress;
  return QueuedStatus(facts.closed_by);
}

/// Why a status is what it is; each has the text that the API shows as StatusDetails.
/// Stored: append only.
enum class Reason {
  kNone = 0,
  kNoTasks = 1,
  kTasksFailed = 2,
  kMaxErrors = 3,
  kNoInvocations = 4,
  kCutoff = 5,
  kCancelled = 6,
  kEngineRestarted = 7,
  kOverlap = 8,
  kTargets = 9,  ///< targets can't be resolved; the row's detail says why
  kTasksTimedOut = 10,
  kMissed = 11,
  kUndelivered = 12,
  kNeverStarted = 13,
  kUnassociated = 14,
  kParameters = 15,  ///< they can't be resolved; the row's detail says why
};
std::string_view Text(Reason reason);

/// How much a cancel stops (DESIGN: 'Cancel, precisely'). A greater one is stricter.
/// Stored: append only.
enum class CancelPolicy {
  kTask = 0,        ///< running tasks go on over all their targets
  kInvocation = 1,  ///< only what is claimed finishes
  kStop = 2,        ///< as kInvocation, and runners are asked to stop what is in flight
};
std::string_view Name(CancelPolicy policy);

}  // namespace lull
