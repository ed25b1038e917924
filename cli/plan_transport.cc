#include "cli/plan_transport.h"

namespace lull::cli {

absl::StatusOr<runners::ProcessPlan> CarryTo(const Node&, const v1::Config&, runners::ProcessPlan) {
  return absl::UnimplementedError("transports are not there yet");
}

}  // namespace lull::cli
