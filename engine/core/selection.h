#pragma once

#include <string>
#include <vector>

#include "engine/model/definitions.h"
#include "engine/model/nodes.h"

namespace lull {

/// Whether the selector asks for tags: `tag:KEY` or `tag-key`.
bool IsTag(const TargetSelector& selector);

/// KEY of `tag:KEY`. REQUIRES: it is such a selector.
std::string TagKey(const TargetSelector& selector);

/// Whether a node that shows `tags` is selected: `tag:KEY` by one of the values, `tag-key` when it
/// has all those keys. REQUIRES: IsTag(selector).
bool Selects(const TargetSelector& selector, const Tags& tags);

/// Whether the selectors select the node: its id by InstanceIds, or its tags by all selectors that
/// ask for tags, if there are any.
bool Selects(const std::vector<TargetSelector>& selectors, const StoredNode& node);

}  // namespace lull
