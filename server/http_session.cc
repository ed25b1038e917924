#include "server/http_session.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lull::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;

/// Read at once, beyond a header.
constexpr size_t kReadBytes = 64 * 1024;

// A client that was told to go may still be sending: to close under its hands would reset the
// connection, and it would never read why. So much more is read, and for so long.
constexpr size_t kMaxLingerBytes = 4 * 1024 * 1024;
constexpr absl::Duration kLingerTimeout = absl::Seconds(2);

constexpr char kHttpDate[] = "%a, %d %b %E4Y %H:%M:%S GMT";

std::string ToStd(beast::string_view text) { return std::string(text.data(), text.size()); }

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return absl::ToChronoNanoseconds(duration);
}

/// `192.0.2.7:4000`, `[2001:db8::7]:4000`; empty if it has gone.
std::string PeerOf(const net::ip::tcp::socket& socket) {
  beast::error_code error;
  const net::ip::tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "";
  const std::string address = peer.address().to_string(error);
  return absl::StrCat(peer.address().is_v6() ? "[" + address + "]" : address, ":", peer.port());
}

}  // namespace

HttpSession::HttpSession(net::ip::tcp::socket socket, const HttpLimits& limits,
                         const Dispatcher& dispatcher, const std::atomic<bool>& stopping,
                         LaneThreads& threads, std::function<void(HttpSession*)> on_end)
    : stream_(std::move(socket)),
      limits_(limits),
      dispatcher_(dispatcher),
      stopping_(stopping),
      threads_(threads),
      on_end_(std::move(on_end)),
      buffer_(limits.max_header_bytes + kReadBytes) {
  beast::error_code ignored;  // Without it answers are late, not wrong.
  stream_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
  stream_.socket().non_blocking(true, ignored);  // for Send
  peer_ = PeerOf(stream_.socket());
}

HttpSession::~HttpSession() { on_end_(this); }

void HttpSession::Start() {
  net::dispatch(stream_.get_executor(),
                [self = shared_from_this()] { self->AwaitRequest(self->limits_.read_timeout); });
}

void HttpSession::Refuse() {
  net::dispatch(stream_.get_executor(), [self = shared_from_this()] {
    self->Respond(self->dispatcher_.Refuse(ErrorKind::kNotReady,
                                           "There are too many connections; try again later."),
                  false);
  });
}

void HttpSession::CloseIfIdle() {
  net::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->idle_) self->Close();
  });
}

void HttpSession::AwaitRequest(absl::Duration timeout) {
  if (stopping_) return Close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
  parser_->body_limit(limits_.max_body_bytes);
  if (buffer_.size() > 0) return ReadRequest();  // pipelined
  idle_ = true;
  stream_.expires_after(ToChrono(timeout));
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t size) {
                            self->idle_ = false;
                            if (error) return self->Close();
                            self->buffer_.commit(size);
                            self->ReadRequest();
                          });
}

void HttpSession::ReadRequest() {
  // Most requests have come whole, and what is here needs no waiting: each would be a thread's
  // turn.
  beast::error_code error;
  parser_->eager(true);
  buffer_.consume(parser_->put(buffer_.data(), error));
  if (error && error != http::error::need_more) return OnReadError(error);
  if (!parser_->is_done()) stream_.expires_after(ToChrono(limits_.read_timeout));  // for all of it
  if (parser_->is_header_done()) return OnHeader({});
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code failed, std::size_t) {
                            self->OnHeader(failed);
                          });
}

void HttpSession::OnHeader(beast::error_code error) {
  if (error) return OnReadError(error);
  version_ = parser_->get().version();
  const std::string expect = ToStd(parser_->get()[http::field::expect]);
  if (expect.empty() || version_ < 11) return ReadBody();
  if (!absl::EqualsIgnoreCase(expect, "100-continue")) {
    return Respond(dispatcher_.Refuse(ErrorKind::kExpectationFailed,
                                      "The only expectation that can be met is 100-continue."),
                   false);
  }
  auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
  http::async_write(stream_, *go_on,
                    [self = shared_from_this(), go_on](beast::error_code failed, std::size_t) {
                      if (failed) return self->Close();
                      self->ReadBody();
                    });
}

