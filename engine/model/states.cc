#include "engine/model/states.h"

namespace lull {

std::string_view Name(Status status) {
  switch (status) {
    case Status::kPending:
      return "PENDING";
    case Status::kInProgress:
      return "IN_PROGRESS";
    case Status::kSuccess:
      return "SUCCESS";
    case Status::kFailed:
      return "FAILED";
    case Status::kTimedOut:
      return "TIMED_OUT";
    case Status::kCancelling:
      return "CANCELLING";
    case Status::kCancelled:
      return "CANCELLED";
    case Status::kSkippedOverlapping:
      return "SKIPPED_OVERLAPPING";
  }
  return "?";
}

std::string_view Name(Level level) {
  switch (level) {
    case Level::kExecution:
      return "execution";
    case Level::kTask:
      return "task";
    case Level::kInvocation:
      return "invocation";
  }
  return "?";
}

std::string_view Name(Trigger trigger) {
  switch (trigger) {
    case Trigger::kStart:
      return "start";
    case Trigger::kSucceed:
      return "succeed";
    case Trigger::kFail:
      return "fail";
    case Trigger::kTimeOut:
      return "time out";
    case Trigger::kDrain:
      return "drain";
    case Trigger::kCancel:
      return "cancel";
  }
  return "?";
}

std::optional<Status> ParseStatus(std::string_view name) {
  for (const Status status : kAllStatuses) {
    if (Name(status) == name) return status;
  }
  return std::nullopt;
}

std::string_view Text(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kNoTasks:
      return "No tasks to execute.";
    case Reason::kTasksFailed:
      return "One or more tasks in the orchestration failed.";
    case Reason::kMaxErrors:
      return "The maximum error count was exceeded.";
    case Reason::kNoInvocations:
      return "No Invocations to Execute";
    case Reason::kCutoff:
      return "The cutoff of the maintenance window was reached.";
    case Reason::kCancelled:
      return "The maintenance window execution was cancelled.";
    case Reason::kEngineRestarted:
      return "The engine restarted while this invocation was running; its outcome is unknown.";
    case Reason::kOverlap:
      return "The previous execution of this window was still active.";
    case Reason::kTargets:
      return "The targets of this task could not be resolved.";
    case Reason::kTasksTimedOut:
      return "One or more tasks in the orchestration timed out.";
    case Reason::kMissed:
      return "The window was missed: the engine came to it too late.";
    case Reason::kUndelivered:
      return "None of the invocations could be delivered: no target was reached.";
    case Reason::kNeverStarted:
      return "The engine restarted before this invocation was started, and its task had been "
             "closed: it never started.";
    case Reason::kParameters:
      return "The parameters of this task could not be resolved.";
    case Reason::kUnassociated:
      return "No registered target of the maintenance window selects this node, and the window "
             "does "
             "not allow unassociated targets. Register a target that selects it, or set "
             "AllowUnassociatedTargets.";
  }
  return "";
}

std::string_view Name(CancelPolicy policy) {
  switch (policy) {
    case CancelPolicy::kTask:
      return "TASK";
    case CancelPolicy::kInvocation:
      return "INVOCATION";
    case CancelPolicy::kStop:
      return "STOP";
  }
  return "?";
}

}  // namespace lull
