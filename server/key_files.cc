#include "server/key_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "server/private_file.h"

namespace lull::server {
namespace {

constexpr std::string_view kHeader =
    "# Lull's keys, changed by `lull keys`. Each line: id, role, state, made at, name, secret.\n";
constexpr std::string_view kEnabled = "enabled";
constexpr std::string_view kDisabled = "disabled";
constexpr std::string_view kSecretElsewhere = "-";
constexpr std::string_view kNameCharacters = "+=,.@_-";
constexpr char kTimeFormat[] = "%E4Y-%m-%dT%H:%M:%SZ";
constexpr std::size_t kIdBytes = 20;
constexpr std::size_t kSecretBytes = 40;
constexpr std::size_t kColumns = 6;

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxKeyNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || kNameCharacters.find(c) != std::string_view::npos;
         });
}

bool IsId(std::string_view id) {
  return id.size() == kIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c);
         });
}

std::optional<Key> ParseLine(absl::string_view line) {
  const std::vector<std::string> columns = absl::StrSplit(line, ' ');
  if (columns.size() != kColumns) return std::nullopt;
  Key key;
  key.access_key_id = columns[0];
  const std::optional<Role> role = ParseRole(columns[1]);
  if (!IsId(key.access_key_id) || !role) return std::nullopt;
  key.role = *role;
  if (columns[2] != kEnabled && columns[2] != kDisabled) return std::nullopt;
  key.state = columns[2] == kEnabled ? KeyState::kEnabled : KeyState::kDisabled;
  if (!absl::ParseTime(kTimeFormat, columns[3], &key.created_at, nullptr)) return std::nullopt;
  key.name = columns[4];
  if (!IsName(key.name)) return std::nullopt;
  if (columns[5] != kSecretElsewhere) {
    if (columns[5].size() != kSecretBytes) return std::nullopt;
    key.secret_access_key = columns[5];
  }
  return key;
}

std::string KeysText(const std::vector<Key>& keys) {
  std::string text(kHeader);
  for (const Key& key : keys) {
    const std::string_view secret =
        key.secret_access_key.empty() ? kSecretElsewhere : std::string_view(key.secret_access_key);
    absl::StrAppend(&text, key.access_key_id, " ", ToAbsl(Name(key.role)), " ",
                    ToAbsl(key.state == KeyState::kEnabled ? kEnabled : kDisabled), " ",
                    absl::FormatTime(kTimeFormat, key.created_at, absl::UTCTimeZone()), " ",
                    key.name, " ", ToAbsl(secret), "\n");
  }
  return text;
}

template <class Keys>
auto Find(Keys& keys, const std::string& access_key_id) {
  return std::find_if(keys.begin(), keys.end(),
                      [&](const Key& key) { return key.access_key_id == access_key_id; });
}

absl::StatusOr<std::vector<Key>> ReadKeys(const std::string& path) {
  const absl::StatusOr<PrivateFile> file = ReadPrivateFile(path, kMaxKeysFileBytes);
  if (absl::IsNotFound(file.status())) return std::vector<Key>();
  LULL_RETURN_IF_ERROR(file.status());
  return ParseKeys(file->text, path);
}

absl::StatusOr<std::optional<Credentials>> ReadFirst(const std::string& path) {
  absl::StatusOr<Credentials> first = ReadCredentials(path);
  if (absl::IsNotFound(first.status())) return std::nullopt;
  LULL_RETURN_IF_ERROR(first.status());
  return *std::move(first);
}

}  // namespace

absl::StatusOr<std::vector<Key>> ParseKeys(std::string_view text, const std::string& path) {
  std::vector<Key> keys;
  int number = 0;
  const auto damaged = [&](std::string_view what) {
    return Invalid(path, " is damaged: line ", number, " ", ToAbsl(what),
                   "; put back a copy of it, or take that line away (its key with it)");
  };
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::optional<Key> key = ParseLine(line);
    if (!key) return damaged("is no key");
    if (Find(keys, key->access_key_id) != keys.end()) return damaged("has a key again");
    keys.push_back(*std::move(key));
  }
  if (!text.empty() && text.back() != '\n') return damaged("has no end");
  return keys;
}

std::vector<Key> AllKeys(const std::optional<Credentials>& first, std::vector<Key> others) {
  std::vector<Key> all;
  const auto line = first ? Find(others, first->access_key_id) : others.end();
  // A pair of the other file that was copied into the first one stays what it is.
  if (first && (line == others.end() || line->secret_access_key.empty())) {
    all.push_back({first->access_key_id, first->secret_access_key, Role::kAdmin,
                   line == others.end() ? KeyState::kEnabled : line->state,
                   std::string(kFirstKeyName), absl::UnixEpoch()});
  }
  for (Key& key : others) {
    if (!key.secret_access_key.empty()) all.push_back(std::move(key));
  }
  return all;
}

absl::StatusOr<std::vector<Key>> ListKeys(const KeyFiles& files) {
  LULL_ASSIGN_OR_RETURN(std::vector<Key> others, ReadKeys(files.keys));
  LULL_ASSIGN_OR_RETURN(const std::optional<Credentials> first, ReadFirst(files.credentials));
  return AllKeys(first, std::move(others));
}

absl::StatusOr<Key> CreateKey(const KeyFiles& files, Role role, const std::string& name,
                              absl::Time now) {
  if (!name.empty() && !IsName(name)) {
    return Invalid("A key's name has 1 to ", kMaxKeyNameBytes,
                   " letters, digits and +=,.@_- and nothing else.");
  }
  LULL_ASSIGN_OR_RETURN(const UniqueFd lock, LockFolderOf(files.keys));
  LULL_ASSIGN_OR_RETURN(std::vector<Key> keys, ReadKeys(files.keys));
  if (keys.size() >= kMaxKeys) {
    return absl::ResourceExhaustedError(
        absl::StrCat(files.keys, " has ", keys.size(),
                     " keys, and that is the most; take lines of disabled ones away from it"));
  }
  Credentials pair = GenerateCredentials();
  Key key{std::move(pair.access_key_id),
          std::move(pair.secret_access_key),
          role,
          KeyState::kEnabled,
          name,
          absl::FromUnixSeconds(absl::ToUnixSeconds(now))};
  if (key.name.empty()) key.name = key.access_key_id;
  keys.push_back(key);
  LULL_RETURN_IF_ERROR(ReplacePrivateFile(files.keys, KeysText(keys)));
  return key;
}

absl::Status SetKeyState(const KeyFiles& files, const std::string& access_key_id, KeyState state) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd lock, LockFolderOf(files.keys));
  LULL_ASSIGN_OR_RETURN(std::vector<Key> keys, ReadKeys(files.keys));
  LULL_ASSIGN_OR_RETURN(const std::optional<Credentials> first, ReadFirst(files.credentials));
  auto line = Find(keys, access_key_id);
  if (line == keys.end() && first && first->access_key_id == access_key_id) {
    line = keys.insert(keys.begin(), Key{.access_key_id = access_key_id,
                                         .secret_access_key = "",
                                         .role = Role::kAdmin,
                                         .state = KeyState::kEnabled,
                                         .name = std::string(kFirstKeyName),
                                         .created_at = absl::UnixEpoch()});
  }
  if (line == keys.end()) {
    return absl::NotFoundError(absl::StrCat("There is no key ", access_key_id,
                                            ". `lull keys list` shows those that are there."));
  }
  if (line->state == state) return absl::OkStatus();
  line->state = state;
  return ReplacePrivateFile(files.keys, KeysText(keys));
}

}  // namespace lull::server
