#include "server/dispatch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/options.pb.h"
#include "server/key.h"
#include "tests/server/fake_engine.h"
#include "tests/support/api_files.h"

namespace lull::server {
namespace {

constexpr char kUnknownWindow[] = R"({"WindowId":"mw-00000000000000000"})";
constexpr char kKnownWindow[] = R"({"WindowId":"mw-0123456789abcdef0"})";

HttpResponse Handle(const HttpRequest& request) {
  return Dispatcher(TestDispatchOptions(), FakeEngine()).Handle(request);
}

void SetHeader(HttpRequest& request, const std::string& name, const std::string& value) {
  std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
  request.headers.emplace_back(name, value);
}

TEST(Dispatch, AnswersAnOperationWithItsResponse) {
  const HttpResponse response = Handle(SignedTestRequest("GetMaintenanceWindow", kKnownWindow));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"WindowId":"mw-0123456789abcdef0","Name":"AKIA2345ABCDEFGHIJKL",)"
                           R"("CreatedDate":1541761816.338})");
  EXPECT_EQ(response.content_type, "application/x-amz-json-1.1");
  EXPECT_EQ(response.request_id.size(), 36);
  EXPECT_EQ(response.date, kTestNow);
}

TEST(Dispatch, KnowsEveryOperationOfTheService) {
  const auto* service = v1::GetMaintenanceWindowRequest::descriptor()->file()->service(0);
  for (int i = 0; i < service->method_count(); ++i) {
    const HttpResponse response = Handle(SignedTestRequest(service->method(i)->name(), "{}"));
    // An empty request either will do or lacks a member.
    EXPECT_TRUE(response.status == 200 ||
                response.body.find("ValidationException") != std::string::npos)
        << service->method(i)->name() << response.body;
  }
}

TEST(Dispatch, RefusesAnUnknownOperationBeforeItLooksAtTheSignature) {
  for (const char* target :
       {"AmazonSSM.Nope", "AmazonSSM.", "AmazonSSM", "amazonssm.GetMaintenanceWindow",
        "DynamoDB_20120810.GetMaintenanceWindow", "AmazonSSM.getMaintenanceWindow", ""}) {
    HttpRequest request{"POST", "/", {{"X-Amz-Target", target}}, "not json"};
    const HttpResponse response = Handle(request);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_EQ(response.body, R"({"__type":"UnknownOperationException"})") << target;
  }
  HttpRequest none = SignedTestRequest("GetMaintenanceWindow", "{}");
  std::erase_if(none.headers, [](const auto& field) { return field.first == "X-Amz-Target"; });
  EXPECT_EQ(Handle(none).body, R"({"__type":"UnknownOperationException"})");
  HttpRequest two = SignedTestRequest("GetMaintenanceWindow", "{}");
  two.headers.emplace_back("x-amz-target", "AmazonSSM.GetMaintenanceWindow");
  EXPECT_EQ(Handle(two).body, R"({"__type":"UnknownOperationException"})");
}

TEST(Dispatch, ChecksTheSignatureBeforeItReadsTheBody) {
  HttpRequest request = SignedTestRequest("GetMaintenanceWindow", "{}");
  request.body = "not json";
  EXPECT_NE(Handle(request).body.find("InvalidSignatureException"), std::string::npos);
  request.headers.clear();
  request.headers.emplace_back("x-amz-target", "AmazonSSM.GetMaintenanceWindow");
  EXPECT_EQ(Handle(request).body, R"({"__type":"MissingAuthenticationTokenException",)"
                                  R"("message":"Missing Authentication Token"})");
}

