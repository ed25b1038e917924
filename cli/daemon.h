#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/address_file.h"
#include "cli/callback_key.h"
#include "cli/data_folder.h"
#include "cli/listen_address.h"
#include "cli/log_observer.h"
#include "cli/planner.h"
#include "cli/stop_signals.h"
#include "engine/engine.h"
#include "engine/runtime/environment.h"
#include "proto/config.pb.h"
#include "runners/functions/function_runner.h"
#include "runners/process_runner.h"
#include "server/http_server.h"
#include "server/key_ring.h"
#include "server/throttle.h"
#include "server/webhooks.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {

struct DaemonOptions {
  DataFolder folder;
  ListenAddress listen;
  std::string region;
  std::string account_id;
  std::optional<server::Rate> rate;  ///< of each key's requests; nothing: unlimited
  bool allow_plain_http_beyond_loopback = false;
  std::string inventory;    ///< path of a file of nodes; empty: none
  std::string config_path;  ///< of the file that `config` was read from; empty: none
  v1::Config config;
  Misfire misfire = Misfire::kOpen;
  Limits limits;
  absl::Duration history = absl::InfiniteDuration();
  std::shared_ptr<spdlog::logger> logger;  ///< REQUIRED
  StopSignals* signals = nullptr;          ///< REQUIRED: raised when the daemon has to end
};

/// All parts of `lull serve`, wired: the store, the runner, the engine on a thread of its own, and
/// the HTTP server. One thread at a time.
class Daemon {
 public:
  /// Returns once all is up. Errors: of the parts.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(DaemonOptions options);

  /// Leaves what is in flight to its shims: the next start takes it over.
  ~Daemon();

  const ListenAddress& address() const { return options_.listen; }

  /// Reads the inventory again. A bad file changes nothing, and the log says what is wrong with it.
  /// A signal to stop ends it early: the next start reads it again.
  void RereadInventory();

  /// Reads the config file again, if there is one: documents and transports are the new ones from
  /// now on, the rest at the next start. A bad file changes nothing, and the log says what is wrong
  /// with it.
  void RereadConfig();

  /// Starts nothing new, and waits until what is in flight has ended, for `patience` at most; reads
  /// and cancels are answered meanwhile. What goes on after that goes on; but the answers to calls
  /// of functions on their way are waited for a little longer, for nobody else hears them. A signal
  /// cuts it short. Returns the signal, or 0.
  int Drain(absl::Duration patience);

  /// True once another engine has taken over the store: nothing can be stored any more, and there
  /// is nothing to drain.
  bool fenced() const { return fenced_; }

 private:
  explicit Daemon(DaemonOptions options);
  absl::Status Open();
  absl::Status OpenFunctions();
  server::CallbackAnswer TakeCallback(std::string_view id, std::string_view secret,
                                      std::string_view body);
  absl::Status OpenKeys();
  absl::Status PutLocalNode();
  absl::Status ReadFleet();
  absl::Status StartWebhooks();
  absl::Status Listen();
  DaemonAddress Address() const;
  void RunEngine();
  int Await(const std::function<bool()>& look, absl::Duration patience);

  DaemonOptions options_;
  SystemClock clock_;
  LogObserver observer_;
  std::atomic<bool> ready_ = false;  ///< what /readyz answers
  std::atomic<bool> fenced_ = false;
  // Each uses those before it.
  std::unique_ptr<storage::SqliteStore> store_;
  std::unique_ptr<Planner> planner_;
  std::unique_ptr<runners::ProcessRunner> runner_;
  std::optional<CallbackKey> callback_key_;
  std::unique_ptr<runners::FunctionRunner> functions_;
  std::vector<server::Webhook> webhook_list_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<server::Webhooks> webhooks_;
  std::unique_ptr<server::KeyRing> keys_;
  std::unique_ptr<server::Throttle> throttle_;
  std::unique_ptr<server::HttpServer> server_;
  std::thread engine_thread_;
};

}  // namespace lull::cli
