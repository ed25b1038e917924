#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"

namespace lull::cli {

/// A node from one line of JSON: an object with the members of an inventory's node (docs/nodes.md).
/// Error: kInvalidArgument, which names the key, the value and what it must be.
absl::StatusOr<Node> ParseNodeLine(std::string_view line);

}  // namespace lull::cli
