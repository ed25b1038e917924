#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/plan_document.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "proto/config.pb.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// Says which process carries an invocation of a RUN_COMMAND task out: its document, as it is run
/// on its node. Thread-safe; reads the node from the store.
class Planner {
 public:
  /// `nodes` outlives it. `carrier` is the path of lull-carry.
  Planner(NodeReader& nodes, v1::Config config, ArnScope scope, std::string carrier);

  /// Errors: kNotFound: there is no such node, so nothing can be delivered; those of PlanDocument
  /// and CarryTo. The text is for the user.
  absl::StatusOr<runners::ProcessPlan> Plan(const Invocation& invocation) const;

 private:
  NodeReader& nodes_;
  const v1::Config config_;
  const ArnScope scope_;
  const std::string carrier_;
};

}  // namespace lull::cli
