// Any bytes on a connection of the HTTP server, at once and in pieces: answers that are HTTP and
// the same both times, and an end, never a crash. What is no request may be refused in words the
// one time and by hanging up the other: the parser sees a line that ends wrongly when it has come
// whole. A header of the greatest size and a byte is too large the one time only: it counts the
// last line's end when that has come whole.
//
// An input is a byte that says how large the pieces are, '1' for one byte, and what a client sends.
// A pair of connected sockets without a network carries it, and the server's own session reads it
// and has it answered, with limits that small inputs reach. Signatures are as in sigv4_fuzz.cc.
// tools/fuzz makes inputs up, corpus/request has those that every test run replays.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/unique_fd.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/dispatch.h"
#include "server/http_server.h"
#include "server/http_session.h"
#include "server/key.h"

namespace lull::server {
namespace {

namespace http = boost::beast::http;
namespace net = boost::asio;
using google::protobuf::Message;
using net::ip::tcp;

constexpr std::size_t kMaxBytes = 2048;
constexpr std::size_t kMaxPiece = 64;
constexpr std::string_view kProbe = "GET /healthz HTTP/1.1\r\n\r\n";
constexpr char kKeyId[] = "AKIDEXAMPLE";
constexpr char kSecret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const absl::Time kNow = absl::FromUnixSeconds(1'440'938'160);  // 2015-08-30T12:36:00Z

DispatchOptions Options() {
  return {.keys = [](std::string_view id) -> absl::StatusOr<std::shared_ptr<const Key>> {
            if (id != kKeyId) return nullptr;
            return std::make_shared<const Key>(Key{.access_key_id = kKeyId,
                                                   .secret_access_key = kSecret,
                                                   .role = Role::kAdmin,
                                                   .name = "fuzz"});
          },
          .now = [] { return kNow; },
          .callback =
              [](std::string_view, std::string_view secret, std::string_view) {
                return secret == "right" ? CallbackAnswer::kTaken : CallbackAnswer::kUnknown;
              },
          .new_request_id = [] { return std::string("request"); }};
}

/// An empty answer to every operation.
absl::StatusOr<std::unique_ptr<Message>> Answer(const CallContext&, std::string_view operation,
                                                const Message& request) {
  const auto* file = request.GetDescriptor()->file();
  for (int i = 0; i < file->service_count(); ++i) {
    const auto* method = file->service(i)->FindMethodByName(std::string(operation));
    if (method == nullptr) continue;
    return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()
                                        ->GetPrototype(method->output_type())
                                        ->New());
  }
  return absl::InternalError("no such operation");
}

/// What the sessions of a server share; made once in a process.
class Place {
 public:
  /// What a client gets that sends `bytes` in pieces of that size, and then no more.
  std::string Send(std::string_view bytes, std::size_t piece) {
    std::array<int, 2> ends = {};
    LULL_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd client(ends[0]);
    const auto work = net::make_work_guard(io_);
    io_.restart();
    tcp::socket socket(net::make_strand(io_));
    socket.assign(tcp::v4(), ends[1]);
    std::atomic<bool> ended{false};
    std::make_shared<HttpSession>(std::move(socket), limits_, dispatcher_, stopping_, threads_,
                                  [&](HttpSession*) { net::post(io_, [&ended] { ended = true; }); })
        ->Start();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      // The server may have hung up.
      (void)send(client.get(), bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
      io_.poll();
    }
    shutdown(client.get(), SHUT_WR);
    while (!ended) io_.run_one();
    return ReadAll(client);
  }

 private:
  static std::string ReadAll(const UniqueFd& client) {
    std::string all;
    std::array<char, 4096> buffer = {};
    for (;;) {
      const ssize_t size = recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size == 0 || (size < 0 && errno != ECONNRESET)) return all;  // a reset is told once
      if (size > 0) all.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

  const HttpLimits limits_{.max_header_bytes = 768, .max_body_bytes = 256};
  const Dispatcher dispatcher_{Options(), Answer};
  const std::atomic<bool> stopping_{false};
  net::io_context io_{1};
  LaneThreads threads_{1, 1, 1};
};

/// What a client got, without a last answer that refuses what is no request.
struct Answers {
  std::string_view text;
  bool too_large = false;  ///< that one is for a header's size
};

/// Answers one behind the other, each of them whole, and none behind one that says it is the last.
Answers CheckAnswers(std::string_view bytes, bool probed) {
  std::string_view rest = bytes;
  std::size_t last = 0;  // where it begins
  bool is_last = false, is_refusal = false, too_large = false;
  while (!rest.empty()) {
    LULL_CHECK(!is_last);
    last = bytes.size() - rest.size();
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    boost::beast::error_code error;
    rest.remove_prefix(parser.put(net::buffer(rest.data(), rest.size()), error));
    LULL_CHECK(!error && parser.is_done());
    const auto& answer = parser.get();
    const unsigned status = answer.result_int();
    LULL_CHECK(status == 100 || status == 200 || (status >= 400 && status < 500));
    LULL_CHECK(status == 100 || answer["x-amzn-RequestId"] == "request");
    LULL_CHECK(!probed || last > 0 || status == 200);
    is_last = !answer.keep_alive();
    is_refusal = is_last && status >= 400;
    too_large = is_last && status == 431;
  }
  return {is_refusal ? bytes.substr(0, last) : bytes, too_large};
}

bool Agree(const Answers& a, const Answers& b) {
  if (a.too_large == b.too_large) return a.text == b.text;
  const auto& [shorter, longer] = a.too_large ? std::pair(a, b) : std::pair(b, a);
  return longer.text.substr(0, shorter.text.size()) == shorter.text;
}

void Try(std::string_view input) {
  if (input.empty()) return;
  static Place place;
  const std::string_view bytes = input.substr(1);
  const auto past = static_cast<std::size_t>(static_cast<unsigned char>(input.front() - '1'));
  const std::string at_once = place.Send(bytes, kMaxBytes);
  const std::string in_pieces = place.Send(bytes, 1 + past % kMaxPiece);
  const bool probed = bytes.substr(0, kProbe.size()) == kProbe;
  LULL_CHECK(!probed || (!at_once.empty() && !in_pieces.empty()));
  LULL_CHECK(Agree(CheckAnswers(at_once, probed), CheckAnswers(in_pieces, probed)));
}

}  // namespace
}  // namespace lull::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::server::kMaxBytes) {
    lull::server::Try({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
