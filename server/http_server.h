#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/dispatch.h"

namespace lull::server {

/// What a client may take of us. Each is enforced on every connection.
struct HttpLimits {
  size_t max_header_bytes = 16 * 1024;
  size_t max_body_bytes = 1024 * 1024;
  /// For the whole of a request, header and body, from its first byte; and for a new connection to
  /// send one.
  absl::Duration read_timeout = absl::Seconds(10);
  /// For a client to take an answer.
  absl::Duration write_timeout = absl::Seconds(10);
  /// Between two requests on one connection.
  absl::Duration idle_timeout = absl::Seconds(60);
};

struct HttpServerOptions {
  /// An IP address, no name.
  std::string address = "127.0.0.1";
  /// 0 for any free one; see HttpServer::port().
  uint16_t port = 0;
  /// Signatures protect requests from change, not from reading: beyond this machine plain HTTP
  /// shows parameters and results to everybody on the way, and so it must be asked for.
  bool allow_plain_http_beyond_loopback = false;
  /// Each runs sockets of its own, and the handlers of operations that read a row or a few. Not
  /// many: those that wait for a processor are what the slowest answers wait for.
  int threads = 2;
  /// They run the handlers of operations that read pages: thousands of rows at worst, which others
  /// needn't wait for.
  int page_threads = 4;
  /// They run the handlers of what changes something: so many may wait for a commit at once, and
  /// those that do share it.
  int commit_threads = 32;
  /// They run the handlers of cancels, which so never stand behind other operations. Cancels share
  /// commits, too.
  int cancel_threads = 8;
  /// What comes beyond is answered 503 and closed.
  int max_connections = 256;
  /// How long Stop() waits for requests in flight.
  absl::Duration stop_grace = absl::Seconds(5);
  HttpLimits limits;
  DispatchOptions dispatch;
  /// Told, on any thread, of trouble that no caller hears of (accept failed); absent for silence.
  std::function<void(std::string_view)> warn;
};

/// HTTP/1.1 over TCP, in front of a Dispatcher: keep-alive, pipelining (answers in order), chunked
/// bodies, Expect: 100-continue. Owns its threads; they take no signals. All methods may be called
/// on any thread except from within a handler.
class HttpServer {
 public:
  /// Listens, and starts to answer before it returns. Errors: kInvalidArgument if the address is
  /// none; kFailedPrecondition if it lies beyond loopback (see above) or can't be listened on, with
  /// a text that says what to do.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options,
                                                           Handler handler);

  /// Stops, if Stop() was not called.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;

  /// Stops listening, closes idle connections, lets requests in flight be answered for stop_grace,
  /// then closes what is left and joins the threads. Handlers that have started are always waited
  /// for. A second call does nothing.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::server
