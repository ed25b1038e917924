#include "server/http_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/fake_engine.h"
#include "tests/server/raw_client.h"

namespace lull::server {
namespace {

constexpr char kCancelBody[] = R"({"WindowExecutionId":"01234567-89ab-cdef-0123-456789abcdef"})";
constexpr char kBody[] = R"({"WindowId":"mw-0123456789abcdef0"})";
constexpr char kProbe[] = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() { options_.dispatch = TestDispatchOptions(); }

  void Start(Handler handler = FakeEngine()) {
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start(options_, std::move(handler));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
  }

  HttpServerOptions options_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWithTheHeadersThatClientsRelyOn) {
  Start();
  RawClient client(server_->port());
  client.Send(SignedTestText("GetMaintenanceWindow", kBody));
  const std::string response = client.ReadResponse();
  EXPECT_EQ(StatusOf(response), 200) << response;
  EXPECT_NE(response.find("\r\nContent-Type: application/x-amz-json-1.1\r\n"), std::string::npos);
  EXPECT_NE(response.find("\r\nDate: Fri, 03 Nov 2023 17:17:24 GMT\r\n"), std::string::npos);
  EXPECT_NE(response.find("\r\nx-amzn-RequestId: "), std::string::npos);
  EXPECT_NE(response.find("\r\n\r\n{\"WindowId\":\"mw-0123456789abcdef0\","), std::string::npos);
}

TEST_F(HttpServerTest, ErrorsHaveTheSameHeaders) {
  Start();
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string response = client.ReadResponse();
  EXPECT_EQ(StatusOf(response), 405) << response;
  for (const char* header : {"\r\nContent-Type: application/x-amz-json-1.1\r\n",
                             "\r\nDate: ", "\r\nx-amzn-RequestId: ", "\r\nAllow: POST\r\n"}) {
    EXPECT_NE(response.find(header), std::string::npos) << response;
  }
}

TEST_F(HttpServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(server_->port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += i % 2 == 0 ? std::string(kProbe) : SignedTestText("GetMaintenanceWindow", kBody);
  }
  client.Send(requests);
  for (int i = 0; i < 20; ++i) {
    const std::string response = client.ReadResponse();
    EXPECT_EQ(StatusOf(response), 200) << response;
    EXPECT_EQ(response.ends_with("ok"), i % 2 == 0) << response;
  }
}

TEST_F(HttpServerTest, AnswersARequestThatComesByteByByte) {
  Start();
  RawClient client(server_->port());
  for (const char c : SignedTestText("GetMaintenanceWindow", kBody)) {
    ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  }
  EXPECT_EQ(StatusOf(client.ReadResponse()), 200);
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start();
  RawClient client(server_->port());
  std::string text =
      SignedTestText("GetMaintenanceWindow", kBody, "Transfer-Encoding: chunked\r\n");
  text.replace(
      text.size() - sizeof(kBody) + 1, sizeof(kBody) - 1,
      "5\r\n" + std::string(kBody, 5) + "\r\n1e\r\n" + std::string(kBody + 5) + "\r\n0\r\n\r\n");
  client.Send(text);
  const std::string response = client.ReadResponse();
  EXPECT_EQ(StatusOf(response), 200) << response;
}

TEST_F(HttpServerTest, MeetsTheExpectationTo100Continue) {
  Start();
  RawClient client(server_->port());
  const std::string text =
      SignedTestText("GetMaintenanceWindow", kBody, "Expect: 100-continue\r\n");
  const size_t body = text.size() - sizeof(kBody) + 1;
  client.Send(text.substr(0, body));
  EXPECT_EQ(StatusOf(client.ReadResponse()), 100);
  client.Send(text.substr(body));
  EXPECT_EQ(StatusOf(client.ReadResponse()), 200);
}

TEST_F(HttpServerTest, RefusesOtherExpectationsAndTooLargeOnesBeforeTheBodyComes) {
  Start();
  RawClient other(server_->port());
  other.Send(SignedTestText("GetMaintenanceWindow", kBody, "Expect: a miracle\r\n"));
  EXPECT_EQ(StatusOf(other.ReadToEnd()), 417);
  RawClient large(server_->port());
  large.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 1048577\r\n\r\n");
  EXPECT_EQ(StatusOf(large.ReadToEnd()), 413);
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  Start();
  RawClient client(server_->port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusOf(client.ReadToEnd()), 200);
  RawClient old(server_->port());
  old.Send("GET /healthz HTTP/1.0\r\n\r\n");
  const std::string response = old.ReadToEnd();
  EXPECT_TRUE(response.starts_with("HTTP/1.0 200")) << response;
}

TEST_F(HttpServerTest, TakesABodyOfTheLimitAndRefusesOneByteMore) {
  Start();
  RawClient largest(server_->port());
  std::string body(options_.limits.max_body_bytes, ' ');
  body.replace(0, sizeof(kBody) - 1, kBody);
  largest.Send(SignedTestText("GetMaintenanceWindow", body));
  EXPECT_EQ(StatusOf(largest.ReadResponse()), 200);
  RawClient too_large(server_->port());
  too_large.Send(SignedTestText("GetMaintenanceWindow", body + " "));
  const std::string response = too_large.ReadToEnd();
  EXPECT_EQ(StatusOf(response), 413) << response;
  EXPECT_NE(response.find("RequestEntityTooLargeException"), std::string::npos) << response;
}

TEST_F(HttpServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
  Start();
  RawClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 17; ++i) {
    if (!client.Send(chunk)) break;
  }
  EXPECT_EQ(StatusOf(client.ReadToEnd()), 413);
}

