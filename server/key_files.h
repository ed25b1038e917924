#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/credentials.h"
#include "server/key.h"

namespace lull::server {

/// Of `lull keys`, the first pair not counted. Disabled ones stay: what they did is stored under
/// their ids.
inline constexpr std::size_t kMaxKeys = 1000;
inline constexpr std::size_t kMaxKeysFileBytes = 256 * 1024;
inline constexpr std::size_t kMaxKeyNameBytes = 64;

/// Where keys are. Both files are private (ReadPrivateFile); either may be missing.
///
/// `credentials` has the pair that the daemon makes at its first start, as AWS clients read it: an
/// admin's. `keys` has all others, a line each, and a line without a secret (`-`) for the first
/// pair once that was disabled:
///   AKIA... viewer enabled 2030-01-01T00:00:00Z grafana SECRET
struct KeyFiles {
  std::string keys;
  std::string credentials;
};

/// The first pair's name.
inline constexpr std::string_view kFirstKeyName = "default";

/// The lines of a `keys` file that `path` names. Strict: one that is not whole is damaged. Error:
/// kInvalidArgument: names the path and the line, and quotes nothing of it. Pure.
absl::StatusOr<std::vector<Key>> ParseKeys(std::string_view text, const std::string& path);

/// All keys: the first pair, if there is one, with its state; then the others.
std::vector<Key> AllKeys(const std::optional<Credentials>& first, std::vector<Key> others);

/// All keys of the files, as AllKeys has it. Errors: those of ReadPrivateFile, ReadCredentials and
/// ParseKeys, but for missing files. Any thread.
absl::StatusOr<std::vector<Key>> ListKeys(const KeyFiles& files);

/// Makes a key and stores it before it returns; one writer at a time, others wait. An empty `name`
/// is the new key's id. Errors: kInvalidArgument: `name` has other characters than letters, digits
/// and +=,.@_- or too many; kResourceExhausted: kMaxKeys are there; those of ListKeys and
/// ReplacePrivateFile.
absl::StatusOr<Key> CreateKey(const KeyFiles& files, Role role, const std::string& name,
                              absl::Time now);

/// Lets a key in, or not any more: from its return on. Nothing changes if that is so already.
/// Errors: kNotFound; those of ListKeys and ReplacePrivateFile.
absl::Status SetKeyState(const KeyFiles& files, const std::string& access_key_id, KeyState state);

}  // namespace lull::server
