#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lull::server {

/// Of a credentials file that is read, in bytes.
inline constexpr size_t kMaxCredentialsFileBytes = 64 * 1024;

/// A key pair as AWS clients use it.
struct Credentials {
  std::string access_key_id;      // `AKIA` and 16 of A-Z2-7; no secret, it names the caller
  std::string secret_access_key;  // 40 characters; never logged
};

/// A new random pair.
Credentials GenerateCredentials();

/// Writes `credentials` as the profile `[default]` of an AWS shared-credentials file, which must
/// not exist: mode 0600, durable with its directory entry before it returns, and either whole or
/// not there whenever the process dies. Errors: kAlreadyExists if `path` exists (a dangling link
/// does, too); kFailedPrecondition if the directory can't be written; kInternal. Any thread.
absl::Status WriteCredentials(const std::string& path, const Credentials& credentials);

/// Reads the profile `[default]` of the AWS shared-credentials file `path`. Errors: kNotFound;
/// kFailedPrecondition if somebody else than its owner (this user or root) may read or write it,
/// whose text says how to mend it; kInvalidArgument if it is no such file. Any thread.
absl::StatusOr<Credentials> ReadCredentials(const std::string& path);

/// Reads `path`, or makes it with a new pair if there is none. When two processes do this at once,
/// both get the one pair that was written. Any thread.
absl::StatusOr<Credentials> LoadOrCreateCredentials(const std::string& path);

}  // namespace lull::server
