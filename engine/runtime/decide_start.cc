// Executions that were asked for, and occurrences that are passed by: what the leader decides of
// them.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/work.h"
#include "engine/runtime/runtime.h"

namespace lull {
namespace {

/// Whether this batch moves on what is due of the window: a change that was decided on what it was
/// before would be in conflict, and is to be decided again.
bool IsMoving(const Batch& batch, const WindowId& window) {
  return std::any_of(batch.openings.begin(), batch.openings.end(),
                     [&](const Batch::Opening& opening) { return opening.window == window; });
}

}  // namespace

ExecutionState Runtime::NewExecution(const WindowId& window, const Occurrence& occurrence,
                                     absl::Time now) {
  ExecutionState state;
  state.execution.key = static_cast<ExecutionKey>(++last_execution_);
  state.execution.id = ExecutionId(FormatUuid(options_.ids->Bits(), options_.ids->Bits(), 4));
  state.execution.window = window;
  state.execution.occurrence = occurrence;
  state.execution.started_at = now;
  state.execution.epoch = epoch_;
  return state;
}

void Runtime::GiveWork(ExecutionState& state, const std::vector<TaskExecution>& work) {
  for (const TaskExecution& task : work) {
    auto spec = std::make_shared<TaskSpec>(*task.spec);
    spec->key = static_cast<TaskKey>(++last_task_);
    spec->id = TaskExecutionId(FormatUuid(options_.ids->Bits(), options_.ids->Bits(), 4));
    spec->execution = state.execution.key;
    if (!IsResolved(task.progress)) {  // tasks with the same target list share a snapshot
      const auto like = std::find_if(
          state.tasks.begin(), state.tasks.end(),
          [&](const TaskExecution& earlier) { return earlier.spec->targets == spec->targets; });
      spec->snapshot = like == state.tasks.end() ? spec->key : like->spec->snapshot;
    }
    state.tasks.push_back({std::move(spec), task.progress});
  }
}

std::optional<std::size_t> Runtime::DecideStart(Batch& batch, ControlRequest& request,
                                                const StartEvent& event) {
  if (held_) {
    request.status = absl::UnavailableError("the engine is stopping and opens nothing any more");
    return std::nullopt;
  }
  const WindowId& window = event.window.id;
  if (const auto active = active_.by_window.find(window.value());
      active != active_.by_window.end()) {  // R6
    request.status = ModelledError(
        absl::StatusCode::kFailedPrecondition, "ExecutionInProgressException",
        absl::StrCat("Maintenance window ", window.value(), " has an execution in progress: ",
                     active_.executions.at(active->second).row.id.value(),
                     ". Cancel it or wait for its end."));
    return std::nullopt;
  }
  if (IsMoving(batch, window)) {
    request.result.verdict = Verdict::kConflict;
    return std::nullopt;
  }
  const absl::Time start = batch.now + event.shift;
  ExecutionState state =
      NewExecution(window,
                   {start, start + event.duration - absl::Hours(event.window.cutoff_hours),
                    start + event.duration},
                   batch.now);
  state.execution.request = event.request;
  state.execution.resumed_from = event.resumed_from;
  GiveWork(state, event.work);
  // What is resumed has its targets, all or none.
  Notes notes;
  if (!event.refusal.empty()) {
    lull::Refuse(state, event.refusal, batch.now, notes);
  } else if (event.work.empty() || IsResolved(event.work.front().progress)) {
    lull::Open(state, batch.now, notes);
  }
  request.opened = state.execution.id;
  OpenExecution open{epoch_, state.execution, state.tasks,
                     MoveDue{epoch_, window, event.window.version, event.window.due_at}};
  open.token = event.token;
  if (open.token) open.token->result_id = request.opened.value();
  open.token_expiry = event.token_expiry;
  return AddOpening(batch, std::move(open), std::move(state));
}

std::optional<std::size_t> Runtime::DecideSkip(Batch& batch, ControlRequest& request,
                                               const SkipEvent& event) {
  if (IsMoving(batch, event.window.id)) {
    request.result.verdict = Verdict::kConflict;
    return std::nullopt;
  }
  if (event.occurrence.start_at <= batch.now) {
    request.status = absl::UnavailableError("the window is opening at this moment; try again");
    return std::nullopt;
  }
  ExecutionState state = NewExecution(event.window.id, event.occurrence, batch.now);
  state.execution.progress.detail = event.detail;
  state.execution.request = event.request;
  lull::PassBy(state, Reason::kNone, batch.now);
  request.opened = state.execution.id;
  OpenExecution open{epoch_,
                     state.execution,
                     {},
                     MoveDue{epoch_, event.window.id, event.window.version, event.next}};
  return AddOpening(batch, std::move(open), std::move(state));
}

std::size_t Runtime::AddOpening(Batch& batch, OpenExecution open, ExecutionState state) {
  const MoveDue& move = *open.move_due;
  Batch::Opening opening;
  opening.change = batch.changes.size();
  opening.window = move.window;
  opening.version = move.expected_version;
  opening.due_at = move.due_at;
  opening.state = std::move(state);
  opening.retried = true;
  batch.changes.push_back(std::move(open));
  batch.openings.push_back(std::move(opening));
  return batch.openings.back().change;
}

}  // namespace lull
