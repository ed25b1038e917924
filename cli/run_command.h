#pragma once

#include "absl/status/statusor.h"
#include "engine/model/runs.h"
#include "engine/ports/runner.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// The process that a RUN_COMMAND task's parameters come to, those of the document
/// AWS-RunShellScript:
///   commands          required, one line of the script each
///   workingDirectory  optional, an absolute path
///   executionTimeout  optional, whole seconds from 1 to 172800; 3600
/// Errors: kInvalidArgument, for the user: names the parameter, the value and what is right. Pure.
absl::StatusOr<runners::ProcessPlan> DecodeRunCommand(const TaskSpec& task);

/// The process that a RUN_COMMAND invocation comes to here: its document is AWS-RunShellScript, its
/// node kLocalNode. Errors: kInvalidArgument, for the user. Pure.
absl::StatusOr<runners::ProcessPlan> PlanRunCommand(const Invocation& invocation);

}  // namespace lull::cli