TEST(Dispatch, SaysWhatOfTheBodyCanNotBeRead) {
  const HttpResponse response =
      Handle(SignedTestRequest("CreateMaintenanceWindow", R"({"Duration":"2"})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, R"({"__type":"SerializationException","Message":)"
                           "\"STRING_VALUE can not be converted to an Integer (at Duration)\"}");
  EXPECT_NE(Handle(SignedTestRequest("CreateMaintenanceWindow", "[]")).body.find("Serialization"),
            std::string::npos);
}

TEST(Dispatch, PassesTheEnginesErrorsOn) {
  const HttpResponse unknown = Handle(SignedTestRequest("GetMaintenanceWindow", kUnknownWindow));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.body, R"({"__type":"DoesNotExistException",)"
                          R"("Message":"Maintenance window mw-00000000000000000 does not exist"})");
  const HttpResponse wrong = Handle(SignedTestRequest("GetMaintenanceWindow", "{}"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(
      wrong.body,
      R"({"__type":"ValidationException","message":"1 validation error detected: Value null at )"
      R"('windowId' failed to satisfy constraint: Member must not be null"})");
}

TEST(Dispatch, KeepsTheCauseOfAnInternalErrorAndOfAnExceptionInTheLog) {
  for (const char* name : {"boom", "throw"}) {
    std::string detail, request_id;
    DispatchOptions options = TestDispatchOptions();
    options.log = [&](const CallRecord& record) {
      detail = record.detail;
      request_id = record.request_id;
    };
    const HttpResponse response =
        Dispatcher(options, FakeEngine())
            .Handle(SignedTestRequest(
                "CreateMaintenanceWindow",
                std::string(R"x({"Schedule":"rate(1 day)","Duration":2,"Cutoff":1,)x") +
                    R"("AllowUnassociatedTargets":true,"Name":")" + name + "\"}"));
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find('/'), std::string::npos) << response.body;
    EXPECT_NE(response.body.find(request_id), std::string::npos) << response.body;
    EXPECT_NE(detail.find('/'), std::string::npos) << detail;
  }
}

TEST(Dispatch, LogsWhoDidWhatAndNothingSecret) {
  std::vector<std::string> lines;
  DispatchOptions options = TestDispatchOptions();
  absl::Time now = kTestNow;
  options.now = [&] { return std::exchange(now, now + absl::Milliseconds(3)); };
  options.log = [&](const CallRecord& record) {
    EXPECT_EQ(record.duration, absl::Milliseconds(3));
    std::string line;
    for (const std::string_view part :
         {record.method, record.operation, record.principal, record.error, record.detail}) {
      line += std::string(part) + "|";
    }
    lines.push_back(line + std::to_string(record.http_status));
  };
  const Dispatcher dispatcher(options, FakeEngine());
  dispatcher.Handle(SignedTestRequest("GetMaintenanceWindow", kKnownWindow));
  dispatcher.Handle({"BREW", "/pot", {}, ""});
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(lines[0], "POST|GetMaintenanceWindow|AKIA2345ABCDEFGHIJKL|||200");
  EXPECT_EQ(lines[1].find("|||ResourceNotFoundException|"), 0) << lines[1];
}

/// What an operation needs, told from its name and not from its option.
Role LeastRole(const std::string& operation) {
  const auto begins = [&](std::string_view word) { return operation.starts_with(word); };
  if (begins("Get") || begins("Describe") || begins("List")) return Role::kViewer;
  if (begins("Start") || begins("Cancel") || begins("Resume") || begins("SkipNext")) {
    return Role::kOperator;
  }
  return Role::kAdmin;
}

TEST(Dispatch, LetsNoRoleReachAnOperationThatItMustNot) {
  for (const google::protobuf::MethodDescriptor* operation : ApiOperations()) {
    const std::string target =
        operation->service()->options().GetExtension(v1::target_prefix) + operation->name();
    for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
      bool reached = false;
      const Dispatcher dispatcher(
          TestDispatchOptions(role), [&](const CallContext&, std::string_view, const auto&) {
            reached = true;
            return absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
                absl::NotFoundError("reached"));
          });
      const HttpResponse response = dispatcher.Handle(SignedTestTarget(target, "{}"));
      EXPECT_EQ(reached, role >= LeastRole(operation->name())) << Name(role) << " " << target;
      EXPECT_EQ(response.body.find("AccessDeniedException") == std::string::npos, reached);
    }
  }
}

