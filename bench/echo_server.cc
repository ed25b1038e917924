#include "bench/echo_server.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <memory>
#include <utility>

#include "bench/program.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;
using net::ip::tcp;

class EchoSession : public std::enable_shared_from_this<EchoSession> {
 public:
  explicit EchoSession(tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(tcp::no_delay(true));
  }

  void Read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->Write();
                     });
  }

 private:
  void Write() {
    response_ = {};
    response_.result(http::status::ok);
    response_.body() = std::move(request_.body());
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error) self->Read();
                      });
  }

  tcp::socket socket_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void Accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](beast::error_code error, tcp::socket socket) {
    if (!error) std::make_shared<EchoSession>(std::move(socket))->Read();
    Accept(acceptor);
  });
}

}  // namespace

EchoServer::EchoServer() {
  int ends[2];
  LULL_CHECK(pipe(ends) == 0);
  std::fflush(nullptr);
  const pid_t self = getpid();
  pid_ = fork();
  LULL_CHECK(pid_ >= 0);
  if (pid_ == 0) {
    DieWith(self);
    net::io_context io(1);
    tcp::acceptor acceptor(io, tcp::endpoint(net::ip::address_v4::loopback(), 0));
    const int port = acceptor.local_endpoint().port();
    LULL_CHECK(write(ends[1], &port, sizeof port) == sizeof port);
    Accept(acceptor);
    io.run();
    _exit(0);
  }
  LULL_CHECK(read(ends[0], &port_, sizeof port_) == sizeof port_);
  close(ends[0]);
  close(ends[1]);
}

EchoServer::~EchoServer() { Kill(pid_); }

}  // namespace lull::bench
