#include "server/dispatch.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "proto/maintenance_windows.pb.h"
#include "server/crypto.h"
#include "server/json_codec.h"

namespace lull::server {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr std::string_view kTargetPrefix = "AmazonSSM.";
constexpr std::string_view kJsonType = "application/x-amz-json-1.1";
constexpr std::string_view kTextType = "text/plain; charset=utf-8";

const ServiceDescriptor& TheService() {
  const FileDescriptor* file = v1::GetMaintenanceWindowRequest::descriptor()->file();
  const ServiceDescriptor* service = file->FindServiceByName("MaintenanceWindows");
  LULL_CHECK(service != nullptr);
  return *service;
}

/// The operation that the header names; null if there is none, more than one, or one unknown.
const MethodDescriptor* FindOperation(const ServiceDescriptor& service,
                                      const HeaderFields& headers) {
  const std::string* target = nullptr;
  for (const auto& [name, value] : headers) {
    if (absl::AsciiStrToLower(name) != "x-amz-target") continue;
    if (target != nullptr) return nullptr;
    target = &value;
  }
  if (target == nullptr || !target->starts_with(kTargetPrefix)) return nullptr;
  return service.FindMethodByName(target->substr(kTargetPrefix.size()));
}

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
  std::string_view allow;
  bool is_probe = false;
};

Dispatcher::Dispatcher(DispatchOptions options, Handler handler)
    : options_(std::move(options)), handler_(std::move(handler)), service_(TheService()) {
  LULL_CHECK(options_.keys != nullptr);
  LULL_CHECK(options_.now != nullptr);
  LULL_CHECK(handler_ != nullptr);
}

HttpResponse Dispatcher::Handle(const HttpRequest& request) const {
  Call call;
  call.started = options_.now();
  call.context.request_id = options_.new_request_id ? options_.new_request_id() : RandomUuid();
  for (const std::string_view method : {"GET", "POST"}) {
    if (request.method == method) call.method = method;
  }
  // The handler is others' code, and a caller must have an answer: exceptions end here.
  try {
    return Answer(Serve(request, call), call);
  } catch (const std::exception& error) {
    return Answer(absl::InternalError(error.what()), call);
  }
}

HttpResponse Dispatcher::Refuse(ErrorKind kind, std::string_view text) const {
  Call call;
  call.started = options_.now();
  call.context.request_id = options_.new_request_id ? options_.new_request_id() : RandomUuid();
  return Answer(MakeError(kind, text), call);
}

absl::StatusOr<std::string> Dispatcher::Serve(const HttpRequest& request, Call& call) const {
  const bool is_health = request.target == "/healthz";
  call.is_probe = is_health || request.target == "/readyz";
  if (!call.is_probe && request.target != "/") {
    return MakeError(ErrorKind::kNotFound,
                     "There is nothing here: operations are POST / (without a "
                     "query), probes GET /healthz and GET /readyz.");
  }
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
  call.operation = FindOperation(service_, request.headers);
  if (call.operation == nullptr) return MakeError(ErrorKind::kUnknownOperation, "");
  LULL_ASSIGN_OR_RETURN(call.context.principal,
                        VerifySignature({request.method, request.headers, request.body},
                                        options_.keys, options_.region, call.started));
  const std::unique_ptr<Message> message = NewRequest(*call.operation);
  if (absl::Status status = JsonToMessage(request.body, message.get()); !status.ok()) {
    return MakeError(ErrorKind::kSerialization, FromAbsl(status.message()));
  }
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Message> response,
                        handler_(call.context, call.operation->name(), *message));
  LULL_CHECK(response != nullptr && response->GetDescriptor() == call.operation->output_type());
  return MessageToJson(*response);
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
