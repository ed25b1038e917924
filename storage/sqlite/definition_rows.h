#pragma once

#include "engine/model/definitions.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

// Rows of definitions as structs: which columns, in which order. A statement that is prepared with
// one of these lists of columns is read with the function below it. Damage goes to rows.status().

inline constexpr char kWindowColumns[] =
    "position id name description schedule schedule_timezone schedule_offset start_date end_date "
    "duration_hours cutoff_hours allow_unassociated_targets enabled created_at modified_at "
    "rate_base_at due_at tags version";
Window ReadWindow(Rows& rows, std::int64_t& position);

inline constexpr char kTargetColumns[] =
    "position id window resource_type selectors owner_information name description created_at "
    "version";
WindowTarget ReadTarget(Rows& rows, std::int64_t& position);

inline constexpr char kTaskColumns[] =
    "position id window task_arn type targets priority max_concurrency max_errors cutoff_behavior "
    "service_role_arn name description payload created_at version";
WindowTask ReadTask(Rows& rows, std::int64_t& position);

inline constexpr char kTokenColumns[] = "operation scope token request_hash result_id created_at";
Token ReadToken(Rows& rows);

}  // namespace lull::storage
