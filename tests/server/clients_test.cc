// Real clients of the API against the server: what they sign, it verifies; what it answers, they
// read.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/http_server.h"
#include "tests/server/fake_engine.h"

namespace lull::server {
namespace {

constexpr char kPython[] = "/usr/bin/python3";
constexpr char kAws[] = "/usr/bin/aws";
constexpr char kWrongSecret[] = "wrong";

/// Runs a command of the shell; returns what it prints, errors included.
std::string OutputOf(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  ::pclose(pipe);
  return output;
}

class ClientsTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpServerOptions options;
    options.dispatch = TestDispatchOptions();
    options.dispatch.now = [] { return absl::Now(); };  // The clients have no other clock.
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(options, FakeEngine());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
  }

  std::string Boto(const std::string& secret) {
    return OutputOf(absl::StrCat("AWS_EC2_METADATA_DISABLED=true HOME=/nonexistent ", kPython,
                                 " tests/server/call_with_botocore.py ", server_->port(), " ",
                                 kTestKeyId, " '", secret, "'"));
  }

  std::string Aws(const std::string& arguments) {
    return OutputOf(absl::StrCat(
        "AWS_EC2_METADATA_DISABLED=true HOME=/nonexistent AWS_ACCESS_KEY_ID=", kTestKeyId,
        " AWS_SECRET_ACCESS_KEY='", kTestSecret, "' ", kAws,
        " --region eu-central-1 --output json --no-cli-pager --endpoint-url "
        "http://127.0.0.1:",
        server_->port(), " ssm ", arguments));
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(ClientsTest, BotocoreUnderstandsEveryAnswer) {
  if (::access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is not installed";
  const std::string output = Boto(kTestSecret);
  EXPECT_EQ(output.find("no request id"), std::string::npos);
  const std::string kExpected[] = {
      "ok {'WindowId': 'mw-0123456789abcdef0'}\n",
      "'WindowId': 'mw-0123456789abcdef0'}\n",
      "ok {'WindowIdentities': '[]'}\n",
      "400 DoesNotExistException Maintenance window mw-00000000000000000 does not exist\n",
      "400 ValidationException 2 validation errors detected: Value 'mw-1' at 'windowId' failed",
      "500 InternalServerError The server failed to process the request; its log has the cause",
      "400 UnknownOperationException",
  };
  size_t at = 0;
  for (const std::string& expected : kExpected) {
    at = output.find(expected, at);
    ASSERT_NE(at, std::string::npos) << expected << " is missing in\n" << output;
  }
  EXPECT_NE(output.find("'CreatedDate': '2018-11-09 "), std::string::npos) << output;
}

TEST_F(ClientsTest, BotocoreIsToldOfAWrongSecret) {
  if (::access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is not installed";
  const std::string output = Boto(kWrongSecret);
  EXPECT_EQ(output.find("ok "), std::string::npos) << output;
  EXPECT_EQ(output.find("400 InvalidSignatureException The request signature we calculated"), 0)
      << output;
}

TEST_F(ClientsTest, TheAwsCommandReadsAnswersAndErrors) {
  if (::access(kAws, X_OK) != 0) GTEST_SKIP() << kAws << " is not installed";
  const std::string window = Aws("get-maintenance-window --window-id mw-0123456789abcdef0");
  EXPECT_NE(window.find("\"WindowId\": \"mw-0123456789abcdef0\""), std::string::npos) << window;
  const std::string windows = Aws("describe-maintenance-windows");
  EXPECT_NE(windows.find("\"WindowIdentities\": []"), std::string::npos) << windows;
  const std::string unknown = Aws("get-maintenance-window --window-id mw-00000000000000000");
  EXPECT_NE(unknown.find("An error occurred (DoesNotExistException) when calling the "
                         "GetMaintenanceWindow operation: Maintenance window mw-00000000000000000 "
                         "does not exist"),
            std::string::npos)
      << unknown;
}

}  // namespace
}  // namespace lull::server