TEST(Dispatch, DeniesInTheWordsOfTheApiBeforeItReadsTheBody) {
  DispatchOptions options = TestDispatchOptions(Role::kViewer);
  options.region = "eu-central-1";
  options.account_id = "123456789012";
  const Dispatcher dispatcher(options, FakeEngine());
  const HttpResponse api =
      dispatcher.Handle(SignedTestRequest("CreateMaintenanceWindow", "nonsense"));
  EXPECT_EQ(api.status, 400);
  EXPECT_EQ(
      api.body,
      R"({"__type":"AccessDeniedException","Message":"User: )"
      R"(arn:aws:iam::123456789012:user/tester is not authorized to perform: )"
      R"(ssm:CreateMaintenanceWindow on resource: arn:aws:ssm:eu-central-1:123456789012:*"})");
  const HttpResponse ours = dispatcher.Handle(SignedTestTarget("Lull.SkipNextExecution", "{}"));
  EXPECT_NE(ours.body.find("perform: lull:SkipNextExecution on"), std::string::npos) << ours.body;
  HttpRequest forged = SignedTestRequest("CreateMaintenanceWindow", "{}");
  forged.body += " ";
  EXPECT_NE(dispatcher.Handle(forged).body.find("InvalidSignature"), std::string::npos)
      << "who one is comes before what one may";
}

TEST(Dispatch, TellsOfRefusedAttemptsToChangeSomethingOnceTheSignatureIsRight) {
  std::vector<std::string> told;
  DispatchOptions options = TestDispatchOptions(Role::kOperator);
  options.refused = [&](const CallContext& context, std::string_view operation,
                        const google::protobuf::Message* request, std::string_view error) {
    EXPECT_EQ(context.principal, kTestKeyId);
    EXPECT_EQ(context.source, "192.0.2.7:4000");
    told.push_back(std::string(operation) + " " + std::string(error) +
                   (request == nullptr ? "" : " " + request->GetDescriptor()->name()));
  };
  const Dispatcher dispatcher(options, FakeEngine());
  const auto handle = [&](HttpRequest request) {
    request.peer = "192.0.2.7:4000";
    dispatcher.Handle(request);
  };
  handle(SignedTestRequest("DeleteMaintenanceWindow", kKnownWindow));
  handle(SignedTestTarget("Lull.CancelMaintenanceWindowExecution", "nonsense"));
  handle(SignedTestTarget("Lull.CancelMaintenanceWindowExecution", "{}"));
  handle(SignedTestRequest("GetMaintenanceWindow", kUnknownWindow));  // reads
  HttpRequest forged = SignedTestRequest("DeleteMaintenanceWindow", kKnownWindow);
  forged.body += " ";
  handle(forged);
  EXPECT_EQ(told,
            (std::vector<std::string>{"DeleteMaintenanceWindow AccessDeniedException",
                                      "CancelMaintenanceWindowExecution SerializationException",
                                      "CancelMaintenanceWindowExecution ValidationException "
                                      "CancelExecutionRequest"}));
}

TEST(Dispatch, ThrottlesThoseWhoseSignatureIsRight) {
  std::vector<std::string> asked;
  DispatchOptions options = TestDispatchOptions();
  options.admit = [&](std::string_view id) {
    asked.emplace_back(id);
    return asked.size() < 2;
  };
  const Dispatcher dispatcher(options, FakeEngine());
  HttpRequest forged = SignedTestRequest("GetMaintenanceWindow", kKnownWindow);
  forged.body += " ";
  EXPECT_EQ(dispatcher.Handle(forged).status, 400);
  EXPECT_TRUE(asked.empty()) << "others can't use up a caller's tokens";
  const HttpRequest right = SignedTestRequest("GetMaintenanceWindow", kKnownWindow);
  EXPECT_EQ(dispatcher.Handle(right).status, 200);
  const HttpResponse refused = dispatcher.Handle(right);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"__type":"ThrottlingException","message":"Rate exceeded"})");
  EXPECT_EQ(asked, std::vector<std::string>(2, kTestKeyId));
  EXPECT_EQ(dispatcher.Handle({"GET", "/healthz", {}, ""}).status, 200);
}

