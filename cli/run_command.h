#pragma once

#include "absl/status/statusor.h"
#include "engine/model/runs.h"
#include "runners/shell_command.h"

namespace lull::cli {

/// The command in a RUN_COMMAND task's parameters, those of the document AWS-RunShellScript:
///   commands          required, one line of the script each
///   workingDirectory  optional, an absolute path
///   executionTimeout  optional, whole seconds from 1 to 172800; 3600
/// Errors: kInvalidArgument, for the user: names the parameter, the value and what is right. Pure.
absl::StatusOr<runners::ShellCommand> DecodeRunCommand(const TaskSpec& task);

}  // namespace lull::cli
