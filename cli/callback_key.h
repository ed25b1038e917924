#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/model/ids.h"

namespace lull::cli {

/// What the URLs that functions call back to are made with: the secret in one is the HMAC-SHA256 of
/// its invocation's id, so that nothing of it need be stored. Thread-safe.
class CallbackKey {
 public:
  /// Reads the key from `path`, a file of this user's alone, which is made (32 random bytes as
  /// hexadecimal digits) where there is none. Errors: as server::ReadPrivateFile's and
  /// CreatePrivateFile's; kInvalidArgument: it holds no key.
  static absl::StatusOr<CallbackKey> LoadOrCreate(const std::string& path);

  /// `<base>/callback/<id>/<secret>`.
  std::string UrlOf(std::string_view base, const InvocationId& id) const;

  /// In a time that does not tell how much of `secret` is right.
  bool Opens(const InvocationId& id, std::string_view secret) const;

 private:
  explicit CallbackKey(std::string key) : key_(std::move(key)) {}
  std::string SecretOf(const InvocationId& id) const;

  std::string key_;
};

}  // namespace lull::cli
