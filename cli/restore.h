#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull restore` is told.
struct RestoreOptions {
  std::string from;      ///< a backup
  std::string data_dir;  ///< a folder that is new or empty
  bool resume_active = false;
};

/// Makes a data folder of a backup, and says on `out` what became of what was active in it. Each
/// file is compared with the backup's manifest, the store is looked at before and after. Of what
/// was in flight nothing is ever started again (restore_runs.h). The database comes last: a folder
/// that a restore has not finished has none.
/// Errors: kNotFound: no backup; kFailedPrecondition: `data_dir` is not empty, the backup is
/// damaged or a newer version's; kUnavailable: no room, can't be read or written.
absl::Status RestoreDataDir(const RestoreOptions& options, std::FILE* out, std::FILE* progress);

/// Adds `restore` to the command line. When it was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddRestore(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
