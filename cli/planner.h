#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "cli/plan_document.h"
#include "engine/base/mutex.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "proto/config.pb.h"
#include "runners/documents/library.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// The program that talks to nodes, beside `lull` (runners/carry).
inline constexpr char kCarrierName[] = "lull-carry";

/// What a planner goes by, as it was read from files.
struct Plans {
  v1::Config config;
  std::shared_ptr<const runners::DocumentLibrary> documents;  ///< never null
};

/// Says which process carries an invocation of a RUN_COMMAND task out: its document, as it is run
/// on its node. Thread-safe; reads the node from the store.
class Planner {
 public:
  /// `nodes` outlives it. `carrier` is the path of lull-carry.
  Planner(NodeReader& nodes, Plans plans, ArnScope scope, std::string carrier);

  /// From now on it goes by these.
  void Use(Plans plans);

  /// Errors: kNotFound: there is no such node, or nothing of the document is for its platform, so
  /// nothing can be delivered; those of PlanDocument and CarryTo. The text is for the user.
  absl::StatusOr<runners::ProcessPlan> Plan(const Invocation& invocation) const;

 private:
  std::shared_ptr<const Plans> Current() const;

  NodeReader& nodes_;
  const ArnScope scope_;
  const std::string carrier_;
  mutable Mutex mutex_;
  std::shared_ptr<const Plans> plans_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull::cli
