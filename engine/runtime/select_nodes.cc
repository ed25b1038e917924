#include "engine/runtime/select_nodes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/core/selection.h"

namespace lull {
namespace {

using NodeName = NodeReader::NodeName;

/// Rows that one call reads where no index helps.
constexpr std::size_t kScanRows = 1000;

/// What a node is to AWS's resource groups.
constexpr std::string_view kNodeTypes[] = {"AWS::EC2::Instance", "AWS::SSM::ManagedInstance",
                                           "AWS::SSM::ManagedInstanceInventory"};

bool IsNodeType(const std::string& type) {
  return std::find(std::begin(kNodeTypes), std::end(kNodeTypes), type) != std::end(kNodeTypes);
}

/// Whether a target with these resource-groups:ResourceTypeFilters can select nodes.
bool FiltersLetNodesIn(const std::vector<TargetSelector>& selectors) {
  return std::all_of(selectors.begin(), selectors.end(), [](const TargetSelector& selector) {
    return selector.key != "resource-groups:ResourceTypeFilters" ||
           std::any_of(selector.values.begin(), selector.values.end(), IsNodeType);
  });
}

bool IsBefore(const NodeName& a, const NodeName& b) { return a.position < b.position; }

/// Drops what lies beyond `through`.
void Cut(SelectedNodes& selected, std::int64_t through) {
  selected.through = through;
  while (!selected.names.empty() && selected.names.back().position > through) {
    selected.names.pop_back();
  }
}

/// Nodes with any one of the values: each value's page, merged as far as all of them reach.
absl::StatusOr<SelectedNodes> WithTag(NodeReader& nodes, const TargetSelector& selector,
                                      std::int64_t after, std::size_t limit) {
  SelectedNodes all{{}, SelectedNodes::kEnd};
  std::vector<std::string> values = selector.values;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (const std::string& value : values) {
    LULL_ASSIGN_OR_RETURN(auto names, nodes.ListTagged(TagKey(selector), value, {after, limit}));
    if (names.size() == limit) all.through = std::min(all.through, names.back().position);
    if (all.names.empty()) {
      all.names = std::move(names);
      continue;
    }
    const auto middle = static_cast<std::ptrdiff_t>(all.names.size());
    all.names.insert(all.names.end(), std::make_move_iterator(names.begin()),
                     std::make_move_iterator(names.end()));
    std::inplace_merge(all.names.begin(), all.names.begin() + middle, all.names.end(), IsBefore);
    // A node that changed its value between two reads is in both.
    const auto same = [](const NodeName& a, const NodeName& b) { return a.position == b.position; };
    all.names.erase(std::unique(all.names.begin(), all.names.end(), same), all.names.end());
  }
  Cut(all, all.through);
  if (all.names.size() > limit) Cut(all, all.names[limit - 1].position);
  return all;
}

/// Nodes with all of the keys: no index has them, the fleet is read.
absl::StatusOr<SelectedNodes> WithKeys(NodeReader& nodes, const TargetSelector& selector,
                                       std::int64_t after, std::size_t limit) {
  SelectedNodes found{{}, SelectedNodes::kEnd};
  const std::size_t rows = std::max(limit, kScanRows);
  LULL_ASSIGN_OR_RETURN(auto page, nodes.ListNodes({after, rows}));
  if (page.size() == rows) found.through = page.back().position;
  for (StoredNode& stored : page) {
    if (!Selects(selector, TagsOf(stored))) continue;
    found.names.push_back({stored.position, std::move(stored.node.id)});
    if (found.names.size() == limit) {
      found.through = found.names.back().position;
      break;
    }
  }
  return found;
}

/// What is in both. Before the first of either there is nothing, however far the other has looked.
SelectedNodes Both(const SelectedNodes& a, const SelectedNodes& b) {
  const auto none_through = [](const SelectedNodes& nodes) {
    return nodes.names.empty() ? nodes.through : nodes.names.front().position - 1;
  };
  SelectedNodes both;
  std::set_intersection(a.names.begin(), a.names.end(), b.names.begin(), b.names.end(),
                        std::back_inserter(both.names), IsBefore);
  Cut(both, std::max({std::min(a.through, b.through), none_through(a), none_through(b)}));
  return both;
}

}  // namespace

absl::StatusOr<SelectedNodes> SelectNodes(NodeReader& nodes,
                                          const std::vector<TargetSelector>& selectors,
                                          std::int64_t after_position, std::size_t limit) {
  LULL_CHECK(!selectors.empty() && limit > 0);
  std::optional<SelectedNodes> all;
  for (const TargetSelector& selector : selectors) {
    LULL_CHECK(IsTag(selector));
    const auto read = selector.key == "tag-key" ? WithKeys : WithTag;
    LULL_ASSIGN_OR_RETURN(SelectedNodes found, read(nodes, selector, after_position, limit));
    all = all ? Both(*all, found) : std::move(found);
  }
  return *std::move(all);
}

absl::StatusOr<std::vector<TargetSelector>> ExpandGroups(
    NodeReader& nodes, const std::vector<TargetSelector>& selectors) {
  std::vector<TargetSelector> expanded;
  for (const TargetSelector& selector : selectors) {
    if (selector.key != "resource-groups:Name") {
      expanded.push_back(selector);
      continue;
    }
    if (!FiltersLetNodesIn(selectors)) continue;
    for (const std::string& name : selector.values) {
      LULL_ASSIGN_OR_RETURN(const auto group, nodes.GetGroup(name));
      if (!group) continue;
      expanded.insert(expanded.end(), group->selectors.begin(), group->selectors.end());
    }
  }
  return expanded;
}

}  // namespace lull
