#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "cli/connection.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull start`, `cancel`, `resume` and `skip` are told.
struct ControlOptions {
  ConnectionOptions connection;
  std::string id;  ///< of a window (start, skip) or of an execution
  std::optional<std::string> reason;
  std::optional<std::int32_t> duration;  ///< hours; start and resume
  std::optional<std::string> policy;     ///< cancel: task, invocation or stop
  std::optional<std::string> at;         ///< skip: the occurrence that is meant
  bool json = false;                     ///< the operation's answer instead of a sentence
};

// Each asks the daemon for the operation of its name (proto/extensions.proto), and prints to `out`
// what came of it. Errors: those of Connection; kUnavailable: `out` takes no more.
absl::Status StartWindow(const ControlOptions& options, std::FILE* out);
absl::Status CancelExecution(const ControlOptions& options, std::FILE* out);
absl::Status ResumeExecution(const ControlOptions& options, std::FILE* out);
absl::Status SkipWindow(const ControlOptions& options, std::FILE* out);

/// Adds the four to the command line. When one was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddControl(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
