#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "cli/run_place.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull run` is told.
struct RunOptions {
  std::string file;  ///< `-`: standard input
  PlaceOptions place;
  bool dry_run = false;
  bool output = false;     ///< show what commands print; as it is when there is one target
  bool no_output = false;  ///< never; at most one of both
  bool json = false;
};

/// Adds `run` to the command line. When it was asked for, parsing leaves it in `action`, which sets
/// `exit_code` to how the run has ended; both have to outlive `app`.
void AddRun(CLI::App& app, std::function<absl::Status()>& action, int& exit_code);

}  // namespace lull::cli