TEST_F(HttpServerTest, RefusesATooLargeHeader) {
  Start();
  for (const std::string& header : {"X: " + std::string(options_.limits.max_header_bytes, 'x'), [] {
                                      std::string many;
                                      for (int i = 0; i < 5000; ++i) many += "X: y\r\n";
                                      return many;
                                    }()}) {
    RawClient client(server_->port());
    client.Send("GET /healthz HTTP/1.1\r\n" + header + "\r\n\r\n");
    EXPECT_EQ(StatusOf(client.ReadToEnd()), 431);
  }
}

TEST_F(HttpServerTest, AnswersGarbageWith400AndGoesOnServingOthers) {
  Start();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n"),
        std::string("hello?\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET /\r\n\r\n"), std::string("GET / HTTP/1.1\r\nNo colon\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 27)}) {
    RawClient client(server_->port());
    client.Send(garbage);
    client.FinishSending();
    const std::string response = client.ReadToEnd();
    EXPECT_EQ(StatusOf(response), 400) << garbage << response;
    EXPECT_NE(response.find("MalformedHttpRequestException"), std::string::npos) << garbage;
  }
  RawClient client(server_->port());
  client.Send(kProbe);
  EXPECT_EQ(StatusOf(client.ReadResponse()), 200);
}

TEST_F(HttpServerTest, ForgetsATruncatedRequest) {
  std::atomic<int> calls = 0;
  Start([&calls, engine = FakeEngine()](const auto& context, auto operation, const auto& request) {
    ++calls;
    return engine(context, operation, request);
  });
  const std::string text = SignedTestText("GetMaintenanceWindow", kBody);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{20}, text.size() - 1}) {
    RawClient client(server_->port());
    client.Send(text.substr(0, size));
    client.FinishSending();
    EXPECT_EQ(client.ReadToEnd(), "") << size;
  }
  EXPECT_EQ(calls, 0);
}

TEST_F(HttpServerTest, CutsOffWhoIsTooSlowWithAHeaderABodyOrAnything) {
  options_.limits.read_timeout = absl::Milliseconds(50);
  Start();
  const std::string text = SignedTestText("GetMaintenanceWindow", kBody);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{20}, text.size() - 1}) {
    RawClient client(server_->port());
    client.Send(text.substr(0, size));
    EXPECT_EQ(client.ReadToEnd(), "") << size;  // The test would hang, did the server not close.
  }
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionInTheEnd) {
  options_.limits.idle_timeout = absl::Milliseconds(500);
  Start();
  RawClient client(server_->port());
  client.Send(kProbe);
  EXPECT_EQ(StatusOf(client.ReadResponse()), 200);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(HttpServerTest, TellsConnectionsBeyondTheLimitAndServesAgainWhenOneLeaves) {
  options_.max_connections = 3;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->Send(kProbe);
    EXPECT_EQ(StatusOf(clients.back()->ReadResponse()), 200);
  }
  {
    RawClient excess(server_->port());
    excess.Send(kProbe);
    const std::string response = excess.ReadResponse();
    EXPECT_EQ(StatusOf(response), 503) << response;
    EXPECT_NE(response.find("ServiceUnavailableException"), std::string::npos);
    EXPECT_NE(response.find("\r\nConnection: close\r\n"), std::string::npos);
  }
  clients[0]->Send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusOf(clients[0]->ReadToEnd()), 200);
  clients.erase(clients.begin());
  int status = 0;
  while (status != 200) {  // The server hears of the two that left when it does.
    RawClient next(server_->port());
    next.Send(kProbe);
    status = StatusOf(next.ReadResponse());
    ASSERT_TRUE(status == 200 || status == 503);
  }
}

TEST_F(HttpServerTest, BacksOffWhileNoFileDescriptorIsFree) {
  std::atomic<int> warnings = 0;
  std::promise<void> first;
  options_.warn = [&](std::string_view text) {
    EXPECT_NE(text.find("can't accept"), std::string_view::npos);
    if (++warnings == 1) first.set_value();
  };
  Start();
  RawClient client;
  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  const rlimit tight = {static_cast<rlim_t>(next),
                        limit.rlim_max};  // Descriptors end below `next`.
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  client.Connect(server_->port());  // The kernel takes the connection; the server can't.
  client.Send(kProbe);
  first.get_future().wait();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(StatusOf(client.ReadResponse()), 200);
  EXPECT_LT(warnings, 100);  // A loop that spins makes many thousands.
}

