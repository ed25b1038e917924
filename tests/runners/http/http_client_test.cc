#include "runners/http/http_client.h"

#include <stdlib.h>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runners/http/scripted_server.h"
#include "tests/runners/http/test_certificate.h"

namespace lull::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class HttpClientTest : public testing::Test {
 protected:
  std::future<Answer> Send(Request request, RequestId* id = nullptr) {
    auto promise = std::make_shared<std::promise<Answer>>();
    const RequestId sent = client_->Post(
        std::move(request), [promise](Answer answer) { promise->set_value(std::move(answer)); });
    if (id != nullptr) *id = sent;
    return promise->get_future();
  }
  Answer Ask(Request request) { return Send(std::move(request)).get(); }

  std::string FileOf(const std::string& text) {
    const std::string path =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path) << text;
    return path;
  }

  std::unique_ptr<Client> client_ = *Client::Create();
};

TEST_F(HttpClientTest, PostsWhatItIsGivenAndReturnsTheAnswer) {
  std::string request;
  {
    ScriptedServer server([&](Peer& peer) {
      request = peer.ReadRequest();
      peer.Send(AnswerText("201 Created", "done"));
      peer.AwaitClose();
    });
    const Answer answer = Ask({.url = server.Url(), .headers = {"X-A: b c"}, .body = "{\"x\":1}"});
    EXPECT_EQ(answer.delivery, Delivery::kAnswered) << answer.error;
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "done");
    EXPECT_FALSE(answer.is_cut);
  }
  EXPECT_THAT(request, AllOf(StartsWith("POST /hook HTTP/1.1\r\n"), HasSubstr("X-A: b c\r\n"),
                             EndsWith("\r\n\r\n{\"x\":1}")));
}

TEST_F(HttpClientTest, ARedirectIsAnAnswerAndIsNotFollowed) {
  ScriptedServer elsewhere(Answering("200 OK", "stolen"));
  ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    peer.Send(AnswerText("307 Temporary Redirect", "", "Location: " + elsewhere.Url() + "\r\n"));
    peer.AwaitClose();
  });
  EXPECT_EQ(Ask({.url = server.Url()}).status, 307);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(HttpClientTest, AnAnswerWithoutEndIsCut) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    while (peer.Send(std::string(4096, 'x'))) {
    }
  });
  const Answer answer = Ask({.url = server.Url(), .max_answer_bytes = 10'000});
  EXPECT_EQ(answer.delivery, Delivery::kAnswered) << answer.error;
  EXPECT_TRUE(answer.is_cut);
  EXPECT_EQ(answer.body, std::string(10'000, 'x'));
}

TEST_F(HttpClientTest, AHeaderWithoutEndIsNoAnswer) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n");
    while (peer.Send("X-Filler: " + std::string(4096, 'x') + "\r\n")) {
    }
  });
  const Answer answer = Ask({.url = server.Url()});
  EXPECT_EQ(answer.delivery, Delivery::kUnanswered);
  EXPECT_THAT(answer.error, HasSubstr("header has more than 65536 bytes"));
}

TEST_F(HttpClientTest, WhereNothingListensNothingIsSent) {
  std::string url;
  {
    ScriptedServer server(Answering("200 OK", ""));
    url = server.Url();
  }
  const Answer answer = Ask({.url = url});
  EXPECT_EQ(answer.delivery, Delivery::kNotSent);
  EXPECT_THAT(answer.error, HasSubstr("127.0.0.1"));
}

TEST_F(HttpClientTest, AServerThatNeverAnswersLeavesTheOutcomeUnknown) {
  ScriptedServer server([](Peer& peer) { peer.AwaitClose(); });
  const Answer answer = Ask({.url = server.Url(), .timeout = absl::Seconds(1)});
  EXPECT_EQ(answer.delivery, Delivery::kUnanswered);
  EXPECT_THAT(answer.error, HasSubstr("timed out"));
}

TEST_F(HttpClientTest, AConnectionThatEndsBeforeTheAnswerIsNotTriedAgain) {
  ScriptedServer server([](Peer& peer) { peer.ReadRequest(); });
  EXPECT_EQ(Ask({.url = server.Url(), .body = "x"}).delivery, Delivery::kUnanswered);
  EXPECT_EQ(Ask({.url = server.Url(), .body = "x"}).delivery, Delivery::kUnanswered);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(HttpClientTest, AnAnswerThatBreaksOffIsNone) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  EXPECT_EQ(Ask({.url = server.Url()}).delivery, Delivery::kUnanswered);
}

TEST_F(HttpClientTest, WhatIsNoHttpIsNoAnswer) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("SSH-2.0-OpenSSH_9.2\r\n");
  });
  EXPECT_EQ(Ask({.url = server.Url()}).delivery, Delivery::kUnanswered);
}

