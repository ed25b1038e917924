#include "bench/endpoint.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::bench {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr int kGreatestPort = 65'535;

SSL_CTX* Context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    LULL_CHECK(made != nullptr && SSL_CTX_set_default_verify_paths(made) == 1);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, nullptr);
    return made;
  }();
  return context;
}

/// A connected socket; -1: none of the host's addresses answers.
int ConnectSocket(const Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wanted, &found) != 0) return -1;
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0) continue;
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  const int on = 1;
  if (fd >= 0) LULL_CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  return fd;
}

}  // namespace

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text) {
  Endpoint endpoint;
  std::string_view rest = text;
  endpoint.tls = rest.starts_with(kHttps);
  if (endpoint.tls) {
    rest.remove_prefix(kHttps.size());
  } else if (rest.starts_with(kHttp)) {
    rest.remove_prefix(kHttp.size());
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  endpoint.authority = std::string(rest);
  const std::size_t colon = rest.rfind(':');
  endpoint.host = std::string(rest.substr(0, colon));
  endpoint.port = endpoint.tls ? "443" : "80";
  int port = 1;
  if (colon != rest.npos) {
    endpoint.port = std::string(rest.substr(colon + 1));
    if (!absl::SimpleAtoi(endpoint.port, &port)) port = 0;
  }
  if (endpoint.host.empty() || endpoint.host.find_first_of("/:@ ") != std::string::npos ||
      port < 1 || port > kGreatestPort) {
    return absl::InvalidArgumentError(
        absl::StrCat("the endpoint '", ToAbsl(text),
                     "' must be a host and a port as in http://127.0.0.1:8080, with no path"));
  }
  return endpoint;
}

Endpoint LocalEndpoint(int port) {
  const std::string number = absl::StrCat(port);
  return {.host = "127.0.0.1", .port = number, .authority = "127.0.0.1:" + number};
}

absl::StatusOr<std::unique_ptr<Stream>> Stream::Connect(const Endpoint& endpoint) {
  const int fd = ConnectSocket(endpoint);
  if (fd < 0) {
    return absl::UnavailableError(absl::StrCat(endpoint.authority, " can't be connected to"));
  }
  std::unique_ptr<Stream> stream(new Stream(fd));
  if (endpoint.tls && !stream->StartTls(endpoint.host)) {
    return absl::UnavailableError(absl::StrCat(
        endpoint.authority, " has no TLS, or no certificate for its name that is trusted here"));
  }
  return stream;
}

bool Stream::StartTls(const std::string& host) {
  tls_ = SSL_new(Context());
  LULL_CHECK(tls_ != nullptr && SSL_set_fd(tls_, fd_) == 1);
  // A certificate names an address in another way than a host.
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_), host.c_str()) == 1;
  return (is_address || (SSL_set_tlsext_host_name(tls_, host.c_str()) == 1 &&
                         SSL_set1_host(tls_, host.c_str()) == 1)) &&
         SSL_connect(tls_) == 1;
}

Stream::~Stream() {
  SSL_free(tls_);
  close(fd_);
}

bool Stream::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t wrote = 0;
    if (tls_ != nullptr) {
      if (SSL_write_ex(tls_, bytes.data(), bytes.size(), &wrote) != 1) return false;
    } else {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      wrote = static_cast<std::size_t>(sent);
    }
    bytes.remove_prefix(wrote);
  }
  return true;
}

std::size_t Stream::Read(char* to, std::size_t room) {
  std::size_t got = 0;
  if (tls_ != nullptr) return SSL_read_ex(tls_, to, room, &got) == 1 ? got : 0;
  const ssize_t received = recv(fd_, to, room, 0);
  return received > 0 ? static_cast<std::size_t>(received) : 0;
}

}  // namespace lull::bench
