#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/screen.h"
#include "proto/extensions.pb.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::cli {

/// The node that an invocation is on; empty for a task without targets.
std::string NodeOf(const v1::MaintenanceWindowExecutionTaskInvocationIdentity& invocation);

/// Each line of `text`, made harmless to a terminal, behind `prefix`.
std::string Prefixed(std::string_view text, std::string_view prefix);

/// The last lines of `text`, so many at most.
std::string_view LastLines(std::string_view text, int lines);

/// Prints what commands printed, as they end.
class OutputPrinter {
 public:
  /// `screen` outlives it. `plain`: without the node and task in front of each line.
  OutputPrinter(Screen& screen, bool plain) : screen_(screen), plain_(plain) {}

  /// Prints what has ended since the last call; what a daemon that is away (MayPass) can't tell now
  /// comes with a later one. Errors: those of Connection and of Screen.
  absl::Status Print(const Connection& daemon, const v1::DescribeDrainResponse& drain);

  /// Whether it has printed that of the invocation.
  bool HasPrinted(const std::string& invocation) const { return printed_.count(invocation) > 0; }

 private:
  /// Whether it was all.
  absl::StatusOr<bool> PrintTask(const Connection& daemon, const v1::DescribeDrainResponse& drain,
                                 const v1::ExecutionTaskProgress& task);

  Screen& screen_;
  const bool plain_;
  std::map<std::string, std::int64_t> ended_;  ///< of each task, how many were there
  std::set<std::string> printed_;
};

/// The invocations of an execution that failed or timed out, the first of each task, with their
/// details and, of those that `printer` (may be null) has not printed, the last lines of output.
/// Empty when there are none. Errors: those of Connection.
absl::StatusOr<std::string> DescribeFailures(const Connection& daemon,
                                             const v1::DescribeDrainResponse& drain,
                                             const OutputPrinter* printer);

}  // namespace lull::cli
