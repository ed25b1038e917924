#include "bench/signer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"
#include "server/sigv4.h"

namespace lull::bench {

Signer::Signer(server::Credentials credentials, int port)
    : credentials_(std::move(credentials)), host_(absl::StrCat("127.0.0.1:", port)) {}

std::string Signer::Sign(std::string_view operation, std::string_view body) const {
  const std::string_view prefix = operation.find('.') == operation.npos ? "AmazonSSM." : "";
  const server::HeaderFields headers = {
      {"X-Amz-Target", absl::StrCat(ToAbsl(prefix), ToAbsl(operation))},
      {"Content-Type", "application/x-amz-json-1.1"},
      {"X-Amz-Date", server::AmzDate(absl::Now())},
      {"Host", host_}};
  std::string request = "POST / HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) absl::StrAppend(&request, name, ": ", value, "\r\n");
  absl::StrAppend(&request,
                  "User-Agent: lull_bench\r\nAccept-Encoding: identity\r\nAuthorization: ",
                  server::AuthorizationHeader({"POST", headers, body}, credentials_.access_key_id,
                                              credentials_.secret_access_key, "us-east-1"),
                  "\r\nContent-Length: ", body.size(), "\r\n\r\n", ToAbsl(body));
  return request;
}

}  // namespace lull::bench
