#include "cli/daemon.h"

#include <spdlog/spdlog.h>
#include <sys/utsname.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "cli/config.h"
#include "cli/function_result.h"
#include "cli/inventory.h"
#include "cli/node_fields.h"
#include "cli/node_load.h"
#include "cli/plan_function.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/call_log.h"
#include "server/credentials.h"
#include "server/key_files.h"
#include "server/webhook_config.h"

namespace lull::cli {
namespace {

/// How often a drain looks whether it has ended.
constexpr absl::Duration kDrainLook = absl::Milliseconds(10);

/// How long a stop waits for functions that have been called and have not answered.
constexpr absl::Duration kAnswerPatience = absl::Seconds(30);

/// `name`, beside the program that runs now.
std::string Beside(const char* name) {
  std::error_code error;  // where there is no /proc, whoever needs it says that it is missing
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

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
  LULL_RETURN_IF_ERROR(daemon->StartWebhooks());
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
  functions_.reset();
  if (runner_ != nullptr) runner_->Shutdown();
  webhooks_.reset();  // it settles through the engine
  engine_.reset();
}

absl::Status Daemon::Open() {
  LULL_ASSIGN_OR_RETURN(webhook_list_, server::ReadWebhooks(options_.config));
  LULL_ASSIGN_OR_RETURN(store_, storage::SqliteStore::Open({.path = options_.folder.database}));
  LULL_ASSIGN_OR_RETURN(auto documents,
                        runners::DocumentLibrary::Load(options_.config.documents()));
  const ArnScope scope{options_.region, options_.account_id};
  planner_ = std::make_unique<Planner>(
      store_->nodes(), Plans{options_.config, std::move(documents)}, scope, Beside(kCarrierName));
  runners::ProcessRunnerOptions runner;
  runner.clock = &clock_;
  runner.plan = [this, scope](const Invocation& invocation) {
    return invocation.task.type == TaskType::kRunCommand
               ? planner_->Plan(invocation)
               : PlanFunction(invocation, options_.config, scope);
  };
  runner.output_dir = options_.folder.output;
  runner.shim_path = Beside(runners::kShimName);
  runner.warn = [this](std::string_view text) { observer_.Warn(text); };
  LULL_ASSIGN_OR_RETURN(runner_, runners::ProcessRunner::Create(std::move(runner)));
  LULL_RETURN_IF_ERROR(OpenFunctions());
  EngineOptions engine;
  engine.store = store_.get();
  engine.runners = {{TaskType::kRunCommand, runner_.get()},
                    {TaskType::kAutomation, functions_.get()},
                    {TaskType::kLambda, functions_.get()},
                    {TaskType::kStepFunctions, functions_.get()}};
  engine.observer = &observer_;
  engine.clock = &clock_;
  engine.misfire.misfire = options_.misfire;
  engine.limits = options_.limits;
  engine.region = options_.region;
  engine.account_id = options_.account_id;
  engine.history = options_.history;
  engine.subscribers = server::SubscribersOf(webhook_list_);
  LULL_ASSIGN_OR_RETURN(engine_, Engine::Open(std::move(engine)));
  return absl::OkStatus();
}

absl::Status Daemon::OpenFunctions() {
  LULL_ASSIGN_OR_RETURN(callback_key_, CallbackKey::LoadOrCreate(options_.folder.callback_key));
  runners::FunctionRunnerOptions functions;
  functions.clock = &clock_;
  functions.plan = [this](const Invocation& invocation) {
    // Where nothing else is said, the address that this listens on, known before anything starts.
    const auto callback_url = [this](const InvocationId& id) {
      const std::string& base = options_.config.callback_url();
      return callback_key_->UrlOf(base.empty() ? Address().url : base, id);
    };
    return PlanCall(invocation, options_.config, {options_.region, options_.account_id},
                    callback_url);
  };
  functions.read = ReadFunctionResult;
  functions.process = runner_.get();
  functions.output_dir = options_.folder.output;
  functions.warn = [this](std::string_view text) { observer_.Warn(text); };
  LULL_ASSIGN_OR_RETURN(functions_, runners::FunctionRunner::Create(std::move(functions)));
  return absl::OkStatus();
}

server::CallbackAnswer Daemon::TakeCallback(std::string_view id, std::string_view secret,
                                            std::string_view body) {
  const InvocationId invocation{std::string(id)};
  if (!callback_key_->Opens(invocation, secret)) return server::CallbackAnswer::kUnknown;
  switch (functions_->TakeResult(invocation, body)) {
    case runners::CallBack::kTaken:
      return server::CallbackAnswer::kTaken;
    case runners::CallBack::kUnknown:
      return server::CallbackAnswer::kUnknown;
    case runners::CallBack::kNotStored:
      break;
  }
  return server::CallbackAnswer::kTryAgain;
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

absl::Status Daemon::StartWebhooks() {
  if (webhook_list_.empty()) return absl::OkStatus();
  server::WebhooksOptions options;
  options.webhooks = webhook_list_;
  options.origin = {options_.account_id, options_.region};
  options.outbox = &store_->outbox();
  options.clock = &clock_;
  options.settle = [this](const std::string& subscriber, std::vector<std::int64_t> seqs) {
    return engine_->SettleEvents(subscriber, std::move(seqs));
  };
  options.warn = [this](std::string_view text) { observer_.Warn(text); };
  LULL_ASSIGN_OR_RETURN(webhooks_, server::Webhooks::Start(std::move(options)));
  observer_.OnEvents([webhooks = webhooks_.get()] { webhooks->Wake(); });
  return absl::OkStatus();
}

void Daemon::RereadConfig() {
  if (options_.config_path.empty()) return;
  const auto refuse = [this](const absl::Status& why) {
    options_.logger->warn("config read=failed text={}", JsonString(FromAbsl(why.message())));
  };
  auto read = ReadConfig(options_.config_path);
  if (!read.ok()) return refuse(read.status());
  auto documents = runners::DocumentLibrary::Load(read->documents());
  if (!documents.ok()) return refuse(documents.status());
  options_.logger->info("config file={} transports={} documents={}",
                        JsonString(options_.config_path), read->transports_size(),
                        (*documents)->Names().size());
  const std::string members = MembersForRestart(options_.config, *read);
  planner_->Use({*std::move(read), *std::move(documents)});
  if (!members.empty()) {
    options_.logger->warn("config waiting={} text=\"changed, and taken at the next start\"",
                          members);
  }
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
  http.dispatch.callback = [this](std::string_view id, std::string_view secret,
                                  std::string_view body) { return TakeCallback(id, secret, body); };
  http.dispatch.refused = [this](const CallContext& context, std::string_view operation,
                                 const google::protobuf::Message* request, std::string_view error) {
    engine_->KeepRefusal(context, operation, request, error);
  };
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

int Daemon::Await(const std::function<bool()>& look, absl::Duration patience) {
  const absl::Duration deadline = clock_.SinceBoot() + patience;
  while (!look() && clock_.SinceBoot() < deadline) {
    const int signal = options_.signals->Wait(kDrainLook);
    if (fenced_) return 0;
    if (signal != 0) return signal;
  }
  return 0;
}

int Daemon::Drain(absl::Duration patience) {
  ready_ = false;
  engine_->HoldAdmission();
  int signal = Await([this] { return engine_->Quiet(); }, patience);
  // Nobody else hears the answer to a call that is on its way.
  if (signal == 0 && !fenced_) {
    signal = Await([this] { return functions_->on_their_way() == 0; }, kAnswerPatience);
  }
  if (!fenced_ && !engine_->Quiet()) {
    options_.logger->info("left text=\"what is in flight goes on; the next start takes it over\"");
  }
  return signal;
}

}  // namespace lull::cli
