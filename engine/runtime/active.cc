#include "engine/runtime/active.h"

namespace lull {

std::optional<Ordinal> ActiveTask::NextToHandOver() const {
  if (!unstarted.empty()) return unstarted.front();
  if (handed < row.progress.next) return handed;
  return std::nullopt;
}

void ActiveTask::MarkHandedOver() {
  if (unstarted.empty()) {
    ++handed;
  } else {
    unstarted.pop_front();
  }
}

void Active::Add(ActiveExecution execution) {
  const ExecutionKey key = execution.row.key;
  by_id[execution.row.id.value()] = key;
  by_window[execution.row.window.value()] = key;
  cutoffs.Set(key, execution.row.occurrence.cutoff_at);
  for (std::size_t i = 0; i < execution.tasks.size(); ++i) {
    by_task[static_cast<std::int64_t>(execution.tasks[i].row.spec->key)] = {key, i};
  }
  executions.insert_or_assign(key, std::move(execution));
}

void Active::Remove(ExecutionKey key) {
  const auto it = executions.find(key);
  if (it == executions.end()) return;
  by_id.erase(it->second.row.id.value());
  by_window.erase(it->second.row.window.value());
  cutoffs.Set(key, std::nullopt);
  for (const ActiveTask& task : it->second.tasks) {
    by_task.erase(static_cast<std::int64_t>(task.row.spec->key));
  }
  executions.erase(it);
}

ActiveExecution* Active::Find(ExecutionKey key) {
  const auto it = executions.find(key);
  return it == executions.end() ? nullptr : &it->second;
}

ActiveTask* Active::FindTask(TaskKey key) {
  const auto it = by_task.find(static_cast<std::int64_t>(key));
  return it == by_task.end() ? nullptr : &executions.at(it->second.first).tasks[it->second.second];
}

void Active::List(ExecutionKey key, std::size_t task) {
  ActiveTask& active = executions.at(key).tasks[task];
  if (active.listed || active.frozen || !active.NextToHandOver()) return;
  active.listed = true;
  ready.emplace_back(key, task);
}

}  // namespace lull
