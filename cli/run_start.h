#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/run_file.h"

namespace lull::cli {

/// A run that has begun.
struct StartedRun {
  std::string window;
  std::string execution;
};

/// Makes the window of `file` with its targets and tasks, which no schedule opens, and opens it.
/// Errors: those of Connection; then nothing runs, and the window is gone again.
absl::StatusOr<StartedRun> StartRun(const Connection& daemon, const RunFile& file,
                                    const std::string& reason);

/// Removes the window; its execution stays. Errors: those of Connection.
absl::Status RemoveRun(const Connection& daemon, const std::string& window);

}  // namespace lull::cli
