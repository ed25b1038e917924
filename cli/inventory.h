#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"

namespace lull::cli {

/// What an inventory file says (docs/nodes.md has the format).
struct Inventory {
  std::vector<Node> nodes;  ///< their ids are distinct
  std::vector<NodeGroup> groups;
};

inline constexpr std::size_t kMaxInventoryBytes = std::size_t{16} << 20;

/// Reads the YAML text of an inventory. Memory is bounded by the text's size, some ten times of it.
/// Error: kInvalidArgument, which names the line, the key, the value and what it must be.
absl::StatusOr<Inventory> ParseInventory(std::string_view text);

/// Reads the file at `path`. Error: kInvalidArgument, which names the path too; so is a file that
/// can't be read, or of more than kMaxInventoryBytes.
absl::StatusOr<Inventory> ReadInventory(const std::string& path);

}  // namespace lull::cli
