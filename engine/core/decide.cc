#include "engine/core/decide.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull {
namespace {

/// The two functions that write a status, by the table.
bool Move(Level level, Status& status, Trigger trigger, Notes& notes) {
  const auto to = Next(level, status, trigger);
  if (!to) {
    notes.refused.push_back(absl::StrCat(ToAbsl(Name(level)), " is ", ToAbsl(Name(status)), ": '",
                                         ToAbsl(Name(trigger)), "' is not a legal move"));
    return false;
  }
  status = *to;
  return true;
}

void MoveExecution(ExecutionState& state, Trigger trigger, Reason reason, absl::Time now,
                   Notes& notes) {
  ExecutionProgress& progress = state.execution.progress;
  if (!Move(Level::kExecution, progress.status, trigger, notes)) return;
  progress.reason = reason;
  if (IsFinal(Level::kExecution, progress.status)) progress.ended_at = now;
}

void MoveTask(TaskProgress& progress, Trigger trigger, Reason reason, absl::Time now,
              Notes& notes) {
  if (!Move(Level::kTask, progress.status, trigger, notes)) return;
  progress.reason = reason;
  if (IsFinal(Level::kTask, progress.status)) progress.ended_at = now;
}

bool IsRunning(const TaskProgress& progress) {
  return progress.status == Status::kInProgress || progress.status == Status::kCancelling;
}

bool Ended(const TaskExecution& task) { return IsFinal(Level::kTask, task.progress.status); }

bool Ended(const Execution& execution) {
  return IsFinal(Level::kExecution, execution.progress.status);
}

/// Ends every task that was not started.
void ClosePending(ExecutionState& state, ClosedBy by, Trigger trigger, Reason reason,
                  absl::Time now, Notes& notes) {
  for (TaskExecution& task : state.tasks) {
    if (task.progress.status != Status::kPending) continue;
    task.progress.closed_by = by;
    MoveTask(task.progress, trigger, reason, now, notes);
  }
}

struct Ending {
  Trigger trigger;
  Reason reason;
};

/// How a task ends of which nothing is in flight and nothing more is to come.
Ending EndingOf(const TaskProgress& progress) {
  switch (progress.closed_by) {
    case ClosedBy::kCancel:
      return {Trigger::kCancel, Reason::kCancelled};
    case ClosedBy::kCutoff:
      return {Trigger::kTimeOut, Reason::kCutoff};
    case ClosedBy::kMaxErrors:
      return {Trigger::kFail, Reason::kMaxErrors};
    case ClosedBy::kFailed:
      return {Trigger::kFail, Reason::kTargets};
    case ClosedBy::kNone:
      break;
  }
  // Ran over all its targets. MaxErrors 1 and one error is FAILED although nothing was held back
  // (spec D.5, the reconciliation).
  if (progress.errors() >= std::max<std::int64_t>(1, progress.error_limit)) {
    const bool failed = progress.failed > progress.undelivered;
    return {failed ? Trigger::kFail : Trigger::kTimeOut, Reason::kMaxErrors};
  }
  if (progress.undelivered > 0 && progress.undelivered == progress.count) {
    return {Trigger::kFail, Reason::kUndelivered};
  }
  if (progress.cancelled > 0) return {Trigger::kCancel, Reason::kCancelled};
  return {Trigger::kSucceed, progress.count == 0 ? Reason::kNoInvocations : Reason::kNone};
}

void End(TaskProgress& progress, absl::Time now, Notes& notes) {
  const Ending ending = EndingOf(progress);
  MoveTask(progress, ending.trigger, ending.reason, now, notes);
}

void EndIfDone(TaskProgress& progress, absl::Time now, Notes& notes) {
  const bool admits_more = progress.closed_by == ClosedBy::kNone && progress.next < progress.count;
  if (!IsRunning(progress) || progress.in_flight() > 0 || admits_more) return;
  End(progress, now, notes);
}

void EndExecution(ExecutionState& state, absl::Time now, Notes& notes) {
  if (state.execution.progress.cancel) {
    MoveExecution(state, Trigger::kCancel, Reason::kCancelled, now, notes);
    return;
  }
  const auto any = [&](Status status) {
    return std::any_of(state.tasks.begin(), state.tasks.end(),
                       [&](const TaskExecution& task) { return task.progress.status == status; });
  };
  // No decision leaves a task cancelled without a cancel; if rows do, that is no success.
  if (any(Status::kFailed) || any(Status::kCancelled)) {
    MoveExecution(state, Trigger::kFail, Reason::kTasksFailed, now, notes);
  } else if (any(Status::kTimedOut)) {
    MoveExecution(state, Trigger::kTimeOut, Reason::kTasksTimedOut, now, notes);
  } else {
    MoveExecution(state, Trigger::kSucceed, Reason::kNone, now, notes);
  }
}

}  // namespace

