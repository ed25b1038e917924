#pragma once

#include <string>

#include "absl/status/status.h"
#include "engine/model/nodes.h"

namespace lull::cli {

/// The node that the daemon runs on. It is the daemon's alone: no file has one of that id.
inline constexpr char kLocalNode[] = "local";

// The members of a node as files spell them, one rule for inventories and imports. Errors are
// kInvalidArgument; the text names the member, the value and what it must be, not the place.

/// Whether a node has a member `key`; the error lists those that it has.
absl::Status CheckNodeKey(const std::string& key);

/// Sets the member `key`, one of text: id, name, platform, platform_name, platform_version,
/// address, transport, user, last_seen.
absl::Status SetNodeField(const std::string& key, const std::string& value, Node& node);

/// Adds a tag; each key once.
absl::Status AddNodeTag(const std::string& key, const std::string& value, Node& node);

/// What a node's id and a target's value may be: letters, digits and `._:@-`, not beginning with a
/// `.` or `-`, kMaxNodeNameBytes at most; after `mi-` come 17 hex digits.
absl::Status CheckNodeId(const std::string& id);

}  // namespace lull::cli
