#pragma once

#include "engine/model/records.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The columns of an event's row and of an audit line, without `seq`, in the order of their
/// members.
inline constexpr char kEventColumns[] =
    "subscriber id level at window execution task invocation node window_target owner_information "
    "status started_at ended_at";
inline constexpr char kAuditColumns[] =
    "at principal source request_id operation resources summary error";

}  // namespace lull::storage
