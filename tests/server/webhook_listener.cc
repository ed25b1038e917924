#include "tests/server/webhook_listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lull::server {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// What stands before the body, as a map; `head` ends with an empty line.
std::map<std::string, std::string> ParseHead(const std::string& head) {
  std::map<std::string, std::string> headers;
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    if (end == std::string::npos || colon == std::string::npos || colon > end) break;
    headers[absl::AsciiStrToLower(head.substr(at, colon - at))] =
        head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  return headers;
}

bool ReadMore(int fd, std::string& text) {
  char buffer[4096];
  const ssize_t size = ::read(fd, buffer, sizeof buffer);
  if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

}  // namespace

WebhookListener::WebhookListener(Answer answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  LULL_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  LULL_CHECK(::listen(listener_, 64) == 0);
  LULL_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ::ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

WebhookListener::~WebhookListener() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (std::thread& thread : threads_) thread.join();
}

std::string WebhookListener::Url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", port_, path);
}

std::vector<Received> WebhookListener::Await(std::size_t count) {
  MutexLock lock(mutex_);
  while (received_.size() < count) {
    if (came_.WaitFor(mutex_, kPatience)) continue;
    ADD_FAILURE() << "received " << received_.size() << " of " << count;
    return std::vector<Received>(count);
  }
  return received_;
}

void WebhookListener::Accept() {
  for (;;) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void WebhookListener::Serve(int fd) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos && ReadMore(fd, text)) {
  }
  const std::size_t end = text.find("\r\n\r\n");
  if (end != std::string::npos) {
    Received received;
    received.headers = ParseHead(text.substr(0, end + 2));
    std::size_t length = 0;
    LULL_CHECK(absl::SimpleAtoi(received.headers["content-length"], &length));
    while (text.size() < end + 4 + length && ReadMore(fd, text)) {
    }
    received.body = text.substr(end + 4);
    {
      MutexLock lock(mutex_);
      received_.push_back(received);
      came_.SignalAll();
    }
    const std::string answer = answer_(received);
    static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL));
  }
  ::close(fd);
}

}  // namespace lull::server
