#pragma once

#include "engine/model/nodes.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The columns of a node's row, as ReadNode takes them. Damage goes to rows.status().
inline constexpr char kNodeColumns[] =
    "position id origin name platform platform_name platform_version address transport user "
    "last_seen_at tags api_tags registered_at version";
StoredNode ReadNode(Rows& rows);

}  // namespace lull::storage
