#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/dispatch.h"
#include "server/http_server.h"
#include "server/thread_pool.h"

namespace lull::server {

/// Where handlers run that take a while. Cancels have threads of their own: however many writes
/// wait for a commit, a cancel reaches the engine at once.
struct LaneThreads {
  LaneThreads(int for_pages, int for_commits, int for_cancels)
      : pages(for_pages), commits(for_commits), cancels(for_cancels) {}

  /// REQUIRES: not kAtOnce.
  ThreadPool& Of(Lane lane) {
    return lane == Lane::kPage ? pages : lane == Lane::kCommit ? commits : cancels;
  }

  ThreadPool pages;
  ThreadPool commits;
  ThreadPool cancels;
};

/// One connection: reads a request, has it answered, reads the next. Keeps itself alive while it
/// has something to wait for; when it dies, the connection is closed. Every method but the
/// constructor and the destructor runs on, or moves to, the socket's executor, which must be one
/// thread's.
///
/// A state is what is waited for: the first byte of a request (idle), its header, its body, the
/// answer's way out, or the end of a client that was told to go (lingering).
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  /// `limits`, `dispatcher`, `stopping` and `threads` must outlive the session; what takes
  /// a while is answered on those threads. Once `stopping` is true the answer at hand is the
  /// last. `on_end` is called as the session dies, on any thread.
  HttpSession(boost::asio::ip::tcp::socket socket, const HttpLimits& limits,
              const Dispatcher& dispatcher, const std::atomic<bool>& stopping, LaneThreads& threads,
              std::function<void(HttpSession*)> on_end);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  /// Serves requests until the client goes, errs or is too slow. Any thread; once.
  void Start();

  /// Instead of Start: answers that there are too many connections, and goes. Any thread; once.
  void Refuse();

  /// Closes if no request is at hand. Any thread.
  void CloseIfIdle();

 private:
  void AwaitRequest(absl::Duration timeout);
  void ReadRequest();
  void OnHeader(boost::beast::error_code error);
  void ReadBody();
  void OnBody(boost::beast::error_code error);
  void OnReadError(boost::beast::error_code error);
  void Respond(HttpResponse answer, bool keep_alive);
  /// Sends what the kernel takes at once, which is all of most answers: would_block when there is
  /// more. Any thread, while nothing else is under way.
  boost::beast::error_code Send(HttpResponse answer, bool keep_alive);
  void OnSent(boost::beast::error_code error);
  void OnWritten(boost::beast::error_code error);
  void Linger();
  void LingerOn();
  void Close();

  boost::beast::tcp_stream stream_;
  const HttpLimits& limits_;
  const Dispatcher& dispatcher_;
  const std::atomic<bool>& stopping_;
  LaneThreads& threads_;
  const std::function<void(HttpSession*)> on_end_;

  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>>
      serializer_;
  std::string peer_;
  unsigned version_ = 11;
  bool idle_ = false;
  size_t lingered_bytes_ = 0;
};

}  // namespace lull::server
