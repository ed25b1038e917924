#pragma once

#include <memory>

#include "engine/ports/target_source.h"

namespace lull {

/// The built-in target source: the nodes that InstanceIds name, in a task's own targets and in the
/// window targets that it names, each node once. `tag:` targets and resource groups need an
/// inventory of nodes, which does not exist yet: they contribute nothing. A task without targets
/// has one invocation, whose node is empty. Stateless, thread-safe.
class RegisteredTargets : public TargetSource {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override;
};

}  // namespace lull
