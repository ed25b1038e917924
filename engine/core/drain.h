#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/runs.h"

namespace lull {

/// What is known of a task when its end is estimated.
struct DrainingTask {
  const TaskExecution* task = nullptr;
  std::vector<absl::Duration> samples;     ///< how long its newest invocations took
  std::optional<absl::Time> newest_start;  ///< of those in flight, where it is known
};

/// Invocations that `task` may still start: 0 once it is closed, and while its targets are being
/// resolved. One that ended of its own accord has none left.
std::int64_t QueuedOf(const TaskProgress& task);

/// When an execution is likely to be quiet: nothing in flight and nothing more to start. A task
/// takes d = the mean of its samples (of all tasks' samples, when it has none) for each wave of
/// its MaxConcurrency that is queued, after what is left of d for the newest start in flight; tasks
/// of one priority run together, priorities one after the other. Cutoffs, errors and stop requests,
/// which can only end it earlier, are left out. `now` when it is quiet; nothing when there is work
/// and no sample. Pure.
std::optional<absl::Time> EstimateQuiet(const Execution& execution,
                                        const std::vector<DrainingTask>& tasks, absl::Time now);

}  // namespace lull
