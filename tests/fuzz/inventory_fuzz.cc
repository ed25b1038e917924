// Any bytes as an inventory: an error that names a line, or nodes and groups that keep what
// docs/nodes.md says, never a crash.
//
// tools/fuzz makes inputs up, corpus/inventory has those that every test run replays.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/inventory.h"
#include "engine/base/check.h"
#include "engine/model/nodes.h"
#include "tests/fuzz/line_error.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxBytes = 4096;

/// Every node and value takes bytes of the text.
void CheckInventory(const Inventory& inventory, std::size_t bytes) {
  std::set<std::string> ids;
  for (const Node& node : inventory.nodes) {
    LULL_CHECK(!node.id.empty() && ids.insert(node.id).second);
    LULL_CHECK(node.tags.size() <= kMaxTags);
  }
  LULL_CHECK(inventory.nodes.size() <= bytes && inventory.groups.size() <= kMaxGroups);
  for (const NodeGroup& group : inventory.groups) {
    LULL_CHECK(!group.name.empty() && !group.selectors.empty());
    for (const TargetSelector& selector : group.selectors) {
      LULL_CHECK(!selector.values.empty() && selector.values.size() <= kMaxGroupNodes);
    }
  }
}

void Try(std::string_view input) {
  const auto inventory = ParseInventory(input);
  if (!inventory.ok()) return CheckLineError(inventory.status());
  CheckInventory(*inventory, input.size());
}

}  // namespace
}  // namespace lull::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::cli::kMaxBytes) lull::cli::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
