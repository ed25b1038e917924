#pragma once

#include <sys/types.h>

namespace lull::bench {

/// The least that an HTTP server on Boost.Beast can do: one thread, no timers, no strands; each
/// request's body comes back. In a process of its own on 127.0.0.1, killed in the end.
class EchoServer {
 public:
  /// REQUIRES: this process has no other threads.
  EchoServer();
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  int port() const { return port_; }

 private:
  pid_t pid_ = 0;
  int port_ = 0;
};

}  // namespace lull::bench
