#pragma once

#include <vector>

#include "engine/model/definitions.h"
#include "engine/model/runs.h"

namespace lull {

// What an execution has to do: its tasks before they have keys and ids, in the order in which they
// run. Pure.

/// A window's tasks, by priority, then registration. Their targets are yet to be resolved.
std::vector<TaskExecution> WorkOf(const Window& window, const std::vector<WindowTask>& tasks);

/// Whether the targets of a task are resolved: it has its count, its limits and a snapshot.
bool IsResolved(const TaskProgress& progress);

/// What an execution that has ended left: of each task that a cancel or its cutoff closed, the
/// targets that it never started, as a range of the same snapshot, with limits worked out anew. It
/// is the task as it was, whatever has become of its window's: which targets it may have, too.
/// Tasks of one that was closed before their targets were resolved are left whole, to be resolved.
/// What MaxErrors closed, or targets that can't be resolved, is not left: it failed.
std::vector<TaskExecution> RestOf(const std::vector<TaskExecution>& tasks);

}  // namespace lull
