#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::bench {

/// One keep-alive connection to 127.0.0.1 that asks, and asks again once it is answered: no
/// pipelining. An answer other than 200 ends the program, but for TryAsk: it would be measured as
/// fast. Not thread-safe.
class HttpConnection {
 public:
  explicit HttpConnection(int port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Send(std::string_view request);

  /// Reads once, waiting if there is nothing yet. True once the answer is whole.
  bool Receive();

  /// Sends, and returns the answer's body.
  std::string Ask(std::string_view request);

  /// An answer, whatever it is.
  struct Answer {
    int status = 0;
    std::string body;
  };

  /// As Ask. Nothing: the connection was closed, and there will be no answer.
  std::optional<Answer> TryAsk(std::string_view request);

  int fd() const { return fd_; }

 private:
  enum class Received { kPart, kWhole, kNothing };
  Received ReceiveSome();

  int fd_ = -1;
  std::string received_;
  std::size_t body_at_ = 0;  ///< 0 until the header is there
  std::size_t size_ = 0;     ///< of the whole answer
  int status_ = 0;
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
