#include "server/http_server.h"

#include <fcntl.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"
#include "server/http_session.h"

namespace lull::server {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

/// After a failed accept (most often: no file descriptor is free) it fails again at once.
constexpr std::chrono::milliseconds kAcceptBackoff{100};

/// Connections that are taken at once, before others have their turn.
constexpr int kAcceptBatch = 64;

/// Clients beyond the limit that are being told so at once; those beyond these are just closed.
constexpr int kMaxRefusals = 32;

/// Asio leaves its sockets open in what this process executes: a task's command would hold our
/// port. A process that is forked just before this is the runner's to guard against.
void CloseOnExec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

/// What one thread runs, and nobody else: no locks, no strands, and nothing wakes a thread but what
/// is its own. Runs until Release(), and then while it has something to wait for.
class Loop {
 public:
  Loop() : io_(kOneThread), guard_(io_.get_executor()) {}

  net::io_context& io() { return io_; }
  void Run() { io_.run(); }
  void Release() { guard_.reset(); }
  void Stop() { io_.stop(); }

 private:
  static constexpr int kOneThread = 1;

  net::io_context io_;
  net::executor_work_guard<net::io_context::executor_type> guard_;
};

}  // namespace

/// The acceptor and both timers are touched on the first loop only; the sessions' table is under
/// `mutex_`.
class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, Handler handler)
      : options_(std::move(options)),
        dispatcher_(options_.dispatch, std::move(handler)),
        loops_(static_cast<std::size_t>(options_.threads)),
        acceptor_(loops_.front().io()),
        backoff_(loops_.front().io()),
        grace_(loops_.front().io()) {}

  ~Impl() { Stop(); }

  absl::Status Start() {
    error_code error;
    const net::ip::address address = net::ip::make_address(options_.address, error);
    if (error) {
      return Invalid("can't listen on '", options_.address,
                     "': not an IP address; use 127.0.0.1 or "
                     "::1");
    }
    if (!address.is_loopback() && !options_.allow_plain_http_beyond_loopback) {
      return absl::FailedPreconditionError(absl::StrCat(
          "refusing to listen on ", options_.address,
          ": it can be reached from other machines, and "
          "plain HTTP shows them what is sent. Listen on 127.0.0.1 or ::1 and put a TLS proxy in "
          "front, or set allow_plain_http_beyond_loopback (--allow-plain-http-beyond-loopback) if "
          "the network is trusted"));
    }
    const tcp::endpoint endpoint(address, options_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) CloseOnExec(acceptor_.native_handle());
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.non_blocking(true, error);  // for AcceptMore
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
      return absl::FailedPreconditionError(absl::StrCat("can't listen on ", options_.address, ":",
                                                        options_.port, ": ", error.message()));
    }
    port_ = acceptor_.local_endpoint().port();
    net::post(loops_.front().io(), [this] { Accept(); });
    const SignalsBlocked blocked;
    lanes_.emplace(options_.page_threads, options_.commit_threads, options_.cancel_threads);
    for (Loop& loop : loops_) threads_.emplace_back([&loop] { loop.Run(); });
    return absl::OkStatus();
  }

  uint16_t port() const { return port_; }

  void Stop() {
    MutexLock stop_lock(stop_mutex_);
    if (threads_.empty()) return;
    net::post(loops_.front().io(), [this] { BeginStop(); });
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    for (ThreadPool* pool : {&lanes_->pages, &lanes_->commits, &lanes_->cancels}) pool->Join();
    MutexLock lock(mutex_);
    joined_ = true;
  }

 private:
  void Accept() {
    acceptor_.async_accept(NextLoop(), [this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return OnAcceptError(error);
      Welcome(std::move(socket));
      AcceptMore();
      Accept();
    });
  }

  /// Those who wait already. Each turn of this may come late, behind all that the threads have to
  /// do: were it one connection a turn, they would come in at that pace.
  void AcceptMore() {
    for (int i = 0; i < kAcceptBatch; ++i) {
      error_code none;  // would block, most often; what else there is, the next turn meets again
      tcp::socket socket = acceptor_.accept(NextLoop(), none);
      if (none) return;
      Welcome(std::move(socket));
    }
  }

  /// Whose the next connection is: they take turns.
  net::io_context& NextLoop() { return loops_[next_loop_].io(); }

  void OnAcceptError(error_code error) {
    if (options_.warn) options_.warn(absl::StrCat("can't accept a connection: ", error.message()));
    backoff_.expires_after(kAcceptBackoff);
    backoff_.async_wait([this](error_code) {
      if (acceptor_.is_open()) Accept();
    });
  }

  void Welcome(tcp::socket socket) {
    next_loop_ = (next_loop_ + 1) % loops_.size();
    CloseOnExec(socket.native_handle());
    size_t others;
    {
      MutexLock lock(mutex_);
      others = sessions_.size();
    }
    // Sessions come only from here, so that the number can but have fallen meanwhile.
    const bool full = others >= static_cast<size_t>(options_.max_connections);
    if (others >= static_cast<size_t>(options_.max_connections) + kMaxRefusals)
      return;  // closes it
    auto session =
        std::make_shared<HttpSession>(std::move(socket), options_.limits, dispatcher_, stopping_,
                                      *lanes_, [this](HttpSession* ended) { OnEnd(ended); });
    {
      MutexLock lock(mutex_);
      sessions_.emplace(session.get(), session);
    }
    if (full) {
      session->Refuse();
    } else {
      session->Start();
    }
  }

  void BeginStop() {
    error_code ignored;
    acceptor_.close(ignored);
    backoff_.cancel();
    grace_.expires_after(absl::ToChronoNanoseconds(options_.stop_grace));
    grace_.async_wait([this](error_code error) {
      if (error) return;
      for (Loop& loop : loops_) loop.Stop();
    });
    stopping_ = true;
    std::vector<std::shared_ptr<HttpSession>> sessions;
    {
      MutexLock lock(mutex_);
      for (const auto& [raw, weak] : sessions_) {
        if (std::shared_ptr<HttpSession> session = weak.lock()) sessions.push_back(session);
      }
      if (sessions_.empty()) End();
    }
    for (const std::shared_ptr<HttpSession>& session : sessions) session->CloseIfIdle();
  }

  /// Lets the threads return: there is nothing left to wait for. On the first loop.
  void End() {
    grace_.cancel();
    for (Loop& loop : loops_) loop.Release();
  }

  /// Also called when a loop is destroyed with sessions in it: nothing may be posted then.
  void OnEnd(HttpSession* ended) {
    MutexLock lock(mutex_);
    sessions_.erase(ended);
    if (stopping_ && !joined_ && sessions_.empty()) {
      net::post(loops_.front().io(), [this] { End(); });
    }
  }

  const HttpServerOptions options_;
  const Dispatcher dispatcher_;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;

  Mutex mutex_;  // Outlives the loops, whose handlers own sessions.
  std::map<HttpSession*, std::weak_ptr<HttpSession>> sessions_ ABSL_GUARDED_BY(mutex_);
  bool joined_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<Loop> loops_;
  std::size_t next_loop_ = 0;
  tcp::acceptor acceptor_;
  net::steady_timer backoff_;
  net::steady_timer grace_;

  std::optional<LaneThreads> lanes_;  // Gone before the loops, which they post answers to.

  Mutex stop_mutex_;  // Taken before mutex_; held while the threads are joined.
  std::vector<std::thread>
      threads_;  // Changed by Start(), before anybody else knows us, and Stop().
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options,
                                                              Handler handler) {
  LULL_CHECK(options.threads > 0 && options.page_threads > 0 && options.commit_threads > 0 &&
             options.cancel_threads > 0 && options.max_connections > 0);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  LULL_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace lull::server
