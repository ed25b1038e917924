#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/plan_document.h"
#include "engine/base/mutex.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "proto/config.pb.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// Says which process carries an invocation of a RUN_COMMAND task out: its document, as it is run
/// on its node. Thread-safe; reads the node from the store.
class Planner {
 public:
  /// `nodes` outlives it.
  Planner(NodeReader& nodes, v1::Config config, ArnScope scope);

  /// Errors: kNotFound: there is no such node, so nothing can be delivered; those of PlanDocument
  /// and CarryTo. The text is for the user.
  absl::StatusOr<runners::ProcessPlan> Plan(const Invocation& invocation) const;

  /// What is planned from now on is planned by `config`.
  void Configure(v1::Config config);

 private:
  std::shared_ptr<const v1::Config> CurrentConfig() const;

  NodeReader& nodes_;
  const ArnScope scope_;
  mutable Mutex mutex_;
  std::shared_ptr<const v1::Config> config_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull::cli
