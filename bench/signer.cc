#include "bench/signer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"
#include "server/sigv4.h"

namespace lull::bench {

Signer::Signer(Caller caller, const Endpoint& endpoint)
    : caller_(std::move(caller)), host_(endpoint.authority) {}

std::string Signer::Sign(std::string_view operation, std::string_view body) const {
  const std::string_view prefix = operation.find('.') == operation.npos ? "AmazonSSM." : "";
  server::HeaderFields headers = {{"X-Amz-Target", absl::StrCat(ToAbsl(prefix), ToAbsl(operation))},
                                  {"Content-Type", "application/x-amz-json-1.1"},
                                  {"X-Amz-Date", server::AmzDate(absl::Now())},
                                  {"Host", host_}};
  if (!caller_.session_token.empty()) {
    headers.emplace_back("X-Amz-Security-Token", caller_.session_token);
  }
  std::string request = "POST / HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) absl::StrAppend(&request, name, ": ", value, "\r\n");
  absl::StrAppend(
      &request, "User-Agent: lull_bench\r\nAccept-Encoding: identity\r\nAuthorization: ",
      server::AuthorizationHeader({"POST", headers, body}, caller_.credentials.access_key_id,
                                  caller_.credentials.secret_access_key, caller_.region),
      "\r\nContent-Length: ", body.size(), "\r\n\r\n", ToAbsl(body));
  return request;
}

}  // namespace lull::bench
