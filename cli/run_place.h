#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/connection.h"
#include "cli/stop_signals.h"

namespace lull::cli {

class Daemon;

/// Where a run is to happen. At most one of data_dir and connection.endpoint is not empty.
struct PlaceOptions {
  ConnectionOptions connection;
  // Of the daemon that is started, if one is; paths of files, empty: none.
  std::string inventory;
  std::string config;
};

/// The daemon that a run is asked of: one that runs, or one in this process, as long as this lives,
/// on the data folder or, without one, on a private folder. One thread.
class RunPlace {
 public:
  /// A daemon in this process takes `signals`, which outlives it, while it starts and ends; make it
  /// before there are threads. Errors: those of Connection and of Daemon::Start; kInvalidArgument:
  /// an inventory or a config for a daemon that runs; kAborted: a signal ended the start.
  static absl::StatusOr<std::unique_ptr<RunPlace>> Open(PlaceOptions options, StopSignals& signals);

  /// Ends the daemon, if it is ours, once what is in flight has ended, or has had time to; and
  /// removes a private folder that is not kept.
  ~RunPlace();
  RunPlace(const RunPlace&) = delete;
  RunPlace& operator=(const RunPlace&) = delete;

  const ConnectionOptions& connection() const { return connection_; }

  /// The data folder; empty with an endpoint.
  const std::string& folder() const { return connection_.data_dir; }

  /// Whether the daemon is in this process.
  bool is_own() const { return daemon_ != nullptr; }

  /// Whether a private folder stays; it does not unless it is told to.
  void Keep() { kept_ = true; }
  void Forget() { kept_ = false; }

 private:
  explicit RunPlace(ConnectionOptions connection);
  absl::Status MakePrivateFolder();
  absl::Status StartDaemon(const PlaceOptions& options, StopSignals& signals);

  ConnectionOptions connection_;
  bool private_ = false;
  bool kept_ = false;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace lull::cli
