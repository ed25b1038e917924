#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/runtime/environment.h"
#include "engine/runtime/runtime.h"
#include "engine/runtime/stored_targets.h"
#include "engine/ssm_references.h"

namespace lull {
namespace {

/// A client token is kept at least this long (spec A.0.2).
constexpr absl::Duration kTokenLife = absl::Hours(24);

/// A create meets another with its token, or a window that goes: seen again and decided anew.
constexpr int kCreateTries = 4;

using AnyResponse = absl::StatusOr<std::unique_ptr<google::protobuf::Message>>;

/// One operation: the answer's type is forgotten.
template <class Request, class Response>
AnyResponse CallAs(Engine& engine, const CallContext& context,
                   const google::protobuf::Message& request,
                   absl::StatusOr<Response> (Engine::*operation)(const CallContext&,
                                                                 const Request&)) {
  auto response = (engine.*operation)(context, static_cast<const Request&>(request));
  if (!response.ok()) return response.status();
  return std::make_unique<Response>(*std::move(response));
}

absl::Status CheckLimits(const Limits& limits) {
  for (const std::int64_t limit : {limits.windows, limits.tasks_per_window,
                                   limits.targets_per_window, limits.tags_per_resource}) {
    if (limit < 0) return Invalid("A limit is ", limit, "; it must be 0 or more.");
  }
  return absl::OkStatus();
}

absl::Status CheckAccount(const std::string& id) {
  constexpr std::size_t kDigits = 12;
  if (id.size() == kDigits && std::all_of(id.begin(), id.end(), absl::ascii_isdigit)) {
    return absl::OkStatus();
  }
  return Invalid("The account id is '", id, "'; it must be ", kDigits, " digits.");
}

absl::Status CheckSubscribers(const EngineOptions& options) {
  if (options.subscribers.size() > kMaxSubscribers) {
    return Invalid("There are ", options.subscribers.size(), " subscribers; there may be ",
                   kMaxSubscribers, ".");
  }
  if (options.max_events <= 0) {
    return Invalid("The limit of events is ", options.max_events, "; it must be above 0.");
  }
  std::set<std::string_view> names;
  for (const Subscriber& subscriber : options.subscribers) {
    if (!subscriber.name.empty() && names.insert(subscriber.name).second) continue;
    return Invalid("The subscriber '", subscriber.name,
                   "' must have a name, and one that no other has.");
  }
  return absl::OkStatus();
}

}  // namespace

std::string LimitReached(std::int64_t limit, std::string_view what, std::string_view remedy,
                         std::string_view member, std::string_view flag) {
  return absl::StrCat("The limit of ", limit, " ", ToAbsl(what), " is reached. ", ToAbsl(remedy),
                      ", or raise the limit: lull serve ", ToAbsl(flag),
                      ", or Limits::", ToAbsl(member), " of the library.");
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  LULL_CHECK(options.store != nullptr);
  LULL_RETURN_IF_ERROR(CheckLimits(options.limits));
  LULL_RETURN_IF_ERROR(CheckAccount(options.account_id));
  LULL_RETURN_IF_ERROR(CheckSubscribers(options));
  std::unique_ptr<Clock> clock;
  std::unique_ptr<IdSource> ids;
  std::unique_ptr<TargetSource> targets;
  if (options.clock == nullptr) options.clock = (clock = std::make_unique<SystemClock>()).get();
  if (options.ids == nullptr) options.ids = (ids = std::make_unique<SystemIds>()).get();
  if (options.targets == nullptr) {
    options.targets = (targets = std::make_unique<StoredTargets>(options.store->nodes())).get();
  }
  std::unique_ptr<Engine> engine(
      new Engine(std::move(options), std::move(clock), std::move(ids), std::move(targets)));
  RuntimeOptions runtime;
  runtime.store = engine->options_.store;
  runtime.clock = engine->options_.clock;
  runtime.ids = engine->options_.ids;
  runtime.targets = engine->options_.targets;
  runtime.runners = engine->options_.runners;
  runtime.observer = engine->options_.observer;
  runtime.misfire = engine->options_.misfire;
  runtime.history = engine->options_.history;
  runtime.subscribers = engine->options_.subscribers;
  runtime.max_events = engine->options_.max_events;
  runtime.owner = engine->options_.owner;
  runtime.wake = engine->options_.wake;
  runtime.refuse = RefuseSsmReferences;
  LULL_ASSIGN_OR_RETURN(engine->runtime_, Runtime::Open(std::move(runtime)));
  return engine;
}

Engine::Engine(EngineOptions options, std::unique_ptr<Clock> clock, std::unique_ptr<IdSource> ids,
               std::unique_ptr<TargetSource> targets)
    : options_(std::move(options)),
      own_clock_(std::move(clock)),
      own_ids_(std::move(ids)),
      own_targets_(std::move(targets)) {}

Engine::~Engine() = default;

absl::Time Engine::Step() { return runtime_->Step(); }
void Engine::Run() { runtime_->Run(); }
void Engine::Stop() { runtime_->Stop(); }
bool Engine::Fenced() const { return runtime_->Fenced(); }
void Engine::HoldAdmission() { runtime_->HoldAdmission(); }
bool Engine::Quiet() const { return runtime_->Quiet(); }

absl::Status Engine::SettleEvents(const std::string& subscriber, std::vector<std::int64_t> seqs) {
  return runtime_->Define(lull::SettleEvents{subscriber, std::move(seqs)}).status();
}

void Engine::KeepRefusal(const CallContext& context, std::string_view operation,
                         const google::protobuf::Message* request, std::string_view error) {
  AuditEntry entry = request == nullptr ? AuditOf(context) : AuditOf(context, *request);
  entry.operation = operation;
  entry.error = error;
  runtime_->KeepRefusal(std::move(entry));
}

absl::Time Engine::Now() const {
  return absl::FromUnixMillis(absl::ToUnixMillis(options_.clock->Now()));
}

std::string Engine::NewUuid() {
  const std::uint64_t high = options_.ids->Bits();
  return FormatUuid(high, options_.ids->Bits(), 4);
}

absl::StatusOr<std::string> Engine::Once(std::string_view operation, const std::string& scope,
                                         const std::string& client_token,
                                         std::uint64_t request_hash, const Attempt& attempt) {
  DefinitionReader& definitions = options_.store->definitions();
  absl::Status refused;
  for (int tries = 0; tries < kCreateTries; ++tries) {
    if (!client_token.empty()) {
      LULL_ASSIGN_OR_RETURN(const auto known,
                            definitions.FindToken(std::string(operation), scope, client_token));
      if (known && known->request_hash != request_hash) {
        return absl::AlreadyExistsError(absl::StrCat(
            "The client token ", client_token,
            " was used before with other parameters. Use a new token for a new request."));
      }
      if (known) {  // an answer only if power that fails now leaves it there (R5)
        LULL_ASSIGN_OR_RETURN(const bool durable, runtime_->IsKnown());
        if (durable) return known->result_id;
        continue;
      }
    }
    if (!refused.ok()) return refused;
    const absl::Time now = Now();
    std::optional<Token> token;
    if (!client_token.empty()) {
      token = Token{std::string(operation), scope, client_token, request_hash, "", now};
    }
    auto id = attempt(token, now - kTokenLife);
    if (!id.ok()) {
      // What stands in the way may be what this very token has made meanwhile.
      if (client_token.empty() ||
          !(absl::IsFailedPrecondition(id.status()) || absl::IsInvalidArgument(id.status()))) {
        return id.status();
      }
      refused = id.status();
    } else if (*id) {
      return **std::move(id);
    }
  }
  if (!refused.ok()) return refused;
  return absl::UnavailableError("the window kept changing meanwhile; try again");
}

absl::StatusOr<std::string> Engine::CreateOnce(
    std::string_view operation, const std::string& scope, const std::string& client_token,
    std::uint64_t request_hash, const AuditEntry& audit,
    const std::function<absl::StatusOr<Creation>()>& make) {
  const auto attempt = [&](const std::optional<Token>& token,
                           absl::Time expiry) -> absl::StatusOr<std::optional<std::string>> {
    LULL_ASSIGN_OR_RETURN(Creation creation, make());
    std::visit(
        [&](auto& change) {
          if constexpr (requires { change.token_expiry; }) {
            change.token = token;
            if (change.token) change.token->result_id = creation.id;
            change.token_expiry = expiry;
          }
        },
        creation.change);
    AuditEntry made = audit;
    AddResource(creation.id, made);
    LULL_ASSIGN_OR_RETURN(const ChangeResult result,
                          runtime_->Define(std::move(creation.change), std::move(made)));
    if (result.verdict == Verdict::kFull) return absl::ResourceExhaustedError(creation.full);
    if (result.verdict != Verdict::kApplied) return std::nullopt;
    return creation.id;
  };
  return Once(operation, scope, client_token, request_hash, attempt);
}

AnyResponse Engine::Call(const CallContext& context, const google::protobuf::Message& request) {
  const google::protobuf::Descriptor* type = request.GetDescriptor();
#define LULL_OPERATION(name)                               \
  if (type == v1::name##Request::descriptor()) {           \
    return CallAs(*this, context, request, &Engine::name); \
  }
  LULL_OPERATION(CreateMaintenanceWindow);
  LULL_OPERATION(GetMaintenanceWindow);
  LULL_OPERATION(UpdateMaintenanceWindow);
  LULL_OPERATION(DeleteMaintenanceWindow);
  LULL_OPERATION(DescribeMaintenanceWindows);
  LULL_OPERATION(DescribeMaintenanceWindowSchedule);
  LULL_OPERATION(DescribeMaintenanceWindowsForTarget);
  LULL_OPERATION(RegisterTargetWithMaintenanceWindow);
  LULL_OPERATION(UpdateMaintenanceWindowTarget);
  LULL_OPERATION(DeregisterTargetFromMaintenanceWindow);
  LULL_OPERATION(DescribeMaintenanceWindowTargets);
  LULL_OPERATION(RegisterTaskWithMaintenanceWindow);
  LULL_OPERATION(GetMaintenanceWindowTask);
  LULL_OPERATION(UpdateMaintenanceWindowTask);
  LULL_OPERATION(DeregisterTaskFromMaintenanceWindow);
  LULL_OPERATION(DescribeMaintenanceWindowTasks);
  LULL_OPERATION(DescribeMaintenanceWindowExecutions);
  LULL_OPERATION(GetMaintenanceWindowExecution);
  LULL_OPERATION(DescribeMaintenanceWindowExecutionTasks);
  LULL_OPERATION(GetMaintenanceWindowExecutionTask);
  LULL_OPERATION(DescribeMaintenanceWindowExecutionTaskInvocations);
  LULL_OPERATION(GetMaintenanceWindowExecutionTaskInvocation);
  LULL_OPERATION(AddTagsToResource);
  LULL_OPERATION(RemoveTagsFromResource);
  LULL_OPERATION(ListTagsForResource);
  LULL_OPERATION(DescribeInstanceInformation);
  LULL_OPERATION(GetCommandInvocation);
  LULL_OPERATION(ListCommandInvocations);
  LULL_OPERATION(ListCommands);
  LULL_OPERATION(StartMaintenanceWindowExecution);
  LULL_OPERATION(CancelExecution);
  LULL_OPERATION(DescribeDrain);
  LULL_OPERATION(ResumeMaintenanceWindowExecution);
  LULL_OPERATION(SkipNextExecution);
#undef LULL_OPERATION
  if (type == v1::CancelMaintenanceWindowExecutionRequest::descriptor()) {
    // The API's cancel has no policy and no reason: the defaults.
    auto response = CancelMaintenanceWindowExecution(
        context, static_cast<const v1::CancelMaintenanceWindowExecutionRequest&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<v1::CancelMaintenanceWindowExecutionResponse>(*std::move(response));
  }
  return absl::UnimplementedError(absl::StrCat("there is no operation for ", type->full_name()));
}

}  // namespace lull
