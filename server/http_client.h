#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/credentials.h"

namespace lull::server {

/// Where a daemon listens.
struct Endpoint {
  std::string host;  // a name or an IP address, without the brackets of IPv6
  std::uint16_t port = 0;

  /// As in a URL: `127.0.0.1:8750`, `[::1]:8750`.
  std::string Authority() const;
};

/// Reads `http://HOST[:PORT][/]`; the port is 80 when absent. Error: kInvalidArgument, with what
/// would be right. Pure.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url);

struct HttpClientOptions {
  Endpoint endpoint;
  Credentials credentials;
  std::string region;
  /// Wall time, which requests are signed with. REQUIRED.
  std::function<absl::Time()> now;
  /// For a whole call, a name's look-up aside.
  absl::Duration timeout = absl::Seconds(30);
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 16 * 1024 * 1024;
};

/// A client of the API's operations, over plain HTTP: one connection a call. Calls are not sent
/// again. Thread-safe.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);

  const Endpoint& endpoint() const { return options_.endpoint; }

  /// Calls the operation whose input is `request`'s type; `response` is of its output's. Errors:
  /// what the server says (errors.h has kinds of them); kAborted: it could not be asked, or what
  /// answers is none of ours; the text says whether the request may have been carried out.
  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message* response) const;

 private:
  const HttpClientOptions options_;
};

}  // namespace lull::server
