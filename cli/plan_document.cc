#include "cli/plan_document.h"

namespace lull::cli {

absl::StatusOr<runners::ProcessPlan> PlanDocument(const Invocation&, const Node&, const ArnScope&) {
  return absl::UnimplementedError("documents are not there yet");
}

}  // namespace lull::cli
