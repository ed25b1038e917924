#include "cli/planner.h"

#include <utility>

#include "cli/plan_transport.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::cli {

Planner::Planner(NodeReader& nodes, v1::Config config, ArnScope scope)
    : nodes_(nodes),
      scope_(std::move(scope)),
      config_(std::make_shared<const v1::Config>(std::move(config))) {}

void Planner::Configure(v1::Config config) {
  auto shared = std::make_shared<const v1::Config>(std::move(config));
  MutexLock lock(mutex_);
  config_ = std::move(shared);
}

std::shared_ptr<const v1::Config> Planner::CurrentConfig() const {
  MutexLock lock(mutex_);
  return config_;
}

absl::StatusOr<runners::ProcessPlan> Planner::Plan(const Invocation& invocation) const {
  const std::string& id = invocation.target.node;
  if (id.empty()) {
    return Invalid("A RUN_COMMAND task needs a node; give it Targets, as InstanceIds=local.");
  }
  LULL_ASSIGN_OR_RETURN(const auto stored, nodes_.GetNode(id));
  if (!stored) {
    return absl::NotFoundError(absl::StrCat(
        "The instance IDs list contains an invalid entry: there is no node ", JsonString(id), "."));
  }
  LULL_ASSIGN_OR_RETURN(runners::ProcessPlan plan, PlanDocument(invocation, stored->node, scope_));
  if (stored->origin == kLocalOrigin) return plan;
  return CarryTo(stored->node, *CurrentConfig(), std::move(plan));
}

}  // namespace lull::cli
