#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/definitions.h"
#include "engine/ports/store.h"

namespace lull {

/// A piece of the fleet, by position: which nodes up to and including position `through` are
/// selected. There may be none, and yet more to come.
struct SelectedNodes {
  std::vector<NodeReader::NodeName> names;
  std::int64_t through = 0;

  static constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
};

/// The nodes after `after_position` that all of the selectors select, the next `limit` at most.
/// Reads a bounded number of rows, whatever the fleet. Each call is one look at the store, or a
/// few: a node that changes meanwhile may be seen as it was or as it is. REQUIRES: at least one
/// selector; each IsTag. Errors: the store's.
absl::StatusOr<SelectedNodes> SelectNodes(NodeReader& nodes,
                                          const std::vector<TargetSelector>& selectors,
                                          std::int64_t after_position, std::size_t limit);

/// The selectors with those of the groups in the place of resource-groups:Name. An unknown group
/// has none, nor has any when there are resource-groups:ResourceTypeFilters of which none is a
/// node's type. Errors: the store's.
absl::StatusOr<std::vector<TargetSelector>> ExpandGroups(
    NodeReader& nodes, const std::vector<TargetSelector>& selectors);

}  // namespace lull
