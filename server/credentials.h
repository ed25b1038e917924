#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lull::server {

/// Of a credentials file that is read, in bytes.
inline constexpr size_t kMaxCredentialsFileBytes = 64 * 1024;

/// The profile that AWS clients take when they are told of none.
inline constexpr std::string_view kDefaultProfile = "default";

/// A key pair as AWS clients use it.
struct Credentials {
  std::string access_key_id;      // `AKIA` and 16 of A-Z2-7; no secret, it names the caller
  std::string secret_access_key;  // 40 characters; never logged
};

/// A new random pair.
Credentials GenerateCredentials();

/// `credentials` as a profile of an AWS shared-credentials file.
std::string ProfileText(std::string_view profile, const Credentials& credentials);

/// Writes `credentials` as the profile `[default]` of an AWS shared-credentials file, which must
/// not exist. Errors: CreatePrivateFile's. Any thread.
absl::Status WriteCredentials(const std::string& path, const Credentials& credentials);

/// A profile of `text`, an AWS shared-credentials file that `path` names. Error: kInvalidArgument.
absl::StatusOr<Credentials> ParseCredentials(std::string_view text, std::string_view profile,
                                             const std::string& path);

/// Reads a profile of the AWS shared-credentials file `path`. Errors: those of ReadPrivateFile and
/// of ParseCredentials. Any thread.
absl::StatusOr<Credentials> ReadCredentials(const std::string& path,
                                            std::string_view profile = kDefaultProfile);

/// Reads `path`, or makes it with a new pair if there is none. When two processes do this at once,
/// both get the one pair that was written. Any thread.
absl::StatusOr<Credentials> LoadOrCreateCredentials(const std::string& path);

}  // namespace lull::server
