#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lull::http {

/// Of an answer, unless a request says otherwise.
inline constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
/// Of an answer's status line and header fields, interim answers counted in.
inline constexpr std::size_t kMaxAnswerHeaderBytes = 64 * 1024;

/// One POST.
struct Request {
  std::string url;                        ///< what CheckUrl (url.h) lets pass
  std::vector<std::string> headers = {};  ///< `Name: value`, without control characters
  std::string body = {};
  std::string ca_file = {};                            ///< PEM; empty: the machine's
  absl::Duration connect_timeout = absl::Seconds(10);  ///< of name, connection and TLS; above zero
  absl::Duration timeout = absl::Seconds(30);          ///< of all of it, once it has left the queue
  std::size_t max_answer_bytes = kMaxAnswerBytes;
};

/// What became of a request.
enum class Delivery {
  kAnswered,    ///< `status` and `body` are what came
  kNotSent,     ///< for certain: no connection, no trust, given up in the queue
  kUnanswered,  ///< sent, or some of it, and no whole answer came: nobody knows what it did
};

struct Answer {
  Delivery delivery = Delivery::kNotSent;
  int status = 0;          ///< kAnswered: of HTTP; a redirect is an answer like any other
  std::string body = {};   ///< kAnswered: its first max_answer_bytes
  bool is_cut = false;     ///< the body was longer; the connection was closed there
  std::string error = {};  ///< unless kAnswered: why, for people
};

struct ClientOptions {
  /// Requests on their way at once; those beyond wait in a queue, first come first served. Each
  /// takes a descriptor.
  int max_connections = 256;
};

/// Names a request of one Client.
enum class RequestId : std::uint64_t {};

/// Posts over HTTP/1.1 with libcurl. Each request has a connection of its own: over one that is
/// used again libcurl would send a request a second time when its end comes before an answer. No
/// redirect is followed, no proxy is used (those of the environment neither), certificates are
/// verified, TLS is 1.2 at least.
///
/// Threads: all calls are thread-safe, only enqueue, and may come from inside a callback. One
/// thread of its own, which takes no signals, makes all callbacks; one that takes long holds up all
/// the others.
class Client {
 public:
  using Callback = std::function<void(Answer)>;

  /// Errors: kUnavailable: libcurl can't start.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options = {});

  /// Drops what has not been answered; once it has returned, nothing is called back. Not from
  /// inside a callback.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends `request`, once at most, and calls `done` exactly once (unless the client is destroyed
  /// first). A request that can't be sent as it is (its URL, a header) comes back as kNotSent.
  RequestId Post(Request request, Callback done);

  /// Gives a request up: its callback comes soon, with an error, unless it is on its way already.
  void Abort(RequestId id);

 private:
  class Loop;
  explicit Client(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace lull::http
