#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/connection.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull drain` is told.
struct DrainOptions {
  ConnectionOptions connection;
  std::string execution;
  bool wait = false;  ///< until it has ended
  bool json = false;
};

/// Invocations that are shown; how many there are is always told.
inline constexpr int kMaxDrainRows = 1000;

/// The world of a command that waits.
struct Waiting {
  std::function<absl::Time()> now;            ///< wall time
  std::function<bool(absl::Duration)> pause;  ///< between two looks; false: the user has had enough
};

/// Prints to `out` what of an execution is in flight: a table, or the operation's answer (all pages
/// in one, kMaxDrainRows at most). A wait tells each change in a line to `notes`, and prints once
/// it has ended. Errors: those of Connection; kAborted: `pause` returned false; kUnavailable: `out`
/// takes no more.
absl::Status PrintDrain(const DrainOptions& options, const Waiting& waiting, std::FILE* out,
                        std::FILE* notes);

/// Adds `drain` to the command line. When it was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddDrain(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
