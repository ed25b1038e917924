#include "server/dispatch.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/maintenance_windows.pb.h"
#include "tests/server/fake_engine.h"

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

}  // namespace
}  // namespace lull::server
