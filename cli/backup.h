#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull backup` is told.
struct BackupDirOptions {
  std::string data_dir;
  std::string to;  ///< a folder that is not there yet
};

/// Copies all that a restore needs into a new folder `to`, while a daemon runs or after one has
/// died, and says on `out` what it has: the store as one committed state, looked at as `lull check`
/// does; what commands printed, with the records of what has started; the keys.
///
/// In this order: whatever the copied store knows to have started has its record in the copied
/// output. The other way round, an invocation that starts between the two would be known to the
/// store and lack its record, and an engine on such a copy would start it a second time.
///
/// `to` gets its name when all is on the disk and good, or never: what is in the making lies beside
/// it, and goes when something fails. Errors, with the path: kAlreadyExists: `to` is there;
/// kNotFound: no store, or no folder for `to`; kFailedPrecondition: the store is damaged;
/// kUnavailable: no room, can't be read.
absl::Status BackUpDataDir(const BackupDirOptions& options, std::FILE* out, std::FILE* progress);

/// Adds `backup` to the command line. When it was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddBackup(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
