#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/rig.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::bench {

// Whether the work that is measured was done: a rate of nothing is no rate. What is wrong comes
// back as text; empty: nothing. They read the store; not to be called while time is taken.

/// An execution of so many targets should have succeeded, on all of them, and its invocations be
/// there to be read.
std::string WrongAfterDrain(Rig& rig, const ExecutionId& id, std::int64_t targets);

/// These were cancelled while kInFlight were in flight and so many queued, each `fewer` fewer than
/// the one before. All that were queued should be CANCELLED, and counted.
std::string WrongAfterCancels(Rig& rig, const std::vector<std::string>& executions,
                              std::int64_t queued, std::int64_t fewer = 0);

/// Asks for the first 50 invocations of a task; not empty `status`: of those that have it.
v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest FirstInvocations(
    const ExecutionId& execution, const TaskExecution& task, std::string_view status);

}  // namespace lull::bench
