#pragma once

#include <string>
#include <string_view>

#include "bench/endpoint.h"
#include "server/credentials.h"

namespace lull::bench {

/// Who asks, and in which region.
struct Caller {
  server::Credentials credentials;
  std::string session_token;  ///< of keys that are lent; empty: they are not
  std::string region = "us-east-1";
};

/// Makes whole HTTP requests to an endpoint, with the headers that botocore sends and signs. Any
/// threads.
class Signer {
 public:
  Signer(Caller caller, const Endpoint& endpoint);

  /// `operation` has its prefix (Lull.) when it is none of AWS's. `body` is JSON.
  std::string Sign(std::string_view operation, std::string_view body) const;

 private:
  const Caller caller_;
  const std::string host_;
};

}  // namespace lull::bench
