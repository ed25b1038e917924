#pragma once

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"
#include "engine/ports/runner.h"
#include "engine/pseudo_parameters.h"
#include "runners/documents/library.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// What a RUN_COMMAND invocation runs on `node`, as a script for that node's /bin/sh: the document
/// that its TaskArn names, with pseudo parameters put into the task's values, and these checked and
/// filled in. LULL_NODE in its environment is the node's id. Pure.
/// Errors, with a text for the user: kNotFound: no step of the document is for the node's platform,
/// so nothing is delivered; kInvalidArgument: no such document, another version or hash of it, a
/// parameter, or the stored task.
absl::StatusOr<runners::ProcessPlan> PlanDocument(const runners::DocumentLibrary& library,
                                                  const Invocation& invocation, const Node& node,
                                                  const ArnScope& scope);

}  // namespace lull::cli
