#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"
#include "engine/ports/runner.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// Whom pseudo parameters speak of (spec E.3): parts of the ARNs.
struct ArnScope {
  std::string region;
  std::string account_id;
};

/// What a RUN_COMMAND invocation runs on `node`, as a script for that node's /bin/sh: the document
/// that its TaskArn names, with its parameters checked and filled in.
/// Errors: kNotFound: no such document; kInvalidArgument: a parameter, or the stored task. The text
/// is for the user.
absl::StatusOr<runners::ProcessPlan> PlanDocument(const Invocation& invocation, const Node& node,
                                                  const ArnScope& scope);

}  // namespace lull::cli
