#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "cli/connection.h"
#include "cli/drain.h"
#include "cli/screen.h"
#include "proto/extensions.pb.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull watch` is told.
struct WatchOptions {
  ConnectionOptions connection;
  std::string execution;
  bool json = false;
};

/// The exit status that says how an execution has ended: 0 SUCCESS, 10 FAILED, 11 TIMED_OUT, 12
/// CANCELLED, 13 SKIPPED_OVERLAPPING.
int ExitCodeOf(const v1::DescribeDrainResponse& drain);

/// Shows how an execution goes until it has ended, then what became of it; sets `exit_code` to how
/// it ended. Errors: those of Follow; kAborted: interrupted.
absl::Status Watch(const WatchOptions& options, const Waiting& waiting, Screen& screen,
                   int& exit_code);

/// Adds `watch` to the command line. When it was asked for, parsing leaves it in `action`; both
/// have to outlive `app`.
void AddWatch(CLI::App& app, std::function<absl::Status()>& action, int& exit_code);

}  // namespace lull::cli
