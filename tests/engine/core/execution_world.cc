#include "tests/engine/core/execution_world.h"

#include <memory>
#include <utility>

namespace lull {

ExecutionWorld::ExecutionWorld(const std::vector<TaskKind>& task_kinds) : kinds(task_kinds) {
  now = absl::FromUnixSeconds(1700000000);
  state.execution.key = ExecutionKey{1};
  state.execution.occurrence = {now, now + kCutoffAfter, now + kCutoffAfter + absl::Hours(1)};
  state.execution.started_at = now;
  for (const TaskKind& kind : kinds) {
    auto spec = std::make_shared<TaskSpec>();
    spec->key = static_cast<TaskKey>(state.tasks.size() + 1);
    spec->execution = state.execution.key;
    spec->priority = kind.priority;
    spec->type = kind.type;
    spec->cutoff_behavior = kind.behavior;
    state.tasks.push_back({std::move(spec), {}});
  }
  handed.resize(kinds.size());
}

void ExecutionWorld::Open() {
  notes = {};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].unresolvable) {
      Progress(i).closed_by = ClosedBy::kFailed;
      Progress(i).detail = "no such targets";
      continue;
    }
    Progress(i).count = kinds[i].count;
    Progress(i).concurrency_limit = kinds[i].concurrency;
    Progress(i).error_limit = kinds[i].errors;
  }
  lull::Open(state, now, notes);
  EndBatch();
}

void ExecutionWorld::HandOverAll() {
  for (std::size_t i = 0; i < handed.size(); ++i) handed[i] = Progress(i).next;
}

void ExecutionWorld::Refuse() {
  notes = {};
  lull::Refuse(state, "refused", now, notes);
  EndBatch();
}

void ExecutionWorld::Finish(std::size_t task, Status outcome, Delivery delivery) {
  notes = {};
  Finished(state, task, outcome, notes, delivery);
  EndBatch();
}

bool ExecutionWorld::Cancel(CancelPolicy policy) {
  notes = {};
  CancelRequest request;
  request.policy = policy;
  request.principal = "someone";
  request.requested_at = now;
  const bool changed = lull::Cancel(state, request, notes);
  EndBatch();
  return changed;
}

void ExecutionWorld::PassCutoff() {
  notes = {};
  now = state.execution.occurrence.cutoff_at;
  EndBatch();
}

void ExecutionWorld::EndBatch() {
  lull::PassCutoff(state, now, notes);
  for (const Closing& closing : std::vector<Closing>(notes.closings)) {
    CloseRunning(state, closing, handed[closing.task], now, notes);
  }
  Settle(state, now, admission, notes);
}

std::string ExecutionWorld::Key() const {
  std::string key;
  const auto add = [&](std::int64_t number) { key += static_cast<char>(number); };
  add(now >= state.execution.occurrence.cutoff_at);
  add(static_cast<int>(Progress().status));
  add(static_cast<int>(Progress().reason));
  add(Progress().cancel ? 1 + static_cast<int>(Progress().cancel->policy) : 0);
  add(Progress().cancel ? Progress().cancel->queued : 0);
  add(Progress().cancel ? Progress().cancel->in_flight : 0);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const TaskProgress& task = Progress(i);
    for (const std::int64_t number :
         {static_cast<std::int64_t>(task.status), static_cast<std::int64_t>(task.closed_by),
          static_cast<std::int64_t>(task.reason), static_cast<std::int64_t>(task.stop_requested),
          task.next, task.succeeded, task.failed, task.undelivered, task.timed_out, task.cancelled,
          handed[i]}) {
      add(number);
    }
  }
  return key;
}

std::string ExecutionWorld::Text() const {
  std::string text(Name(Progress().status));
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const TaskProgress& task = Progress(i);
    text += " [" + std::string(Name(task.status)) + " of " + std::to_string(task.count) +
            ": next " + std::to_string(task.next) + " handed " + std::to_string(handed[i]) +
            " finished " + std::to_string(task.finished()) + " errors " +
            std::to_string(task.errors()) + " closed " +
            std::to_string(static_cast<int>(task.closed_by)) + "]";
  }
  return text;
}

}  // namespace lull
