#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/engine.h"

namespace lull::cli {

/// What `lull serve` is told.
struct ServeOptions {
  std::string data_dir;
  std::string listen = "127.0.0.1:8750";
  std::string region = "us-east-1";
  std::string account_id = "000000000000";  // 12 digits
  std::int64_t requests_per_second = 0;     // of each key; 0: unlimited
  std::int64_t burst = 0;                   // 0: requests_per_second
  bool allow_plain_http_beyond_loopback = false;
  std::string inventory;  // path of a file; empty: none
  std::string config;     // path of a file; empty: none
  bool skip_late_windows = false;
  Limits limits;
  absl::Duration drain = absl::Seconds(30);
  absl::Duration history = absl::Hours(24 * 30);  ///< as EngineOptions has it
  std::string log_level = "info";                 // a name that spdlog knows
};

/// The daemon, from its start until SIGTERM or SIGINT: then nothing new starts, what is in flight
/// is waited for up to `drain` and killed after that; a second signal ends the process at once.
/// SIGHUP reads the config and the inventory again, if there are any. Logs to stderr. Once a
/// process, from its main thread, before it has others. Errors, each with what to do:
/// kInvalidArgument and kFailedPrecondition: the options or the data folder; those of
/// SqliteStore::Open and Engine::Open.
absl::Status Serve(const ServeOptions& options);

}  // namespace lull::cli
