#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/http_client.h"

namespace lull::cli {

/// Which daemon a command speaks to. Exactly one of the first two is not empty.
struct ConnectionOptions {
  std::string data_dir;  ///< of the daemon: its address and the first key are there
  /// http://HOST:PORT; the key is in the environment, as AWS clients have it.
  std::string endpoint;
  std::string region;  ///< with an endpoint
};

/// A daemon, and what to do if it does not answer. Thread-safe.
class Connection {
 public:
  /// Reads files and the environment, and asks nobody. Errors, each with what to do: those of
  /// FindDataFolder, ReadAddress and ReadCredentials; kInvalidArgument: the endpoint, or there is
  /// no key in the environment; kAborted: no daemon has left its address.
  static absl::StatusOr<Connection> Find(const ConnectionOptions& options);

  /// As HttpClient::Call.
  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message* response) const;

 private:
  Connection(server::HttpClientOptions client, std::string advice);

  const server::HttpClient client_;
  const std::string advice_;
};

}  // namespace lull::cli
