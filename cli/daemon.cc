#include "cli/daemon.h"

#include <spdlog/spdlog.h>
#include <sys/utsname.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cli/inventory.h"
#include "cli/node_fields.h"
#include "cli/node_load.h"
#include "cli/run_command.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/call_log.h"
#include "server/credentials.h"
#include "server/key_files.h"

namespace lull::cli {
namespace {

/// How often a drain looks whether it has ended.
constexpr absl::Duration kDrainLook = absl::Milliseconds(10);

/// How long what was killed at a drain's end may take to be stored.
constexpr absl::Duration kStorePatience = absl::Seconds(5);

/// How long a second signal may have to wait for the kill of what is in flight.
constexpr absl::Duration kKillPatience = absl::Milliseconds(500);

/// A change that NodeLoad made.
Engine::FleetChange AsFleet(Change& change) {
  if (auto* put = std::get_if<PutNodes>(&change)) return std::move(*put);
  auto* remove = std::get_if<RemoveNodes>(&change);
  LULL_CHECK(remove != nullptr);
  return std::move(*remove);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(options)));
  LULL_RETURN_IF_ERROR(daemon->Open());
  LULL_RETURN_IF_ERROR(daemon->OpenKeys());
  LULL_RETURN_IF_ERROR(daemon->PutLocalNode());
  // Before the engine runs: no window opens on half a fleet.
  LULL_RETURN_IF_ERROR(daemon->ReadFleet());
  LULL_RETURN_IF_ERROR(daemon->Listen());
  daemon->ready_ = true;
  daemon->engine_thread_ = std::thread([daemon = daemon.get()] { daemon->RunEngine(); });
  return daemon;
}

Daemon::Daemon(DaemonOptions options) : options_(std::move(options)), observer_(options_.logger) {}

Daemon::~Daemon() {
  if (server_ != nullptr) RemoveAddress(options_.folder.address, Address());
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
  engine.limits = options_.limits;
  engine.region = options_.region;
  engine.account_id = options_.account_id;
  engine.history = options_.history;
  LULL_ASSIGN_OR_RETURN(engine_, Engine::Open(std::move(engine)));
  return absl::OkStatus();
}

absl::Status Daemon::OpenKeys() {
  const server::KeyFiles files{options_.folder.keys, options_.folder.credentials};
  LULL_RETURN_IF_ERROR(server::LoadOrCreateCredentials(files.credentials).status());
  LULL_RETURN_IF_ERROR(server::ListKeys(files).status());  // what is wrong is better told now
  keys_ = std::make_unique<server::KeyRing>(files);
  if (options_.rate) throttle_ = std::make_unique<server::Throttle>(*options_.rate);
  return absl::OkStatus();
}

absl::Status Daemon::PutLocalNode() {
  utsname names{};
  LULL_CHECK(::uname(&names) == 0);
  Node local{.id = kLocalNode};
  local.name = names.nodename;
  local.platform = Platform::kLinux;
  local.platform_name = names.sysname;
  local.platform_version = names.release;
  const absl::Time now = clock_.Now();
  return engine_
      ->ChangeFleet(PutNodes{kLocalOrigin, absl::ToUnixMicros(now), {std::move(local)}, now})
      .status();
}

absl::Status Daemon::ReadFleet() {
  if (options_.inventory.empty()) return absl::OkStatus();
  LULL_ASSIGN_OR_RETURN(Inventory inventory, ReadInventory(options_.inventory));
  const auto commit = [this](std::vector<Change> changes) -> absl::StatusOr<std::int64_t> {
    std::int64_t sum = 0;
    for (Change& change : changes) {
      if (options_.signals->Pending()) return absl::CancelledError("stopped by a signal");
      LULL_ASSIGN_OR_RETURN(const std::int64_t value, engine_->ChangeFleet(AsFleet(change)));
      sum += value;
    }
    return sum;
  };
  const std::size_t groups = inventory.groups.size();
  NodeLoad load(commit, kInventoryOrigin, clock_.Now());
  for (Node& node : inventory.nodes) LULL_RETURN_IF_ERROR(load.Add(std::move(node)));
  LULL_RETURN_IF_ERROR(load.Flush());
  LULL_RETURN_IF_ERROR(load.RemoveOthers(store_->nodes()));
  LULL_RETURN_IF_ERROR(engine_->ChangeFleet(PutGroups{std::move(inventory.groups)}).status());
  options_.logger->info("inventory file={} nodes={} removed={} groups={}",
                        JsonString(options_.inventory), load.stored(), load.removed(), groups);
  if (const std::int64_t others = load.taken() - load.stored(); others > 0) {
    options_.logger->warn(
        "inventory left={} text=\"nodes that another origin has stay as they are\"", others);
  }
  return absl::OkStatus();
}

void Daemon::RereadInventory() {
  const absl::Status read = ReadFleet();
  if (read.ok()) return;
  options_.logger->warn("inventory read=failed text={}", JsonString(FromAbsl(read.message())));
}

absl::Status Daemon::Listen() {
  server::HttpServerOptions http;
  http.address = options_.listen.address;
  http.port = options_.listen.port;
  http.allow_plain_http_beyond_loopback = options_.allow_plain_http_beyond_loopback;
  http.warn = [this](std::string_view text) { observer_.Warn(text); };
  http.dispatch.keys = [this](std::string_view id) { return keys_->Find(id); };
  http.dispatch.account_id = options_.account_id;
  if (throttle_ != nullptr) {
    http.dispatch.admit = [this](std::string_view id) {
      return throttle_->Admit(id, clock_.SinceBoot());
    };
  }
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
  // Only the commands beside the daemon need it.
  if (const absl::Status status = WriteAddress(options_.folder.address, Address()); !status.ok()) {
    observer_.Warn(FromAbsl(status.message()));
  }
  return absl::OkStatus();
}

DaemonAddress Daemon::Address() const {
  return {"http://" + options_.listen.Text(), options_.region};
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