TEST_F(HttpClientTest, ACertificateThatIsTrustedWillDo) {
  const TestCertificate certificate = MakeCertificate("127.0.0.1");
  ScriptedServer server(Answering("200 OK", "secret"), certificate);
  const Answer answer = Ask({.url = server.Url(), .ca_file = FileOf(certificate.certificate)});
  EXPECT_EQ(answer.delivery, Delivery::kAnswered) << answer.error;
  EXPECT_EQ(answer.body, "secret");
}

TEST_F(HttpClientTest, NothingIsSentToWhomNobodyTrusts) {
  ScriptedServer server(Answering("200 OK", ""), MakeCertificate("127.0.0.1"));
  const Answer by_the_systems = Ask({.url = server.Url()});
  EXPECT_EQ(by_the_systems.delivery, Delivery::kNotSent);
  EXPECT_THAT(by_the_systems.error, HasSubstr("certificate"));
  const Answer by_another =
      Ask({.url = server.Url(), .ca_file = FileOf(MakeCertificate("127.0.0.1").certificate)});
  EXPECT_EQ(by_another.delivery, Delivery::kNotSent);
}

TEST_F(HttpClientTest, NothingIsSentToWhomTheCertificateDoesNotName) {
  const TestCertificate certificate = MakeCertificate("127.0.0.2");
  ScriptedServer server(Answering("200 OK", ""), certificate);
  const Answer answer = Ask({.url = server.Url(), .ca_file = FileOf(certificate.certificate)});
  EXPECT_EQ(answer.delivery, Delivery::kNotSent);
}

TEST_F(HttpClientTest, ACaFileThatIsNotThereSendsNothing) {
  ScriptedServer server(Answering("200 OK", ""), MakeCertificate("127.0.0.1"));
  EXPECT_EQ(Ask({.url = server.Url(), .ca_file = "/nowhere"}).delivery, Delivery::kNotSent);
}

TEST_F(HttpClientTest, ATlsServerThatSaysNothingWasSentNothing) {
  ScriptedServer plain([](Peer& peer) { peer.AwaitClose(); });
  const Answer answer =
      Ask({.url = "https" + plain.Url().substr(4), .connect_timeout = absl::Milliseconds(50)});
  EXPECT_EQ(answer.delivery, Delivery::kNotSent) << answer.error;
}

TEST_F(HttpClientTest, WhatCannotBeSentAsItIsIsNotSent) {
  ScriptedServer server(Answering("200 OK", ""));
  for (const std::string header : {"X-A: b\r\nX-B: c", "X-A", ": b", "X-A: ", "X-A: \x01"}) {
    const Answer answer = Ask({.url = server.Url(), .headers = {header}});
    EXPECT_EQ(answer.delivery, Delivery::kNotSent) << header;
    EXPECT_THAT(answer.error, HasSubstr("header field")) << header;
  }
  EXPECT_EQ(Ask({.url = "http://lull.example.com/"}).delivery, Delivery::kNotSent);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClientTest, AProxyOfTheEnvironmentIsNotUsed) {
  ScriptedServer proxy(Answering("200 OK", "proxy"));
  ScriptedServer server(Answering("200 OK", "server"));
  ::setenv("http_proxy", proxy.Url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.Url().c_str(), 1);
  EXPECT_EQ(Ask({.url = server.Url()}).body, "server");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(HttpClientTest, WhatIsGivenUpInTheQueueWasNotSent) {
  client_ = *Client::Create({.max_connections = 1});
  ScriptedServer server([](Peer& peer) { peer.AwaitClose(); });
  RequestId first{};
  RequestId second{};
  std::future<Answer> hanging = Send({.url = server.Url()}, &first);
  std::future<Answer> queued = Send({.url = server.Url()}, &second);
  server.AwaitConnections(1);
  client_->Abort(second);
  EXPECT_EQ(queued.get().delivery, Delivery::kNotSent);
  client_->Abort(first);
  EXPECT_NE(hanging.get().delivery, Delivery::kAnswered);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, ManyRequestsShareTheConnectionsThatThereMayBe) {
  client_ = *Client::Create({.max_connections = 4});
  std::atomic<int> now = 0;
  std::atomic<int> too_many = 0;
  ScriptedServer server([&](Peer& peer) {
    peer.ReadRequest();
    if (++now > 4) ++too_many;
    --now;  // before the client can know that this one is answered
    peer.Send(AnswerText("200 OK", "", "Connection: close\r\n"));
  });
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 300; ++i) answers.push_back(Send({.url = server.Url()}));
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(too_many, 0);
  EXPECT_EQ(server.connections(), 300);
}

TEST_F(HttpClientTest, NothingIsCalledBackOnceTheClientIsGone) {
  ScriptedServer server([](Peer& peer) { peer.AwaitClose(); });
  std::future<Answer> hanging = Send({.url = server.Url()});
  server.AwaitConnections(1);
  client_.reset();
  EXPECT_THROW(hanging.get(), std::future_error);  // its promise is gone, unset
}

}  // namespace
}  // namespace lull::http
