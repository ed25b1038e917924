#include "bench/http_client.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "absl/strings/numbers.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::bench {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::uint64_t kAnswerBytes = 64 << 20;
constexpr std::string_view kOkLine = "HTTP/1.1 200 ";
constexpr std::string_view kLength = "\r\nContent-Length: ";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// A connection of a load, and when its last request was sent.
struct Asker {
  std::unique_ptr<HttpConnection> connection;
  Instant sent_at;
};

}  // namespace

HttpConnection::HttpConnection(int port)
    : HttpConnection(Stream::Connect(LocalEndpoint(port)).value()) {}

void HttpConnection::Send(std::string_view request) {
  received_.clear();
  body_at_ = 0;
  LULL_CHECK(stream_->Write(request));
}

bool HttpConnection::Receive() {
  std::array<char, kBufferBytes> some;
  const std::size_t got = stream_->Read(some.data(), some.size());
  LULL_CHECK(got > 0);  // it was closed
  received_.append(some.data(), got);
  if (body_at_ == 0) {
    const std::size_t end = received_.find(kHeaderEnd);
    if (end == std::string::npos) return false;
    if (!received_.starts_with(kOkLine)) std::fprintf(stderr, "%s\n", received_.c_str());
    LULL_CHECK(received_.starts_with(kOkLine));
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
  return received_.size() >= size_;
}

std::string HttpConnection::Ask(std::string_view request) {
  Send(request);
  while (!Receive()) {
  }
  return received_.substr(body_at_);
}

std::optional<HttpConnection::Answer> HttpConnection::TryAsk(std::string_view request) {
  if (!stream_->Write(request)) return std::nullopt;
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(kAnswerBytes);
  std::string left;  // what the parser has not taken
  while (!parser.is_done()) {
    std::array<char, kBufferBytes> some;
    const std::size_t got = stream_->Read(some.data(), some.size());
    if (got == 0) return std::nullopt;
    left.append(some.data(), got);
    boost::beast::error_code error;
    left.erase(0, parser.put(boost::asio::buffer(left), error));
    if (error && error != http::error::need_more) return std::nullopt;
  }
  return Answer{parser.get().result_int(), !parser.get().keep_alive(),
                std::move(parser.get().body())};
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
