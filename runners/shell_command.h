#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "runners/process_plan.h"

namespace lull::runners {

/// What the document AWS-RunShellScript asks for, decoded from a task's parameters.
struct ShellCommand {
  /// The lines of the script. They reach the shell as they are: nothing is quoted or interpolated.
  std::vector<std::string> commands = {};
  std::string working_directory = {};  ///< empty: the runner's default
  absl::Duration execution_timeout = kDefaultExecutionTimeout;
};

}  // namespace lull::runners
