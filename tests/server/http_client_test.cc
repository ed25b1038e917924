#include "server/http_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "proto/maintenance_windows.pb.h"
#include "server/errors.h"
#include "server/http_server.h"
#include "tests/server/fake_engine.h"

namespace lull::server {
namespace {

constexpr char kWindow[] = "mw-0123456789abcdef0";

HttpClientOptions OptionsFor(std::uint16_t port) {
  HttpClientOptions options;
  options.endpoint = {"127.0.0.1", port};
  options.credentials = {kTestKeyId, kTestSecret};
  options.region = "eu-central-1";
  options.now = [] { return kTestNow; };
  return options;
}

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    HttpServerOptions options;
    options.dispatch = TestDispatchOptions();
    server_ = HttpServer::Start(options, FakeEngine()).value();
  }
  absl::Status Get(const HttpClientOptions& options, const std::string& window) {
    v1::GetMaintenanceWindowRequest request;
    request.set_window_id(window);
    return HttpClient(options).Call(request, &response_);
  }

  std::unique_ptr<HttpServer> server_;
  v1::GetMaintenanceWindowResponse response_;
};

TEST_F(HttpClientTest, CallsAnOperationAndReadsItsAnswer) {
  ASSERT_TRUE(Get(OptionsFor(server_->port()), kWindow).ok());
  EXPECT_EQ(response_.window_id(), kWindow);
  EXPECT_EQ(response_.name(), kTestKeyId);
  HttpClientOptions by_name = OptionsFor(server_->port());
  by_name.endpoint.host = "localhost";
  EXPECT_TRUE(Get(by_name, kWindow).ok());
}

TEST_F(HttpClientTest, TellsWhatTheServerSaysWithItsKind) {
  const absl::Status unknown = Get(OptionsFor(server_->port()), "mw-00000000000000000");
  EXPECT_EQ(KindOf(unknown), ErrorKind::kDoesNotExist);
  EXPECT_EQ(unknown.message(), "Maintenance window mw-00000000000000000 does not exist");
  EXPECT_EQ(KindOf(Get(OptionsFor(server_->port()), "mw-1")), ErrorKind::kValidation);
  HttpClientOptions wrong = OptionsFor(server_->port());
  wrong.credentials.secret_access_key = "wrong";
  EXPECT_EQ(KindOf(Get(wrong, kWindow)), ErrorKind::kInvalidSignature);
}

TEST_F(HttpClientTest, SaysThatNobodyAnswers) {
  const std::uint16_t port = server_->port();
  server_ = nullptr;
  const absl::Status status = Get(OptionsFor(port), kWindow);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(),
            absl::StrCat("Nobody answers at 127.0.0.1:", port, ": Connection refused."));
}

/// Takes one connection on a port of its own, reads some, sends `answer`, and closes when it is
/// told to.
class Stranger {
 public:
  explicit Stranger(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    LULL_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    LULL_CHECK(::listen(listener_, 1) == 0);
    LULL_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { Serve(answer); });
  }
  ~Stranger() {
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  void Serve(const std::string& answer) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    char buffer[4096];
    LULL_CHECK(::read(fd, buffer, sizeof(buffer)) > 0);
    if (!answer.empty()) {
      [[maybe_unused]] const ssize_t sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::shutdown(fd, SHUT_WR);
    }
    while (::read(fd, buffer, sizeof(buffer)) > 0) {
    }
    ::close(fd);
  }

  const int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(HttpClientTest, WaitsNoLongerThanItsTimeOut) {
  Stranger silent("");
  HttpClientOptions options = OptionsFor(silent.port());
  options.timeout = absl::Milliseconds(500);
  const absl::Status status = Get(options, kWindow);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_NE(status.message().find("nothing came within 500ms"), std::string::npos) << status;
  EXPECT_NE(status.message().find("may have been carried out"), std::string::npos) << status;
}

TEST_F(HttpClientTest, TakesNoMoreThanItsBound) {
  Stranger big(absl::StrCat("HTTP/1.1 200 OK\r\n\r\n", std::string(5000, ' ')));
  HttpClientOptions options = OptionsFor(big.port());
  options.max_body_bytes = 1000;
  EXPECT_EQ(Get(options, kWindow).code(), absl::StatusCode::kAborted);
}

TEST_F(HttpClientTest, ToldByAStrangerItSaysSo) {
  for (const char* answer : {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
                             "HTTP/1.1 400 Bad\r\nContent-Length: 16\r\n\r\n{\"__type\":\"Nope\"}",
                             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"}) {
    Stranger stranger(answer);
    const absl::Status status = Get(OptionsFor(stranger.port()), kWindow);
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << answer;
    EXPECT_NE(status.message().find("is no lull"), std::string::npos) << status;
  }
  Stranger rude("hello\r\n\r\n");
  EXPECT_EQ(Get(OptionsFor(rude.port()), kWindow).code(), absl::StatusCode::kAborted);
}

TEST(ParseEndpoint, ReadsNamesAddressesAndPorts) {
  const auto is = [](const std::string& url, const std::string& host, int port) {
    const auto endpoint = ParseEndpoint(url);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->host, host);
    EXPECT_EQ(endpoint->port, port);
  };
  is("http://127.0.0.1:8750", "127.0.0.1", 8750);
  is("http://localhost:8750/", "localhost", 8750);
  is("http://[::1]:8750", "::1", 8750);
  is("http://lull", "lull", 80);
  EXPECT_EQ(ParseEndpoint("http://[::1]:8750")->Authority(), "[::1]:8750");
  for (const char* url :
       {"", "http://", "127.0.0.1:8750", "https://lull:443", "http://lull:", "http://lull:0",
        "http://lull:65536", "http://lull:1/x", "http://lull:1?x", "http://me@lull", "http://[::1",
        "http://[]:1", "http://a b", "http://lull\r\nx: y", "http://[::1]x"}) {
    EXPECT_EQ(ParseEndpoint(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

}  // namespace
}  // namespace lull::server
