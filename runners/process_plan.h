#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace lull::runners {

inline constexpr absl::Duration kDefaultExecutionTimeout = absl::Seconds(3600);

/// How a process gets its script.
enum class ScriptBy {
  kFile,   ///< a file of this user's alone, whose path is the last argument
  kStdin,  ///< on standard input, which has nothing else
};

/// One process on this machine: what an invocation comes to. No shell reads `argv`.
struct ProcessPlan {
  std::vector<std::string> argv = {"/bin/sh"};  ///< never empty; argv[0] is looked for in PATH
  std::string script = {};                      ///< may hold secrets: never in an argument
  ScriptBy script_by = ScriptBy::kFile;
  std::string working_directory = {};         ///< absolute; empty: the runner's default
  std::vector<std::string> environment = {};  ///< `NAME=value`, beside the runner's own
  absl::Duration execution_timeout = kDefaultExecutionTimeout;
  /// The exit status by which the process says that the work never began (ssh: 255).
  std::optional<int> undeliverable_status = {};
  /// The exit status by which it says that a part of the work ran into a time-out of its own: it is
  /// TIMED_OUT then, not FAILED.
  std::optional<int> timed_out_status = {};
};

}  // namespace lull::runners