void Miss(ExecutionState& state, absl::Time now, Notes& notes) {
  MoveExecution(state, Trigger::kTimeOut, Reason::kMissed, now, notes);
}

void PassBy(ExecutionState& state, Reason reason, absl::Time now) {
  ExecutionProgress& progress = state.execution.progress;
  LULL_CHECK(progress.status == Status::kPending);
  progress.status = Status::kSkippedOverlapping;  // executions are created so, or PENDING
  progress.reason = reason;
  progress.ended_at = now;
}

void Refuse(ExecutionState& state, const std::string& detail, absl::Time now, Notes& notes) {
  LULL_CHECK(state.execution.progress.status == Status::kPending);
  for (TaskExecution& task : state.tasks) task.progress.detail = detail;
  ClosePending(state, ClosedBy::kFailed, Trigger::kFail, Reason::kParameters, now, notes);
  state.execution.progress.detail = detail;
  MoveExecution(state, Trigger::kFail, Reason::kTasksFailed, now, notes);
}

void Open(ExecutionState& state, absl::Time now, Notes& notes) {
  LULL_CHECK(state.execution.progress.status == Status::kPending);
  if (state.tasks.empty()) {
    MoveExecution(state, Trigger::kSucceed, Reason::kNoTasks, now, notes);
    return;
  }
  MoveExecution(state, Trigger::kStart, Reason::kNone, now, notes);
  for (TaskExecution& task : state.tasks) {
    if (task.progress.closed_by == ClosedBy::kFailed) End(task.progress, now, notes);
  }
}

Status Finished(ExecutionState& state, std::size_t task, Status outcome, Notes& notes,
                Delivery delivery) {
  TaskProgress& progress = state.tasks[task].progress;
  LULL_CHECK(progress.in_flight() > 0);
  if (outcome == Status::kFailed && delivery == Delivery::kUndelivered) ++progress.undelivered;
  if (outcome == Status::kCancelled && !progress.stop_requested) outcome = Status::kFailed;
  switch (outcome) {
    case Status::kSuccess:
      ++progress.succeeded;
      break;
    case Status::kTimedOut:
      ++progress.timed_out;
      break;
    case Status::kCancelled:
      ++progress.cancelled;
      break;
    default:
      outcome = Status::kFailed;
      ++progress.failed;
      break;
  }
  if (progress.errors() > progress.error_limit) {
    notes.closings.push_back({task, ClosedBy::kMaxErrors});
  }
  return outcome;
}

bool Cancel(ExecutionState& state, const CancelRequest& request, Notes& notes) {
  ExecutionProgress& progress = state.execution.progress;
  if (Ended(state.execution)) return false;
  if (progress.cancel && progress.cancel->policy >= request.policy) return false;
  if (!progress.cancel) {
    progress.cancel = request;
    progress.cancel->queued = 0;
  }
  // A stricter one that comes later adds to what the first one cancelled, and finds in flight what
  // is in flight by then.
  progress.cancel->in_flight = 0;
  for (const TaskExecution& task : state.tasks) {
    if (IsRunning(task.progress)) progress.cancel->in_flight += task.progress.in_flight();
    if (task.progress.status == Status::kPending) progress.cancel->queued += task.progress.count;
  }
  progress.cancel->policy = request.policy;
  const absl::Time now = request.requested_at;
  ClosePending(state, ClosedBy::kCancel, Trigger::kCancel, Reason::kCancelled, now, notes);
  if (progress.status == Status::kPending) {
    MoveExecution(state, Trigger::kCancel, Reason::kCancelled, now, notes);
  } else if (request.policy != CancelPolicy::kTask) {
    for (std::size_t i = 0; i < state.tasks.size(); ++i) {
      if (!IsRunning(state.tasks[i].progress)) continue;
      notes.closings.push_back({i, ClosedBy::kCancel, request.policy == CancelPolicy::kStop});
    }
  }
  return true;
}

