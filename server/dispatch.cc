#include "server/dispatch.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "proto/extensions.pb.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/managed_nodes.pb.h"
#include "proto/options.pb.h"
#include "server/crypto.h"
#include "server/json_codec.h"

namespace lull::server {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

/// Looks for a node among all targets of a command.
constexpr char kSearchOperation[] = "GetCommandInvocation";
constexpr char kCancelOperation[] = "CancelMaintenanceWindowExecution";  // of both services
constexpr std::string_view kJsonType = "application/x-amz-json-1.1";
constexpr char kExtensionsPrefix[] = "Lull.";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";
constexpr std::string_view kCallbackPath = "/callback/";

/// Every service of the files that describe the API. Each says what stands before its operations'
/// names in X-Amz-Target.
std::vector<const ServiceDescriptor*> TheServices() {
  std::vector<const ServiceDescriptor*> services;
  for (const FileDescriptor* file : {v1::GetMaintenanceWindowRequest::descriptor()->file(),
                                     v1::GetCommandInvocationRequest::descriptor()->file(),
                                     v1::DescribeDrainRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

/// The operation that the header names; null if there is none, more than one, or one unknown.
const MethodDescriptor* FindOperation(const std::vector<const ServiceDescriptor*>& services,
                                      const HeaderFields& headers) {
  const std::string* target = nullptr;
  for (const auto& [name, value] : headers) {
    if (!absl::EqualsIgnoreCase(name, "x-amz-target")) continue;
    if (target != nullptr) return nullptr;
    target = &value;
  }
  if (target == nullptr) return nullptr;
  for (const ServiceDescriptor* service : services) {
    const std::string& prefix = service->options().GetExtension(v1::target_prefix);
    if (!target->starts_with(prefix)) continue;
    const MethodDescriptor* method = service->FindMethodByName(target->substr(prefix.size()));
    if (method != nullptr) return method;
  }
  return nullptr;
}

/// As policies of the API name it: `ssm:GetMaintenanceWindow`; ours are `lull:DescribeDrain`.
std::string ActionOf(const MethodDescriptor& operation) {
  const bool is_ours =
      operation.service()->options().GetExtension(v1::target_prefix) == kExtensionsPrefix;
  return absl::StrCat(is_ours ? "lull:" : "ssm:", operation.name());
}

absl::Status NothingHere() {
  return MakeError(ErrorKind::kNotFound,
                   "There is nothing here: operations are POST / (without a "
                   "query), probes GET /healthz and GET /readyz.");
}

bool IsCallback(const HttpRequest& request) { return request.target.starts_with(kCallbackPath); }

std::unique_ptr<Message> NewRequest(const MethodDescriptor& operation) {
  return std::unique_ptr<Message>(
      MessageFactory::generated_factory()->GetPrototype(operation.input_type())->New());
}

}  // namespace

/// What becomes known of a call on its way.
struct Dispatcher::Call {
  CallContext context;
  absl::Time started;
  std::string_view method;
  const MethodDescriptor* operation = nullptr;
  std::unique_ptr<Message> message;  // once it is read
  std::string_view allow;
  bool is_probe = false;
};

Dispatcher::Dispatcher(DispatchOptions options, Handler handler)
    : options_(std::move(options)), handler_(std::move(handler)), services_(TheServices()) {
  LULL_CHECK(options_.keys != nullptr);
  LULL_CHECK(options_.now != nullptr);
  LULL_CHECK(handler_ != nullptr);
}

HttpResponse Dispatcher::Handle(const HttpRequest& request) const {
  Call call;
  call.started = options_.now();
  call.context.request_id = options_.new_request_id ? options_.new_request_id() : RandomUuid();
  call.context.source = request.peer;
  for (const std::string_view method : {"GET", "POST"}) {
    if (request.method == method) call.method = method;
  }
  // The handler is others' code, and a caller must have an answer: exceptions end here.
  try {
    absl::StatusOr<std::string> result = Serve(request, call);
    if (!result.ok()) TellRefused(result.status(), call);
    return Answer(std::move(result), call);
  } catch (const std::exception& error) {
    return Answer(absl::InternalError(error.what()), call);
  }
}

Lane Dispatcher::LaneOf(const HttpRequest& request) const {
  if (IsCallback(request)) return Lane::kCommit;
  const MethodDescriptor* operation = FindOperation(services_, request.headers);
  if (operation == nullptr) return Lane::kAtOnce;
  if (operation->options().GetExtension(v1::access) == v1::READ) {
    const bool is_page = operation->input_type()->FindFieldByName("next_token") != nullptr;
    return is_page || operation->name() == kSearchOperation ? Lane::kPage : Lane::kAtOnce;
  }
  return operation->name() == kCancelOperation ? Lane::kCancel : Lane::kCommit;
}

HttpResponse Dispatcher::Refuse(ErrorKind kind, std::string_view text) const {
  Call call;
  call.started = options_.now();
  call.context.request_id = options_.new_request_id ? options_.new_request_id() : RandomUuid();
  return Answer(MakeError(kind, text), call);
}

absl::StatusOr<std::string> Dispatcher::Serve(const HttpRequest& request, Call& call) const {
  if (options_.callback && IsCallback(request)) return TakeCallback(request, call);
  const bool is_health = request.target == "/healthz";
  call.is_probe = is_health || request.target == "/readyz";
  if (!call.is_probe && request.target != "/") return NothingHere();
  const std::string_view right_method = call.is_probe ? "GET" : "POST";
  if (request.method != right_method) {
    call.allow = right_method;
    call.is_probe = false;
    return MakeError(ErrorKind::kMethodNotAllowed, "Only the method in the Allow header will do.");
  }
  if (call.is_probe) {
    if (is_health || !options_.ready || options_.ready()) return "ok";
    return MakeError(ErrorKind::kNotReady, "not ready");
  }
  // In the API's own order: operation, signature, JSON; constraints are the handler's.
  call.operation = FindOperation(services_, request.headers);
  if (call.operation == nullptr) return MakeError(ErrorKind::kUnknownOperation, "");
  LULL_ASSIGN_OR_RETURN(const std::shared_ptr<const Key> key,
                        VerifySignature({request.method, request.headers, request.body},
                                        options_.keys, options_.region, call.started));
  call.context.principal = key->access_key_id;
  LULL_RETURN_IF_ERROR(Authorize(*key, *call.operation));
  std::unique_ptr<Message> message = NewRequest(*call.operation);
  if (absl::Status status = JsonToMessage(request.body, message.get()); !status.ok()) {
    return MakeError(ErrorKind::kSerialization, FromAbsl(status.message()));
  }
  call.message = std::move(message);
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                        handler_(call.context, call.operation->name(), *call.message));
  LULL_CHECK(response != nullptr && response->GetDescriptor() == call.operation->output_type());
  return MessageToJson(*response);
}

absl::StatusOr<std::string> Dispatcher::TakeCallback(const HttpRequest& request, Call& call) const {
  if (request.method != "POST") {
    call.allow = "POST";
    return MakeError(ErrorKind::kMethodNotAllowed, "Only the method in the Allow header will do.");
  }
  if (request.body.size() > kMaxCallbackBytes) {
    return MakeError(ErrorKind::kBodyTooLarge,
                     absl::StrCat("A result has ", kMaxCallbackBytes, " bytes at most."));
  }
  const std::string_view path = std::string_view(request.target).substr(kCallbackPath.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return NothingHere();
  switch (options_.callback(path.substr(0, slash), path.substr(slash + 1), request.body)) {
    case CallbackAnswer::kTaken:
      return "{}";
    case CallbackAnswer::kUnknown:
      return NothingHere();
    case CallbackAnswer::kTryAgain:
      return absl::UnavailableError("a call back can't be stored");
  }
  return NothingHere();
}

absl::Status Dispatcher::Authorize(const Key& key, const MethodDescriptor& operation) const {
  if (key.role < RoleFor(operation.options().GetExtension(v1::access))) {
    const std::string region = options_.region.empty() ? "*" : options_.region;
    return MakeError(
        ErrorKind::kAccessDenied,
        absl::StrCat("User: arn:aws:iam::", options_.account_id, ":user/", key.name,
                     " is not authorized to perform: ", ActionOf(operation),
                     " on resource: arn:aws:ssm:", region, ":", options_.account_id, ":*"));
  }
  if (options_.admit && !options_.admit(key.access_key_id)) {
    return MakeError(ErrorKind::kThrottling, "Rate exceeded");
  }
  return absl::OkStatus();
}

void Dispatcher::TellRefused(const absl::Status& status, const Call& call) const {
  // Without a principal the signature was not right: anybody may send that.
  if (!options_.refused || call.operation == nullptr || call.context.principal.empty()) return;
  if (call.operation->options().GetExtension(v1::access) == v1::READ) return;
  const ErrorKind kind = KindOf(status);
  if (kind == ErrorKind::kThrottling) return;
  options_.refused(call.context, call.operation->name(), call.message.get(), RowOf(kind).wire_type);
}

HttpResponse Dispatcher::Answer(absl::StatusOr<std::string> result, const Call& call) const {
  HttpResponse response;
  response.request_id = call.context.request_id;
  response.date = options_.now();
  response.allow = call.allow;
  response.content_type = call.is_probe ? kTextType : kJsonType;
  CallRecord record;
  if (result.ok()) {
    response.status = 200;
    response.body = std::move(*result);
  } else {
    const ErrorRow& row = RowOf(KindOf(result.status()));
    response.status = row.http_status;
    response.body = call.is_probe ? std::string(FromAbsl(result.status().message()))
                                  : ErrorBody(result.status(), call.context.request_id);
    record.error = row.wire_type;
    record.detail = FromAbsl(result.status().message());
  }
  if (options_.log) {
    record.method = call.method;
    if (call.operation != nullptr) record.operation = call.operation->name();
    record.principal = call.context.principal;
    record.request_id = call.context.request_id;
    record.http_status = response.status;
    record.duration = response.date - call.started;
    options_.log(record);
  }
  return response;
}

}  // namespace lull::server
