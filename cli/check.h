#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// Exit status of `lull check` when it has found something.
inline constexpr int kFlawsExit = 1;

/// What `lull check` is told.
struct CheckDirOptions {
  std::string data_dir;
  bool json = false;
};

/// Looks at all that a daemon keeps in a folder, and prints to `out` what was looked at and what
/// was found; to `progress`, each two seconds, that it still does. Changes nothing; a daemon may
/// run. Returns 0 or kFlawsExit. Errors: kFailedPrecondition, whatever it was: the store can't be
/// read; kUnavailable: `out` takes no more.
absl::StatusOr<int> CheckDataDir(const CheckDirOptions& options, std::FILE* out,
                                 std::FILE* progress);

/// Adds `check` to the command line. When it was asked for, parsing leaves it in `action`, and that
/// leaves what it found in `exit_code`; both have to outlive `app`.
void AddCheck(CLI::App& app, std::function<absl::Status()>& action, int& exit_code);

}  // namespace lull::cli
