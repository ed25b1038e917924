#include "cli/planner.h"

#include <utility>

#include "cli/plan_transport.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::cli {

Planner::Planner(NodeReader& nodes, Plans plans, ArnScope scope, std::string carrier)
    : nodes_(nodes),
      scope_(std::move(scope)),
      carrier_(std::move(carrier)),
      plans_(std::make_shared<const Plans>(std::move(plans))) {}

void Planner::Use(Plans plans) {
  auto next = std::make_shared<const Plans>(std::move(plans));
  const MutexLock lock(mutex_);
  plans_ = std::move(next);
}

std::shared_ptr<const Plans> Planner::Current() const {
  const MutexLock lock(mutex_);
  return plans_;
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
  const std::shared_ptr<const Plans> plans = Current();
  LULL_ASSIGN_OR_RETURN(runners::ProcessPlan plan,
                        PlanDocument(*plans->documents, invocation, stored->node, scope_));
  if (stored->origin == kLocalOrigin) return plan;
  return CarryTo(stored->node, plans->config, carrier_, std::move(plan));
}

}  // namespace lull::cli
