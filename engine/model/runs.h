#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/states.h"

namespace lull {

/// One computed interval of a window, half open: [start_at, end_at). Nothing starts at or after
/// cutoff_at. Computed once, stored.
struct Occurrence {
  absl::Time start_at;
  absl::Time cutoff_at;
  absl::Time end_at;
};

/// A stored fact: who asked to cancel, when, why and how; what it found.
struct CancelRequest {
  CancelPolicy policy = CancelPolicy::kTask;
  std::string principal;
  std::string reason;
  absl::Time requested_at;
  std::int64_t queued = 0;     ///< invocations that it cancelled before they started
  std::int64_t in_flight = 0;  ///< invocations that were in flight at that instant
  friend bool operator==(const CancelRequest&, const CancelRequest&) = default;
};

/// A stored fact: who asked for an execution that no schedule opened, and why.
struct StartRequest {
  std::string principal;
  std::string reason;
};

/// What changes of an execution while it runs.
struct ExecutionProgress {
  Status status = Status::kPending;
  Reason reason = Reason::kNone;
  std::string detail;  ///< overrides the reason's text when not empty
  std::optional<absl::Time> ended_at;
  std::optional<CancelRequest> cancel;
  friend bool operator==(const ExecutionProgress&, const ExecutionProgress&) = default;
};

/// The stored run of one occurrence: one of the schedule's, or one that was asked for.
struct Execution {
  ExecutionKey key{};
  ExecutionId id;
  WindowId window;
  Occurrence occurrence;
  absl::Time started_at;  ///< when it was recorded (the API's StartTime)
  Epoch epoch{};          ///< of the engine that owns it
  ExecutionProgress progress;
  std::optional<StartRequest> request;      ///< nothing: its schedule opened it
  std::optional<ExecutionId> resumed_from;  ///< it goes on with what that one left
};

/// What never changes of a task execution: the task as it was when the execution opened.
struct TaskSpec {
  TaskKey key{};
  TaskExecutionId id;
  ExecutionKey execution{};
  WindowTaskId window_task;
  std::string task_arn;
  TaskType type = TaskType::kRunCommand;
  std::vector<TargetSelector> targets;
  std::int64_t priority = 0;
  std::string max_concurrency;  ///< text, as registered
  std::string max_errors;
  std::optional<CutoffBehavior> cutoff_behavior;
  std::optional<std::string> service_role_arn;
  std::string payload;
  /// The window does not allow unassociated targets: an invocation whose target has no
  /// window_target (and has a node) is FAILED instead of started.
  bool only_associated = false;
  /// The task whose key names the snapshot; tasks with the same target list share one.
  TaskKey snapshot{};
};

/// What changes of a task execution while it runs: the cursor, the counters, the statuses.
struct TaskProgress {
  Status status = Status::kPending;
  ClosedBy closed_by = ClosedBy::kNone;
  bool stop_requested = false;
  Reason reason = Reason::kNone;
  std::string detail;
  /// The task's range of its snapshot: invocation 0 is the snapshot's target `first`.
  Ordinal first = 0;
  Ordinal count = 0;
  std::int64_t concurrency_limit = 0;  ///< effective, a number
  std::int64_t error_limit = 0;
  Ordinal next = 0;  ///< the cursor: ordinals below it are claimed
  /// Below the low-water mark all are finished, but for the stragglers.
  Ordinal low = 0;
  std::vector<Ordinal> stragglers;  ///< ascending, kMaxStragglers at most
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;       ///< those that were not delivered too
  std::int64_t undelivered = 0;  ///< of `failed`: no errors, for the work never began
  std::int64_t timed_out = 0;
  std::int64_t cancelled = 0;  ///< in flight when asked to stop, and stopped
  std::optional<absl::Time> started_at;
  std::optional<absl::Time> ended_at;

  std::int64_t finished() const { return succeeded + failed + timed_out + cancelled; }
  std::int64_t in_flight() const { return next - finished(); }
  /// What counts against MaxErrors.
  std::int64_t errors() const { return failed + timed_out - undelivered; }
  friend bool operator==(const TaskProgress&, const TaskProgress&) = default;
};
inline constexpr std::size_t kMaxStragglers = 64;

/// One task inside one execution.
struct TaskExecution {
  std::shared_ptr<const TaskSpec> spec;
  TaskProgress progress;
};

/// The row of a finished invocation; queued ones and those in flight have none.
struct Finish {
  Ordinal ordinal = 0;
  Status status = Status::kSuccess;
  std::optional<absl::Time> started_at;  ///< unknown after a restart
  absl::Time ended_at;
  std::optional<std::int64_t> exit_code;
  std::string detail;  ///< empty on plain success; kMaxDetailBytes at most
};
inline constexpr std::size_t kMaxDetailBytes = 250;  // StatusDetails, spec A.0

/// One target of a snapshot.
struct ResolvedTarget {
  std::string node;  ///< empty for a task without targets
  std::optional<WindowTargetId> window_target;
  std::optional<std::string> owner_information;
  /// Of the registered target that it came through; kInstance for one that came through none.
  ResourceType resource_type = ResourceType::kInstance;
};
inline constexpr std::size_t kMaxNodeNameBytes = 256;

}  // namespace lull
