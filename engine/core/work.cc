#include "engine/core/work.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/core/limits.h"

namespace lull {

std::vector<TaskExecution> WorkOf(const Window& window, const std::vector<WindowTask>& tasks) {
  std::vector<TaskExecution> work;
  for (const WindowTask& task : tasks) {
    auto spec = std::make_shared<TaskSpec>();
    spec->window_task = task.id;
    spec->task_arn = task.task_arn;
    spec->type = task.type;
    spec->targets = task.targets;
    spec->priority = task.priority;
    spec->max_concurrency = task.max_concurrency;
    spec->max_errors = task.max_errors;
    spec->cutoff_behavior = task.cutoff_behavior;
    spec->service_role_arn = task.service_role_arn;
    spec->payload = task.payload;
    spec->only_associated = !window.allow_unassociated_targets;
    work.push_back({std::move(spec), {}});
  }
  std::stable_sort(work.begin(), work.end(), [](const TaskExecution& a, const TaskExecution& b) {
    return a.spec->priority < b.spec->priority;
  });
  return work;
}

bool IsResolved(const TaskProgress& progress) { return progress.concurrency_limit > 0; }

std::vector<TaskExecution> RestOf(const std::vector<TaskExecution>& tasks) {
  std::vector<TaskExecution> rest;
  for (const TaskExecution& task : tasks) {
    const TaskProgress& old = task.progress;
    if (old.closed_by != ClosedBy::kCancel && old.closed_by != ClosedBy::kCutoff) continue;
    TaskProgress left;
    if (IsResolved(old)) {
      if (old.next == old.count) continue;
      left.first = old.first + old.next;
      left.count = old.count - old.next;
      left.concurrency_limit = ConcurrencyLimit(task.spec->max_concurrency, left.count);
      left.error_limit = ErrorLimit(task.spec->max_errors, left.count);
    }
    rest.push_back({task.spec, std::move(left)});
  }
  return rest;
}

}  // namespace lull
