#pragma once

#include "engine/model/runs.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

// Rows of runs as structs, as in definition_rows.h.

inline constexpr char kExecutionColumns[] =
    "key id window start_at cutoff_at end_at started_at epoch status reason detail ended_at "
    "cancel_policy cancel_principal cancel_reason cancel_requested_at cancel_queued "
    "cancel_in_flight started_by start_reason resumed_from";
Execution ReadExecution(Rows& rows);

/// Of task_executions joined with task_specs.
inline constexpr char kTaskExecutionColumns[] =
    "key id execution window_task task_arn type targets priority max_concurrency max_errors "
    "cutoff_behavior service_role_arn payload snapshot only_associated status closed_by "
    "stop_requested reason "
    "detail first count concurrency_limit error_limit next low stragglers succeeded failed "
    "undelivered "
    "timed_out cancelled started_at ended_at";
TaskExecution ReadTaskExecution(Rows& rows);

inline constexpr char kFinishColumns[] = "key status started_at ended_at exit_code detail";
Finish ReadFinish(Rows& rows);

}  // namespace lull::storage
