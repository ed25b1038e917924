#pragma once

#include <string>
#include <string_view>

#include "server/credentials.h"

namespace lull::bench {

/// Makes whole HTTP requests to 127.0.0.1, with the headers that botocore sends and signs. Any
/// threads.
class Signer {
 public:
  Signer(server::Credentials credentials, int port);

  /// `operation` has its prefix (Lull.) when it is none of AWS's. `body` is JSON.
  std::string Sign(std::string_view operation, std::string_view body) const;

 private:
  const server::Credentials credentials_;
  const std::string host_;
};

}  // namespace lull::bench
