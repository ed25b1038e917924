#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/endpoint.h"

namespace lull::bench {

/// One keep-alive connection that asks, and asks again once it is answered: no pipelining. Not
/// thread-safe.
class HttpConnection {
 public:
  explicit HttpConnection(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
  /// To 127.0.0.1. REQUIRES: somebody listens.
  explicit HttpConnection(int port);

  void Send(std::string_view request);

  /// Reads once, waiting if there is nothing yet. True once the answer is whole. One other than 200
  /// ends the program: it would be measured as fast.
  bool Receive();

  /// Sends, and returns the answer's body.
  std::string Ask(std::string_view request);

  /// An answer, whatever it is.
  struct Answer {
    unsigned status = 0;
    bool closes = false;  ///< nothing can be asked after it
    std::string body;
  };

  /// As Ask, of any HTTP server. Nothing: the connection was closed, and there will be no answer.
  std::optional<Answer> TryAsk(std::string_view request);

  int fd() const { return stream_->fd(); }

 private:
  std::unique_ptr<Stream> stream_;
  std::string received_;
  std::size_t body_at_ = 0;  ///< 0 until the header is there
  std::size_t size_ = 0;     ///< of the whole answer
};

/// What a load was answered.
struct LoadResult {
  double per_second = 0;
  std::vector<double> seconds;  ///< of each answer, from its request's first byte to its last
};

/// A closed loop: each of `connections` connections sends the next of `requests` (whole HTTP
/// requests, again from the first after the last) as soon as it is answered, until `count` are
/// answered. On this thread alone.
LoadResult RunLoad(int port, int connections, const std::vector<std::string>& requests,
                   std::size_t count);

}  // namespace lull::bench