void HttpSession::ReadBody() {
  if (parser_->is_done()) return OnBody({});
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](beast::error_code error, std::size_t) { self->OnBody(error); });
}

void HttpSession::OnBody(beast::error_code error) {
  if (error) return OnReadError(error);
  http::request<http::string_body>& message = parser_->get();
  HttpRequest request;
  request.method = ToStd(message.method_string());
  request.target = ToStd(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(ToStd(field.name_string()), ToStd(field.value()));
  }
  request.body = std::move(message.body());
  request.peer = peer_;
  const bool keep_alive = message.keep_alive();
  const Lane lane = dispatcher_.LaneOf(request);
  if (lane == Lane::kAtOnce) return Respond(dispatcher_.Handle(request), keep_alive);
  threads_.Of(lane).Do([self = shared_from_this(), request = std::move(request), keep_alive] {
    // From here: meanwhile nothing else happens to a session, and its own thread may be asleep.
    const beast::error_code sent = self->Send(self->dispatcher_.Handle(request), keep_alive);
    net::post(self->stream_.get_executor(), [self, sent] { self->OnSent(sent); });
  });
}

void HttpSession::OnReadError(beast::error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Respond(
        dispatcher_.Refuse(ErrorKind::kHeaderTooLarge, "The request's header is too large."),
        false);
  }
  if (error == http::error::body_limit) {
    return Respond(dispatcher_.Refuse(ErrorKind::kBodyTooLarge, "The request's body is too large."),
                   false);
  }
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
  if (!gone && error.category() == http::make_error_code(http::error::bad_method).category()) {
    return Respond(dispatcher_.Refuse(ErrorKind::kMalformedHttp,
                                      absl::StrCat("This is not HTTP/1.1: ", error.message(), ".")),
                   false);
  }
  Close();  // Gone, reset or too slow: nobody would read an answer.
}

void HttpSession::Respond(HttpResponse answer, bool keep_alive) {
  const beast::error_code sent = Send(std::move(answer), keep_alive);
  if (buffer_.size() == 0) return OnSent(sent);
  // The next request is here already: answering it from here would nest answers.
  net::post(stream_.get_executor(), [self = shared_from_this(), sent] { self->OnSent(sent); });
}

beast::error_code HttpSession::Send(HttpResponse answer, bool keep_alive) {
  response_ = {};
  response_.version(version_);
  response_.result(static_cast<unsigned>(answer.status));
  response_.set(http::field::date, absl::FormatTime(kHttpDate, answer.date, absl::UTCTimeZone()));
  response_.set(http::field::content_type, answer.content_type);
  response_.set("x-amzn-RequestId", answer.request_id);
  if (!answer.allow.empty()) response_.set(http::field::allow, answer.allow);
  response_.body() = std::move(answer.body);
  response_.keep_alive(keep_alive && !stopping_);
  response_.prepare_payload();
  serializer_.emplace(response_);
  beast::error_code error;
  http::write(stream_.socket(), *serializer_, error);
  return error;
}

void HttpSession::OnSent(beast::error_code error) {
  if (error != net::error::would_block) return OnWritten(error);
  stream_.expires_after(ToChrono(limits_.write_timeout));
  http::async_write(stream_, *serializer_,
                    [self = shared_from_this()](beast::error_code failed, std::size_t) {
                      self->OnWritten(failed);
                    });
}

void HttpSession::OnWritten(beast::error_code error) {
  if (error) return Close();
  if (response_.keep_alive()) return AwaitRequest(limits_.idle_timeout);
  const bool all_read = parser_.has_value() && parser_->is_done() && buffer_.size() == 0;
  if (all_read) return Close();
  Linger();
}

void HttpSession::Linger() {
  beast::error_code ignored;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(ToChrono(kLingerTimeout));
  buffer_.clear();
  idle_ = true;  // Whoever stops us owes nothing more to this client.
  LingerOn();
}

void HttpSession::LingerOn() {
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, std::size_t size) {
                            self->lingered_bytes_ += size;
                            if (error || self->lingered_bytes_ > kMaxLingerBytes)
                              return self->Close();
                            self->LingerOn();
                          });
}

void HttpSession::Close() {
  beast::error_code ignored;
  stream_.socket().close(ignored);
}

}  // namespace lull::server