class HeldHttpServerTest : public HttpServerTest {
 protected:
  /// A server whose handlers of `held` wait for let_go_; `threads` of them do when it returns, and
  /// so many requests are under way.
  void StartHeld(const std::string& held, const std::string& body, int requests, int threads) {
    std::atomic<int>& waiting = waiting_;
    Start([held, &waiting, fake = FakeEngine(), let_go = let_go_.get_future().share()](
              const CallContext& context, std::string_view operation,
              const google::protobuf::Message& request) {
      if (operation == held) {
        ++waiting;
        let_go.wait();
      }
      return fake(context, operation, request);
    });
    for (int i = 0; i < requests; ++i) {
      held_.push_back(std::make_unique<RawClient>(server_->port()));
      held_.back()->Send(SignedTestText(held, body));
    }
    while (waiting_ < threads) std::this_thread::yield();
  }
  void ExpectReadAndProbe() {
    RawClient reader(server_->port());
    reader.Send(SignedTestText("GetMaintenanceWindow", kBody) + kProbe);
    EXPECT_EQ(StatusOf(reader.ReadResponse()), 200);
    EXPECT_EQ(StatusOf(reader.ReadResponse()), 200);
  }
  void LetGo() {
    let_go_.set_value();
    for (const auto& client : held_) EXPECT_EQ(StatusOf(client->ReadResponse()), 200);
  }

 private:
  std::promise<void> let_go_;
  std::atomic<int> waiting_ = 0;
  std::vector<std::unique_ptr<RawClient>> held_;
};

TEST_F(HeldHttpServerTest, WhatWaitsForACommitHoldsUpNoReadNoProbeAndNoCancel) {  // R1
  const int threads = options_.commit_threads;
  StartHeld("DeleteMaintenanceWindow", kBody, 2 * threads, threads);  // half wait for a thread
  ExpectReadAndProbe();
  RawClient cancel(server_->port());
  cancel.Send(SignedTestText("CancelMaintenanceWindowExecution", kCancelBody));
  EXPECT_EQ(StatusOf(cancel.ReadResponse()), 200);
  LetGo();
}

TEST_F(HeldHttpServerTest, PagesThatTakeLongHoldUpNoReadAndNoProbe) {
  StartHeld("DescribeMaintenanceWindows", "{}", options_.page_threads, options_.page_threads);
  for (int i = 0; i < options_.threads; ++i) ExpectReadAndProbe();  // one a thread
  LetGo();
}

TEST_F(HttpServerTest, StopLetsARequestInFlightBeAnsweredAndClosesTheIdle) {
  std::promise<void> entered, leave;
  Start([&, engine = FakeEngine()](const auto& context, auto operation, const auto& request) {
    entered.set_value();
    leave.get_future().wait();
    return engine(context, operation, request);
  });
  RawClient idle(server_->port());
  idle.Send(kProbe);
  EXPECT_EQ(StatusOf(idle.ReadResponse()), 200);
  RawClient busy(server_->port());
  busy.Send(SignedTestText("GetMaintenanceWindow", kBody));
  entered.get_future().wait();
  std::future<void> stopped = std::async(std::launch::async, [&] { server_->Stop(); });
  EXPECT_EQ(idle.ReadToEnd(), "");  // Stop has begun.
  leave.set_value();
  const std::string response = busy.ReadResponse();
  EXPECT_EQ(StatusOf(response), 200) << response;
  EXPECT_NE(response.find("\r\nConnection: close\r\n"), std::string::npos) << response;
  EXPECT_EQ(busy.ReadToEnd(), "");
  stopped.wait();
  server_->Stop();
}

TEST_F(HttpServerTest, StopDoesNotWaitForAClientLongerThanItsGrace) {
  options_.stop_grace = absl::Milliseconds(20);
  Start();
  RawClient half(server_->port());
  half.Send(kProbe);
  half.ReadResponse();
  half.Send("GET /hea");
  server_->Stop();
  SUCCEED();
}

TEST_F(HttpServerTest, RefusesToListenBeyondLoopbackUnlessTold) {
  options_.address = "0.0.0.0";
  const absl::Status refused = HttpServer::Start(options_, FakeEngine()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("refusing to listen on 0.0.0.0"), std::string::npos);
  EXPECT_NE(refused.message().find("allow_plain_http_beyond_loopback"), std::string::npos);
  options_.address = "::";
  EXPECT_FALSE(HttpServer::Start(options_, FakeEngine()).ok());
  options_.address = "192.0.2.1";
  EXPECT_FALSE(HttpServer::Start(options_, FakeEngine()).ok());
  options_.address = "0.0.0.0";
  options_.allow_plain_http_beyond_loopback = true;
  EXPECT_TRUE(HttpServer::Start(options_, FakeEngine()).ok());
}

TEST_F(HttpServerTest, SaysWhyItCanNotListen) {
  options_.address = "localhost";
  EXPECT_EQ(HttpServer::Start(options_, FakeEngine()).status().code(),
            absl::StatusCode::kInvalidArgument);
  options_.address = "127.0.0.1";
  Start();
  options_.port = server_->port();
  const absl::Status taken = HttpServer::Start(options_, FakeEngine()).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(taken.message().find("127.0.0.1:" + std::to_string(server_->port())), std::string::npos)
      << taken;
}

}  // namespace
}  // namespace lull::server
