#include "engine/core/drain.h"

#include <algorithm>
#include <map>

namespace lull {
namespace {

std::optional<absl::Duration> MeanOf(const std::vector<absl::Duration>& samples) {
  if (samples.empty()) return std::nullopt;
  absl::Duration sum;
  for (const absl::Duration sample : samples) sum += sample;
  return sum / static_cast<std::int64_t>(samples.size());
}

absl::Duration RestOf(const DrainingTask& draining, absl::Duration each, absl::Time now) {
  const TaskProgress& task = draining.task->progress;
  absl::Duration rest;
  if (task.in_flight() > 0) {
    const absl::Duration age = draining.newest_start ? now - *draining.newest_start : rest;
    rest = std::clamp(each - age, absl::ZeroDuration(), each);
  }
  const std::int64_t limit = std::max<std::int64_t>(1, task.concurrency_limit);
  return rest + each * ((QueuedOf(task) + limit - 1) / limit);
}

}  // namespace

std::int64_t QueuedOf(const TaskProgress& task) {
  return task.closed_by == ClosedBy::kNone ? task.count - task.next : 0;
}

std::optional<absl::Time> EstimateQuiet(const Execution& execution,
                                        const std::vector<DrainingTask>& tasks, absl::Time now) {
  if (execution.progress.status == Status::kPending) return std::nullopt;
  std::vector<absl::Duration> all;
  for (const DrainingTask& task : tasks) {
    all.insert(all.end(), task.samples.begin(), task.samples.end());
  }
  const auto mean_of_all = MeanOf(all);
  std::map<std::int64_t, absl::Duration> by_priority;
  for (const DrainingTask& draining : tasks) {
    const TaskProgress& task = draining.task->progress;
    if (task.in_flight() == 0 && QueuedOf(task) == 0) continue;
    if (!mean_of_all) return std::nullopt;
    const absl::Duration each = MeanOf(draining.samples).value_or(*mean_of_all);
    absl::Duration& longest = by_priority[draining.task->spec->priority];
    longest = std::max(longest, RestOf(draining, each, now));
  }
  for (const auto& [priority, rest] : by_priority) now += rest;
  return now;
}

}  // namespace lull