TEST(Dispatch, TellsNoPathWhenKeysCanNotBeRead) {
  DispatchOptions options = TestDispatchOptions();
  options.keys = [](std::string_view) { return absl::UnavailableError("/data/keys is damaged"); };
  const HttpResponse response =
      Dispatcher(options, FakeEngine()).Handle(SignedTestRequest("GetMaintenanceWindow", "{}"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("/data"), std::string::npos) << response.body;
}

TEST(Dispatch, SignaturesInTheQueryAreNoneOfOurs) {
  HttpRequest request = SignedTestRequest("GetMaintenanceWindow", kKnownWindow);
  std::erase_if(request.headers, [](const auto& field) { return field.first == "Authorization"; });
  EXPECT_NE(Handle(request).body.find("MissingAuthenticationToken"), std::string::npos);
  request.target =
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA2345ABCDEFGHIJKL%2F20231103"
      "%2Feu-central-1%2Fssm%2Faws4_request&X-Amz-Signature=00";
  EXPECT_EQ(Handle(request).status, 404);
}

TEST(Dispatch, ProbesNeedNoSignature) {
  bool ready = false;
  DispatchOptions options = TestDispatchOptions();
  options.ready = [&] { return ready; };
  const Dispatcher dispatcher(options, FakeEngine());
  EXPECT_EQ(dispatcher.Handle({"GET", "/healthz", {}, ""}).status, 200);
  EXPECT_EQ(dispatcher.Handle({"GET", "/healthz", {}, ""}).body, "ok");
  EXPECT_EQ(dispatcher.Handle({"GET", "/readyz", {}, ""}).status, 503);
  ready = true;
  EXPECT_EQ(dispatcher.Handle({"GET", "/readyz", {}, ""}).status, 200);
  EXPECT_EQ(dispatcher.Handle({"POST", "/readyz", {}, ""}).status, 405);
}

TEST(Dispatch, HasOnePathAndOneMethod) {
  const HttpResponse get = Handle({"GET", "/", {}, ""});
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.allow, "POST");
  EXPECT_EQ(get.body.find("{\"__type\":\"MethodNotAllowedException\""), 0) << get.body;
  for (const char* target : {"/x", "*", "", "//", "/?X-Amz-Signature=1", "http://localhost/"}) {
    EXPECT_EQ(Handle({"POST", target, {}, ""}).status, 404) << target;
  }
}

TEST(Dispatch, IgnoresTheContentType) {
  HttpRequest request{"POST", "/", {}, kKnownWindow};
  request.headers = {{"host", "h"},
                     {"content-type", "application/json; charset=utf-8"},
                     {"x-amz-date", AmzDate(kTestNow)},
                     {"x-amz-target", "AmazonSSM.GetMaintenanceWindow"}};
  SetHeader(request, "authorization",
            AuthorizationHeader({request.method, request.headers, request.body}, kTestKeyId,
                                kTestSecret, "anywhere"));
  EXPECT_EQ(Handle(request).status, 200);
}

TEST(Dispatch, HandsACallBackOnWithoutASignature) {
  std::string got;
  CallbackAnswer answer = CallbackAnswer::kTaken;
  DispatchOptions options = TestDispatchOptions();
  options.callback = [&](std::string_view id, std::string_view secret, std::string_view body) {
    got = std::string(id) + "|" + std::string(secret) + "|" + std::string(body);
    return answer;
  };
  const Dispatcher dispatcher(options, FakeEngine());
  HttpRequest request;
  request.method = "POST";
  request.target = "/callback/an-id/a-secret";
  request.body = "{}";
  EXPECT_EQ(dispatcher.LaneOf(request), Lane::kCommit);
  EXPECT_EQ(dispatcher.Handle(request).status, 200);
  EXPECT_EQ(got, "an-id|a-secret|{}");
  answer = CallbackAnswer::kUnknown;
  EXPECT_EQ(dispatcher.Handle(request).status, 404);
  answer = CallbackAnswer::kTryAgain;
  EXPECT_EQ(dispatcher.Handle(request).status, 500);
}

TEST(Dispatch, BoundsACallBackBeforeItIsHandedOn) {
  DispatchOptions options = TestDispatchOptions();
  options.callback = [](std::string_view, std::string_view, std::string_view body) {
    EXPECT_EQ(body.size(), kMaxCallbackBytes);
    return CallbackAnswer::kTaken;
  };
  const Dispatcher dispatcher(options, FakeEngine());
  HttpRequest request;
  request.method = "POST";
  request.target = "/callback/an-id/a-secret";
  request.body.assign(kMaxCallbackBytes, ' ');
  EXPECT_EQ(dispatcher.Handle(request).status, 200);
  request.body += ' ';
  EXPECT_EQ(dispatcher.Handle(request).status, 413);
}

TEST(Dispatch, WithoutCallBacksTheirPathIsNothing) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/callback/an-id/a-secret";
  EXPECT_EQ(Handle(request).status, 404);
}

}  // namespace
}  // namespace lull::server
