#pragma once

#include <memory>

#include "engine/ports/store.h"
#include "engine/ports/target_source.h"

namespace lull {

/// The built-in target source. A task's own targets come first, then the window targets that it
/// names, in that order; each node once, with the first that selects it as its origin.
///
/// InstanceIds select the nodes of those names, stored or not. `tag:KEY` selects nodes that show
/// the tag with one of the values, `tag-key` nodes with all the keys; several of them in one target
/// must all hold. resource-groups:Name selects what the group's selectors select, unless there are
/// resource-groups:ResourceTypeFilters of which none is a node's type; an unknown group selects
/// nothing. A task without targets has one invocation, whose node is empty.
///
/// When unassociated targets are not allowed, a node that the task itself names has the window's
/// first registered target that selects it as its origin.
///
/// Nodes that tags select come in the order of their positions, a page of the store at a time; in
/// memory stay the ids that were named and, when there are several sources, a bit a node.
/// Thread-safe. `nodes` must outlive it and its cursors.
class StoredTargets : public TargetSource {
 public:
  explicit StoredTargets(NodeReader& nodes) : nodes_(nodes) {}

  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override;

 private:
  NodeReader& nodes_;
};

}  // namespace lull
