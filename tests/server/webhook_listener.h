#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"

namespace lull::server {

/// What a webhook was sent.
struct Received {
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// A TCP listener on loopback that answers each request with what the test says, byte for byte, and
/// closes; an empty answer is a connection closed without one. Each connection has a thread.
class WebhookListener {
 public:
  using Answer = std::function<std::string(const Received&)>;
  explicit WebhookListener(Answer answer);
  /// REQUIRES: no answer blocks any more.
  ~WebhookListener();

  std::string Url(const std::string& path = "/hook") const;

  /// All received, once there are so many; the test fails when they don't come.
  std::vector<Received> Await(std::size_t count);

 private:
  void Accept();
  void Serve(int fd);

  const Answer answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  Mutex mutex_;
  CondVar came_;
  std::vector<Received> received_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;  // of connections; Accept's only
  std::thread acceptor_;
};

}  // namespace lull::server
