#include "cli/connection.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/address_file.h"
#include "cli/data_folder.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "server/credentials.h"

namespace lull::cli {
namespace {

/// The variable's value; empty if there is none.
std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// As AWS clients look for a key: two variables, or else a file that a third one names.
absl::StatusOr<server::Credentials> CredentialsFromEnvironment() {
  const server::Credentials pair{FromEnvironment("AWS_ACCESS_KEY_ID"),
                                 FromEnvironment("AWS_SECRET_ACCESS_KEY")};
  if (!pair.access_key_id.empty() && !pair.secret_access_key.empty()) return pair;
  const std::string path = FromEnvironment("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty()) {
    return Invalid(
        "With --endpoint the environment has to hold a key: AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE (and AWS_PROFILE). `lull keys "
        "create` makes one.");
  }
  const std::string profile = FromEnvironment("AWS_PROFILE");
  return server::ReadCredentials(path, profile.empty() ? server::kDefaultProfile : profile);
}

absl::Status NoDaemon(const DataFolder& folder) {
  return absl::AbortedError(absl::StrCat("No daemon runs on ", folder.path, ": there is no ",
                                         folder.address, ". Start it: lull serve --data-dir ",
                                         folder.path));
}

}  // namespace

absl::StatusOr<Connection> Connection::Find(const ConnectionOptions& options) {
  server::HttpClientOptions client;
  client.now = [] { return SystemClock().Now(); };
  if (!options.endpoint.empty()) {
    LULL_ASSIGN_OR_RETURN(client.endpoint, server::ParseEndpoint(options.endpoint));
    LULL_ASSIGN_OR_RETURN(client.credentials, CredentialsFromEnvironment());
    client.region = options.region;
    return Connection(std::move(client), "Is the --endpoint right, and does the daemon run?");
  }
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  const absl::StatusOr<DaemonAddress> address = ReadAddress(folder.address);
  if (absl::IsNotFound(address.status())) return NoDaemon(folder);
  LULL_RETURN_IF_ERROR(address.status());
  LULL_ASSIGN_OR_RETURN(client.endpoint, server::ParseEndpoint(address->url));
  LULL_ASSIGN_OR_RETURN(client.credentials, server::ReadCredentials(folder.credentials));
  client.region = address->region;
  return Connection(std::move(client),
                    absl::StrCat("That is where ", folder.address,
                                 " says that the daemon listens. Start it, if it does not run: "
                                 "lull serve --data-dir ",
                                 folder.path));
}

Connection::Connection(server::HttpClientOptions client, std::string advice)
    : client_(std::move(client)), advice_(std::move(advice)) {}

absl::Status Connection::Call(const google::protobuf::Message& request,
                              google::protobuf::Message* response) const {
  const absl::Status status = client_.Call(request, response);
  if (!absl::IsAborted(status)) return status;
  return absl::AbortedError(absl::StrCat(status.message(), " ", advice_));
}

}  // namespace lull::cli
