#include "bench/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "absl/strings/numbers.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::bench {
namespace {

constexpr int kOk = 200;
constexpr std::string_view kHttp = "HTTP/1.1 ";
constexpr std::string_view kLength = "\r\nContent-Length: ";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// A connection of a load, and when its last request was sent.
struct Asker {
  std::unique_ptr<HttpConnection> connection;
  Instant sent_at;
};

}  // namespace

HttpConnection::HttpConnection(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  LULL_CHECK(fd_ >= 0);
  const int on = 1;
  LULL_CHECK(setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  LULL_CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

HttpConnection::~HttpConnection() { close(fd_); }

void HttpConnection::Send(std::string_view request) {
  received_.clear();
  body_at_ = 0;
  LULL_CHECK(write(fd_, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
}

HttpConnection::Received HttpConnection::ReceiveSome() {
  std::array<char, 64 * 1024> some;
  const ssize_t got = read(fd_, some.data(), some.size());
  if (got <= 0) return Received::kNothing;
  received_.append(some.data(), static_cast<std::size_t>(got));
  if (body_at_ == 0) {
    const std::size_t end = received_.find(kHeaderEnd);
    if (end == std::string::npos) return Received::kPart;
    LULL_CHECK(received_.starts_with(kHttp));
    LULL_CHECK(absl::SimpleAtoi(received_.substr(kHttp.size(), 3), &status_));
    const std::size_t length = received_.find(kLength);
    LULL_CHECK(length < end);
    const std::size_t digits = length + kLength.size();
    std::size_t size = 0;
    LULL_CHECK(absl::SimpleAtoi(
        ToAbsl(std::string_view(received_).substr(digits, received_.find('\r', digits) - digits)),
        &size));
    body_at_ = end + kHeaderEnd.size();
    size_ = body_at_ + size;
  }
  return received_.size() >= size_ ? Received::kWhole : Received::kPart;
}

bool HttpConnection::Receive() {
  const Received received = ReceiveSome();
  LULL_CHECK(received != Received::kNothing);  // it was closed
  if (body_at_ != 0 && status_ != kOk) std::fprintf(stderr, "%s\n", received_.c_str());
  LULL_CHECK(body_at_ == 0 || status_ == kOk);
  return received == Received::kWhole;
}

std::string HttpConnection::Ask(std::string_view request) {
  Send(request);
  while (!Receive()) {
  }
  return received_.substr(body_at_);
}

std::optional<HttpConnection::Answer> HttpConnection::TryAsk(std::string_view request) {
  received_.clear();
  body_at_ = 0;
  const ssize_t sent = send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return std::nullopt;
  for (;;) {
    const Received received = ReceiveSome();
    if (received == Received::kNothing) return std::nullopt;
    if (received == Received::kWhole) return Answer{status_, received_.substr(body_at_)};
  }
}

LoadResult RunLoad(int port, int connections, const std::vector<std::string>& requests,
                   std::size_t count) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  LULL_CHECK(epoll >= 0);
  std::vector<Asker> askers(static_cast<std::size_t>(connections));
  LoadResult result;
  result.seconds.reserve(count);
  std::size_t sent = 0;
  const auto send = [&](Asker& asker) {
    if (sent == count) return;
    asker.sent_at = Now();
    asker.connection->Send(requests[sent++ % requests.size()]);
  };
  for (Asker& asker : askers) {
    asker.connection = std::make_unique<HttpConnection>(port);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &asker}};
    LULL_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, asker.connection->fd(), &event) == 0);
  }
  const Instant start = Now();
  for (Asker& asker : askers) send(asker);
  std::array<epoll_event, 64> events;
  while (result.seconds.size() < count) {
    const int ready = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      Asker& asker = *static_cast<Asker*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!asker.connection->Receive()) continue;
      result.seconds.push_back(SecondsSince(asker.sent_at));
      send(asker);
    }
  }
  result.per_second = static_cast<double>(count) / SecondsSince(start);
  close(epoll);
  return result;
}

}  // namespace lull::bench
