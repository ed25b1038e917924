#include "server/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "proto/options.pb.h"
#include "server/errors.h"
#include "server/json_codec.h"
#include "server/sigv4.h"

namespace lull::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using net::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::string_view kScheme = "http://";
constexpr std::uint16_t kDefaultPort = 80;

absl::Status MalformedEndpoint(std::string_view url) {
  return Invalid("The endpoint ", JsonString(url),
                 " is none; write it as http://127.0.0.1:8750. (lull's commands speak plain HTTP "
                 "only: where TLS stands in front of a daemon, run them beside it.)");
}

/// The operation that takes `request`, of the services in its file.
const MethodDescriptor& OperationOf(const Message& request) {
  const auto* file = request.GetDescriptor()->file();
  for (int s = 0; s < file->service_count(); ++s) {
    const ServiceDescriptor* service = file->service(s);
    for (int m = 0; m < service->method_count(); ++m) {
      if (service->method(m)->input_type() == request.GetDescriptor()) return *service->method(m);
    }
  }
  LULL_CHECK(false);  // not an operation's request
  return *file->service(0)->method(0);
}

Request SignedRequestFor(const HttpClientOptions& options, const Message& message) {
  const MethodDescriptor& operation = OperationOf(message);
  const std::string body = MessageToJson(message);
  HeaderFields fields = {
      {"Host", options.endpoint.Authority()},
      {"Content-Type", "application/x-amz-json-1.1"},
      {"X-Amz-Date", AmzDate(options.now())},
      {"X-Amz-Target",
       operation.service()->options().GetExtension(v1::target_prefix) + operation.name()}};
  fields.emplace_back("Authorization",
                      AuthorizationHeader({"POST", fields, body}, options.credentials.access_key_id,
                                          options.credentials.secret_access_key, options.region));
  Request request(http::verb::post, "/", 11);
  for (const auto& [name, value] : fields) request.set(name, value);
  request.keep_alive(false);
  request.body() = body;
  request.prepare_payload();
  return request;
}

/// One request and its answer, all within the time-out.
class Exchange {
 public:
  explicit Exchange(const HttpClientOptions& options) : options_(options), stream_(io_) {}

  absl::StatusOr<Response> Run(const Request& request) {
    LULL_RETURN_IF_ERROR(Connect());
    http::async_write(stream_, request, Keep());
    if (Wait()) return Lost();
    http::response_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    parser.body_limit(options_.max_body_bytes);
    http::async_read(stream_, buffer_, parser, Keep());
    if (Wait()) return Lost();
    return parser.release();
  }

 private:
  std::function<void(beast::error_code, std::size_t)> Keep() {
    return [this](beast::error_code error, std::size_t) { error_ = error; };
  }
  /// Runs what was begun to its end. Returns whether it failed.
  bool Wait() {
    io_.restart();
    io_.run();
    return error_.failed();
  }
  std::string Why() const {
    if (error_ == beast::error::timeout) {
      return absl::StrCat("nothing came within ", absl::FormatDuration(options_.timeout));
    }
    return error_.message();
  }
  absl::Status Connect() {
    tcp::resolver resolver(io_);
    const tcp::resolver::results_type addresses =
        resolver.resolve(options_.endpoint.host, absl::StrCat(options_.endpoint.port), error_);
    if (!error_) {
      stream_.expires_after(absl::ToChronoNanoseconds(options_.timeout));
      stream_.async_connect(
          addresses, [this](beast::error_code error, const tcp::endpoint&) { error_ = error; });
      Wait();
    }
    if (!error_) return absl::OkStatus();
    return absl::AbortedError(
        absl::StrCat("Nobody answers at ", options_.endpoint.Authority(), ": ", Why(), "."));
  }
  absl::Status Lost() const {
    return absl::AbortedError(
        absl::StrCat("No answer came from ", options_.endpoint.Authority(), ": ", Why(),
                     ". The request may have been carried out or not: look before you repeat it."));
  }

  const HttpClientOptions& options_;
  net::io_context io_{1};
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  beast::error_code error_;
};

/// The string member `name` of `object`, or nothing.
std::optional<std::string> Member(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().data(), value->get_string().size());
}

absl::Status ErrorOf(const Endpoint& endpoint, const Response& response) {
  boost::json::error_code error;
  const boost::json::value body = boost::json::parse(response.body(), error);
  const boost::json::object* object = error ? nullptr : body.if_object();
  const std::optional<std::string> type = object ? Member(*object, "__type") : std::nullopt;
  const ErrorRow* row = type ? FindWireType(*type) : nullptr;
  if (row == nullptr) {
    return absl::AbortedError(absl::StrCat("What answers at ", endpoint.Authority(),
                                           " is no lull: HTTP status ", response.result_int(),
                                           "."));
  }
  std::optional<std::string> text = Member(*object, "Message");
  if (!text) text = Member(*object, "message");
  return MakeError(row->kind, text.value_or(std::string(row->wire_type)));
}

}  // namespace

std::string Endpoint::Authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", host, is_ipv6 ? "]:" : ":", port);
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url) {
  if (!url.starts_with(kScheme)) return MalformedEndpoint(url);
  std::string_view rest = url.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::size_t host_end = rest.find(':');
  if (rest.starts_with('[')) host_end = rest.find(']') + 1;  // npos + 1 is 0
  std::string_view host = rest.substr(0, host_end);
  const std::string_view port =
      host_end >= rest.size() ? std::string_view() : rest.substr(host_end);
  if (host.starts_with('[') && host.size() > 2) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("[]/?#@ \t\r\n") != std::string_view::npos) {
    return MalformedEndpoint(url);
  }
  Endpoint endpoint{std::string(host), kDefaultPort};
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.begin() + 1, port.end(), endpoint.port);
    if (port.front() != ':' || error != std::errc() || end != port.end() || endpoint.port == 0) {
      return MalformedEndpoint(url);
    }
  }
  return endpoint;
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {
  LULL_CHECK(options_.now != nullptr);
}

absl::Status HttpClient::Call(const Message& request, Message* response) const {
  LULL_CHECK(OperationOf(request).output_type() == response->GetDescriptor());
  LULL_ASSIGN_OR_RETURN(const Response answer,
                        Exchange(options_).Run(SignedRequestFor(options_, request)));
  if (answer.result() != http::status::ok) return ErrorOf(options_.endpoint, answer);
  if (const absl::Status status = JsonToMessage(answer.body(), response); !status.ok()) {
    return absl::AbortedError(absl::StrCat("What answers at ", options_.endpoint.Authority(),
                                           " is no lull: ", status.message()));
  }
  return absl::OkStatus();
}

}  // namespace lull::server
