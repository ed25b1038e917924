// The leader's second half: what was stored is shown in memory and becomes effects; what was not is
// taken back.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/runtime/runtime.h"

namespace lull {

void Runtime::Publish(Batch& batch, const std::vector<ChangeResult>& results) {
  for (const ChangeResult& result : results) {
    if (result.verdict != Verdict::kFenced || fenced_) continue;
    fenced_ = true;
    Warn("another engine has taken over this store: this one stops");
  }
  PublishRecords(batch, results);
  bool conflicted = false;
  for (auto& [key, working] : batch.workings) {
    const auto applied = [&](std::size_t change) {
      return results[change].verdict == Verdict::kApplied;
    };
    const bool stored =
        (!working.change || applied(*working.change)) &&
        std::all_of(working.stage_changes.begin(), working.stage_changes.end(), applied);
    if (stored) {
      PublishWorking(working, batch.now);
      continue;
    }
    Undo(batch, working);
    if (!fenced_) {
      // Memory and store don't agree: the store is right.
      unknown_ = true;
      if (conflicted_) retry_at_ = batch.now + kStoreRetry;  // not a race: don't spin over it
      conflicted = true;
      Warn(absl::StrCat("execution ", working.state.execution.id.value(),
                        ": the store holds other rows than expected; they are read again"));
    }
    for (ControlRequest* request : batch.control) {
      const auto* stage = std::get_if<StageEvent>(&request->what);
      if (request->execution == key || (stage != nullptr && stage->execution == key)) {
        request->status = absl::UnavailableError("the execution changed meanwhile; try again");
      }
    }
  }
  conflicted_ = conflicted;
  for (Batch::Opening& opening : batch.openings) {
    PublishOpening(batch, opening, results[opening.change].verdict);
  }
  if (batch.pruning && !fenced_) PublishPruning(results[batch.pruning_change], batch.now);
  const bool has_effects = !active_.ready.empty() || !stops_.empty() || !notices_.empty();
  for (std::size_t i = 0; i < batch.control.size(); ++i) {
    ControlRequest& request = *batch.control[i];
    request.has_effects = has_effects;
    if (!batch.control_changes[i]) continue;
    request.result = results[*batch.control_changes[i]];
    if (request.result.verdict == Verdict::kFenced) {
      request.status = absl::UnavailableError("another engine has taken over this store");
    }
    if (request.result.verdict != Verdict::kApplied) continue;
    const Change& change = batch.changes[*batch.control_changes[i]];  // openings: PublishOpening's
    if (const auto* create = std::get_if<CreateWindow>(&change)) {
      due_.Set(create->window.id, create->window.due_at);
    } else if (const auto* update = std::get_if<UpdateWindow>(&change)) {
      due_.Set(update->window.id, update->window.due_at);
    } else if (const auto* gone = std::get_if<DeleteWindow>(&change)) {
      due_.Set(gone->window, std::nullopt);
      conflicts_.erase(gone->window);
    }
  }
}

void Runtime::PublishWorking(Working& working, absl::Time now) {
  ActiveExecution& active = *active_.Find(working.key);
  for (std::size_t i = 0; i < active.tasks.size(); ++i) {
    ActiveTask& task = active.tasks[i];
    if (!working.plans[i]) continue;
    const bool moved = task.row.progress.status != working.state.tasks[i].progress.status;
    task.row.progress = std::move(working.state.tasks[i].progress);
    task.in_flight.Keep(*working.plans[i], task.row.progress.next, now);
    LULL_CHECK(task.in_flight.size() == task.row.progress.in_flight());
    if (moved && options_.observer != nullptr) {
      notices_.push_back([row = task.row](Observer& observer) { observer.TaskMoved(row); });
    }
  }
  for (const std::size_t i : working.frozen) active.tasks[i].frozen = false;
  for (const std::size_t i : working.notes.stops) {
    const auto runner = options_.runners.find(active.tasks[i].row.spec->type);
    if (runner == options_.runners.end()) continue;
    for (const Ordinal ordinal : active.tasks[i].in_flight.Ordinals()) {
      stops_.push_back({runner->second, {active.tasks[i].row.spec->key, ordinal}, working.key});
    }
  }
  for (std::size_t i = 0; i < active.tasks.size(); ++i) active_.List(working.key, i);
  if (now >= active.row.occurrence.cutoff_at) active_.cutoffs.Set(working.key, std::nullopt);
  const bool moved = active.row.progress.status != working.state.execution.progress.status;
  active.row.progress = std::move(working.state.execution.progress);
  if (moved && options_.observer != nullptr) {
    notices_.push_back([row = active.row](Observer& observer) { observer.ExecutionMoved(row); });
  }
  if (IsFinal(Level::kExecution, active.row.progress.status)) {
    resolutions_.erase(working.key);
    active_.Remove(working.key);
  }
}

void Runtime::PublishOpening(const Batch& batch, Batch::Opening& opening, Verdict verdict) {
  if (verdict != Verdict::kApplied) {
    if (opening.reviewed && verdict == Verdict::kConflict) review_ = batch.reviewed_from;
    if (opening.retried) return;
    // The definition changed in this very commit, or the occurrence exists: read again, and the
    // second time step over it. That this met a conflict too is no race: don't spin over it.
    const auto [tried, first] = conflicts_.try_emplace(opening.window, opening.version);
    if (!first && tried->second == opening.version)
      due_.Set(opening.window, batch.now + kStoreRetry);
    tried->second = opening.version;
    return;
  }
  conflicts_.erase(opening.window);
  due_.Set(opening.window, opening.due_at);
  if (!opening.warning.empty()) Warn(std::move(opening.warning));
  if (!opening.state) return;
  ExecutionState& state = *opening.state;
  history_.Expect(state.execution.started_at + options_.history);
  if (options_.observer != nullptr) {
    notices_.push_back(
        [row = state.execution](Observer& observer) { observer.ExecutionMoved(row); });
    for (const TaskExecution& task : state.tasks) {
      if (!IsFinal(Level::kTask, task.progress.status)) continue;
      notices_.push_back([row = task](Observer& observer) { observer.TaskMoved(row); });
    }
  }
  if (IsFinal(Level::kExecution, state.execution.progress.status)) return;
  ActiveExecution active;
  active.row = std::move(state.execution);
  for (TaskExecution& task : state.tasks) {
    ActiveTask& added = active.tasks.emplace_back();
    added.row = std::move(task);
  }
  const ExecutionKey key = active.row.key;
  if (active.row.progress.status == Status::kPending) {
    resolutions_[key].clean = true;
  } else {
    dirty_.insert(key);  // it has its targets
  }
  active_.Add(std::move(active));
}

void Runtime::TakeBack(const Working& working) {
  ActiveExecution& active = *active_.Find(working.key);
  for (const std::size_t i : working.frozen) active.tasks[i].frozen = false;
  for (std::size_t i = 0; i < active.tasks.size(); ++i) {
    active.tasks[i].in_flight.Unmark();
    active_.List(working.key, i);
  }
  dirty_.insert(working.key);
}

void Runtime::Undo(Batch& batch, const Working& working) {
  TakeBack(working);
  for (auto event = batch.finishes.rbegin(); event != batch.finishes.rend(); ++event) {
    const auto it = active_.by_task.find(static_cast<std::int64_t>(event->ref.task));
    if (it != active_.by_task.end() && it->second.first == working.key) {
      finishes_.push_front(std::move(*event));
    }
  }
}

void Runtime::GiveUp(Batch& batch, const absl::Status& status) {
  if (batch.reviewing) review_ = batch.reviewed_from;
  Warn(absl::StrCat("nothing could be stored: ", status.message()));
  for (const auto& [key, working] : batch.workings) TakeBack(working);
  dirty_.insert(batch.touched.begin(), batch.touched.end());
  finishes_.insert(finishes_.begin(), std::make_move_iterator(batch.finishes.begin()),
                   std::make_move_iterator(batch.finishes.end()));
  refusals_.insert(refusals_.begin(), std::make_move_iterator(batch.refusals.begin()),
                   std::make_move_iterator(batch.refusals.end()));
  for (ControlRequest* request : batch.control) {
    request->status = status;
  }
}

}  // namespace lull
