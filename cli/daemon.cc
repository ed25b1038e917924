#include "cli/daemon.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "cli/run_command.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/call_log.h"
#include "server/credentials.h"

namespace lull::cli {
namespace {

/// How often a drain looks whether it has ended.
constexpr absl::Duration kDrainLook = absl::Milliseconds(10);

/// How long what was killed at a drain's end may take to be stored.
constexpr absl::Duration kStorePatience = absl::Seconds(5);

/// How long a second signal may have to wait for the kill of what is in flight.
constexpr absl::Duration kKillPatience = absl::Milliseconds(500);

server::KeyLookup OnlyKey(server::Credentials credentials) {
  return [credentials = std::move(credentials)](
             std::string_view access_key_id) -> std::optional<std::string> {
    if (access_key_id != credentials.access_key_id) return std::nullopt;
    return credentials.secret_access_key;
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(options)));
  LULL_RETURN_IF_ERROR(daemon->Open());
  LULL_RETURN_IF_ERROR(daemon->Listen());
  daemon->ready_ = true;
  daemon->engine_thread_ = std::thread([daemon = daemon.get()] { daemon->RunEngine(); });
  return daemon;
}

Daemon::Daemon(DaemonOptions options) : options_(std::move(options)), observer_(options_.logger) {}

Daemon::~Daemon() {
  server_.reset();
  if (engine_thread_.joinable()) {
    engine_->Stop();
    engine_thread_.join();
  }
  // A runner reports to its engine, so it falls silent first; and the engine has its address.
  if (runner_ != nullptr) runner_->Shutdown(absl::ZeroDuration());
  engine_.reset();
}

absl::Status Daemon::Open() {
  LULL_ASSIGN_OR_RETURN(store_, storage::SqliteStore::Open({.path = options_.folder.database}));
  runners::ProcessRunnerOptions runner;
  runner.clock = &clock_;
  runner.decode = [](const Invocation& invocation) { return DecodeRunCommand(invocation.task); };
  runner.output_dir = options_.folder.output;
  runner.warn = [this](std::string_view text) { observer_.Warn(text); };
  LULL_ASSIGN_OR_RETURN(runner_, runners::ProcessRunner::Create(std::move(runner)));
  EngineOptions engine;
  engine.store = store_.get();
  engine.runners = {{TaskType::kRunCommand, runner_.get()}};
  engine.observer = &observer_;
  engine.clock = &clock_;
  engine.misfire.misfire = options_.misfire;
  engine.history = options_.history;
  LULL_ASSIGN_OR_RETURN(engine_, Engine::Open(std::move(engine)));
  return absl::OkStatus();
}

absl::Status Daemon::Listen() {
  LULL_ASSIGN_OR_RETURN(server::Credentials credentials,
                        server::LoadOrCreateCredentials(options_.folder.credentials));
  server::HttpServerOptions http;
  http.address = options_.listen.address;
  http.port = options_.listen.port;
  http.allow_plain_http_beyond_loopback = options_.allow_plain_http_beyond_loopback;
  http.warn = [this](std::string_view text) { observer_.Warn(text); };
  http.dispatch.keys = OnlyKey(std::move(credentials));
  http.dispatch.now = [this] { return clock_.Now(); };
  http.dispatch.region = options_.region;
  http.dispatch.ready = [this] { return ready_.load(); };
  http.dispatch.log = server::LogCalls(options_.logger);
  LULL_ASSIGN_OR_RETURN(
      server_, server::HttpServer::Start(std::move(http),
                                         [this](const CallContext& context, std::string_view,
                                                const google::protobuf::Message& request) {
                                           return engine_->Call(context, request);
                                         }));
  options_.listen.port = server_->port();
  return absl::OkStatus();
}

void Daemon::RunEngine() {
  engine_->Run();
  if (!engine_->Fenced()) return;
  ready_ = false;
  fenced_ = true;
  options_.signals->Raise();
}

int Daemon::AwaitQuiet(absl::Duration patience) {
  const absl::Duration deadline = clock_.SinceBoot() + patience;
  while (!engine_->Quiet() && clock_.SinceBoot() < deadline) {
    const int signal = options_.signals->Wait(kDrainLook);
    if (fenced_) return 0;
    if (signal != 0) return signal;
  }
  return 0;
}

int Daemon::Drain(absl::Duration patience) {
  ready_ = false;
  engine_->HoldAdmission();
  int signal = AwaitQuiet(patience);
  if (signal == 0 && !fenced_) {
    if (!engine_->Quiet()) {
      options_.logger->warn("drain killed=all text=\"some commands were in flight for too long\"");
    }
    runner_->Shutdown(absl::ZeroDuration());
    signal = AwaitQuiet(kStorePatience);
  }
  if (signal != 0) runner_->Kill(kKillPatience);
  return signal;
}

}  // namespace lull::cli
