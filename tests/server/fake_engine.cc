#include "tests/server/fake_engine.h"

#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/validate.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::server {
namespace {

using google::protobuf::Message;

absl::StatusOr<std::unique_ptr<Message>> Answer(const CallContext& context,
                                                std::string_view operation,
                                                const Message& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  if (operation == "CreateMaintenanceWindow") {
    const auto& create = static_cast<const v1::CreateMaintenanceWindowRequest&>(request);
    if (create.name() == "boom") return absl::InternalError("/var/lib/lull/db: disk I/O error");
    if (create.name() == "throw") throw std::runtime_error("thrown by /a/handler");
    auto response = std::make_unique<v1::CreateMaintenanceWindowResponse>();
    response->set_window_id("mw-0123456789abcdef0");
    return response;
  }
  if (operation == "GetMaintenanceWindow") {
    const auto& get = static_cast<const v1::GetMaintenanceWindowRequest&>(request);
    if (get.window_id() == "mw-00000000000000000") {
      return absl::NotFoundError(
          absl::StrCat("Maintenance window ", get.window_id(), " does not exist"));
    }
    auto response = std::make_unique<v1::GetMaintenanceWindowResponse>();
    response->set_window_id(get.window_id());
    response->set_name(context.principal);
    response->set_created_date(1541761816.338);
    return response;
  }
  // What has no answer of its own gets an empty one.
  const google::protobuf::ServiceDescriptor* service =
      v1::GetMaintenanceWindowRequest::descriptor()->file()->service(0);
  const auto* method = service->FindMethodByName(std::string(operation));
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->output_type());
  return std::unique_ptr<Message>(prototype->New());
}

}  // namespace

Handler FakeEngine() { return Answer; }

DispatchOptions TestDispatchOptions(Role role) {
  DispatchOptions options;
  options.keys = [role](std::string_view id) -> std::shared_ptr<const Key> {
    if (id != kTestKeyId) return nullptr;
    return std::make_shared<const Key>(
        Key{kTestKeyId, kTestSecret, role, KeyState::kEnabled, kTestUser, kTestNow});
  };
  options.now = [] { return kTestNow; };
  return options;
}

HttpRequest SignedTestRequest(const std::string& operation, const std::string& body) {
  return SignedTestTarget("AmazonSSM." + operation, body);
}

HttpRequest SignedTestTarget(const std::string& target, const std::string& body) {
  HttpRequest request{"POST",
                      "/",
                      {{"Host", "localhost"},
                       {"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Date", AmzDate(kTestNow)},
                       {"X-Amz-Target", target}},
                      body};
  const std::string authorization = AuthorizationHeader(
      {request.method, request.headers, request.body}, kTestKeyId, kTestSecret, "eu-central-1");
  request.headers.emplace_back("Authorization", authorization);
  return request;
}

std::string SignedTestText(const std::string& operation, const std::string& body,
                           const std::string& more_headers) {
  const HttpRequest request = SignedTestRequest(operation, body);
  std::string text = "POST / HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  if (more_headers.find("Transfer-Encoding") == std::string::npos) {
    absl::StrAppend(&text, "Content-Length: ", body.size(), "\r\n");
  }
  return absl::StrCat(text, more_headers, "\r\n", body);
}

}  // namespace lull::server
