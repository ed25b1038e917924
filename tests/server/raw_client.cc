#include "tests/server/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "engine/base/check.h"

namespace lull::server {
namespace {

constexpr timeval kPatience = {30, 0};

}  // namespace

RawClient::RawClient() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  LULL_CHECK(fd_ >= 0);
  LULL_CHECK(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience)) == 0);
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::Connect(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  LULL_CHECK(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

bool RawClient::Send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawClient::FinishSending() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::ReadMore() {
  char buffer[16384];
  const ssize_t size = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (size <= 0) return false;
  received_.append(buffer, static_cast<size_t>(size));
  return true;
}

std::string RawClient::ReadResponse() {
  size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return std::exchange(received_, {});
  }
  end += 4;
  const size_t length = received_.find("Content-Length: ");
  if (length < end) end += std::strtoul(received_.c_str() + length + 16, nullptr, 10);
  while (received_.size() < end) {
    if (!ReadMore()) break;
  }
  std::string response = received_.substr(0, end);
  received_.erase(0, end);
  return response;
}

std::string RawClient::ReadToEnd() {
  while (ReadMore()) {
  }
  return std::exchange(received_, {});
}

int StatusOf(std::string_view response) {
  if (!response.starts_with("HTTP/1.")) return 0;
  return std::atoi(std::string(response.substr(9, 3)).c_str());
}

}  // namespace lull::server