void PassCutoff(ExecutionState& state, absl::Time now, Notes& notes) {
  if (now < state.execution.occurrence.cutoff_at) return;
  ClosePending(state, ClosedBy::kCutoff, Trigger::kTimeOut, Reason::kCutoff, now, notes);
  if (state.execution.progress.status == Status::kPending) {
    MoveExecution(state, Trigger::kTimeOut, Reason::kCutoff, now, notes);
    return;
  }
  for (std::size_t i = 0; i < state.tasks.size(); ++i) {
    const TaskExecution& task = state.tasks[i];
    if (!IsRunning(task.progress) || task.spec->cutoff_behavior != CutoffBehavior::kCancelTask)
      continue;
    notes.closings.push_back({i, ClosedBy::kCutoff, task.spec->type == TaskType::kRunCommand});
  }
}

void CloseRunning(ExecutionState& state, const Closing& closing, Ordinal handed_over,
                  absl::Time now, Notes& notes) {
  TaskProgress& progress = state.tasks[closing.task].progress;
  if (!IsRunning(progress)) return;  // as only damaged rows have it
  // A cancel leaves a task alone that has claimed all its targets and told its runner of them: its
  // outcome is its own.
  const bool all_handed_over =
      handed_over == progress.count && !closing.unstarted && closing.by == ClosedBy::kCancel;
  if (progress.closed_by == ClosedBy::kNone && !all_handed_over) {
    LULL_CHECK(handed_over <= progress.next);
    const Ordinal unstarted = progress.next - handed_over;
    progress.next = handed_over;
    progress.closed_by = closing.by;
    if (closing.by == ClosedBy::kCancel) {
      CancelRequest& request = *state.execution.progress.cancel;
      request.in_flight -= unstarted;
      request.queued += progress.count - handed_over;
      MoveTask(progress, Trigger::kDrain, Reason::kCancelled, now, notes);
    }
  }
  if (closing.stop && !progress.stop_requested && progress.in_flight() > 0) {
    progress.stop_requested = true;
    notes.stops.push_back(closing.task);
  }
}

void Settle(ExecutionState& state, absl::Time now, Admission admission, Notes& notes) {
  ExecutionProgress& execution = state.execution.progress;
  if (Ended(state.execution) || execution.status == Status::kPending) return;
  const bool starts = admission == Admission::kOpen && !execution.cancel &&
                      now < state.execution.occurrence.cutoff_at;
  // Tasks of one priority go on together; the next priority waits for all of them (R9).
  for (std::size_t first = 0; first < state.tasks.size();) {
    std::size_t last = first;
    bool all_ended = true;
    for (; last < state.tasks.size() &&
           state.tasks[last].spec->priority == state.tasks[first].spec->priority;
         ++last) {
      TaskProgress& task = state.tasks[last].progress;
      if (task.status == Status::kPending && starts) {
        MoveTask(task, Trigger::kStart, Reason::kNone, now, notes);
        task.started_at = now;
      }
      if (IsRunning(task) && task.closed_by == ClosedBy::kNone && admission == Admission::kOpen) {
        const std::int64_t room = task.concurrency_limit - task.in_flight();
        task.next += std::clamp<Ordinal>(room, 0, task.count - task.next);
      }
      EndIfDone(task, now, notes);
      all_ended = all_ended && Ended(state.tasks[last]);
    }
    if (!all_ended) break;
    first = last;
  }
  if (std::all_of(state.tasks.begin(), state.tasks.end(),
                  [](const TaskExecution& task) { return Ended(task); })) {
    EndExecution(state, now, notes);
  } else if (execution.cancel && execution.status == Status::kInProgress) {
    MoveExecution(state, Trigger::kDrain, Reason::kCancelled, now, notes);
  }
}

}  // namespace lull
