#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull status` is told.
struct StatusOptions {
  std::string data_dir;
  bool json = false;
};

/// Prints to `out` which executions are open, as they are stored at `now`, and what opens next: a
/// table and a line, or a JSON object. Reads the store beside a daemon that has it open, and takes
/// no lock of it. Errors: those of FindDataFolder and of SqliteStore::Open for reading;
/// kUnavailable: `out` takes no more.
absl::Status PrintStatus(const StatusOptions& options, absl::Time now, std::FILE* out);

/// Adds `status` to the command line. When it was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddStatus(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
