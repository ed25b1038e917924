#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct ssl_st;

namespace lull::bench {

/// Where an API is.
struct Endpoint {
  bool tls = false;
  std::string host;
  std::string port;
  std::string authority;  ///< as its Host header has it
};

/// `http://127.0.0.1:8080`, `https://ssm.eu-central-1.amazonaws.com`; without a scheme: http.
/// Error: kInvalidArgument.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text);

/// The daemon on this machine's loopback.
Endpoint LocalEndpoint(int port);

/// A connection, under TLS when the endpoint has it: the certificate is verified then, for that
/// host, by the system's authorities. One thread.
class Stream {
 public:
  /// Error: kUnavailable, with what is wrong.
  static absl::StatusOr<std::unique_ptr<Stream>> Connect(const Endpoint& endpoint);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// False: the other side has closed it.
  bool Write(std::string_view bytes);
  /// Waits for some bytes. 0: there are no more.
  std::size_t Read(char* to, std::size_t room);

  int fd() const { return fd_; }

 private:
  explicit Stream(int fd) : fd_(fd) {}
  bool StartTls(const std::string& host);

  const int fd_;
  ssl_st* tls_ = nullptr;
};

}  // namespace lull::bench
