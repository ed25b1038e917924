#include "server/key_ring.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/credentials.h"

namespace lull::server {
namespace {

/// A file that is missing is nothing; all else is an error.
template <class T>
absl::StatusOr<std::optional<T>> IfThere(absl::StatusOr<T> found) {
  if (absl::IsNotFound(found.status())) return std::nullopt;
  LULL_RETURN_IF_ERROR(found.status());
  return std::optional<T>(*std::move(found));
}

bool HasKey(const std::vector<Key>& keys, std::string_view access_key_id) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return key.access_key_id == access_key_id; });
}

}  // namespace

KeyRing::KeyRing(KeyFiles files) : files_(std::move(files)) {}

absl::StatusOr<std::shared_ptr<const Key>> KeyRing::Find(std::string_view access_key_id) {
  MutexLock lock(mutex_);
  if (const absl::Status status = Refresh(); !status.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the keys can't be read, and nobody is let in: ", status.message()));
  }
  const auto found = keys_.find(access_key_id);
  if (found == keys_.end() || found->second->state != KeyState::kEnabled) return nullptr;
  return found->second;
}

absl::Status KeyRing::Refresh() {
  Stamps now;
  LULL_ASSIGN_OR_RETURN(now.keys, StampOf(files_.keys));
  LULL_ASSIGN_OR_RETURN(now.credentials, StampOf(files_.credentials));
  if (loaded_ && now == seen_) return absl::OkStatus();
  loaded_ = false;
  LULL_RETURN_IF_ERROR(Load());
  loaded_ = true;
  return absl::OkStatus();
}

bool KeyRing::WasDisabled(std::string_view access_key_id) const {
  const auto found = keys_.find(access_key_id);
  return found != keys_.end() && found->second->state == KeyState::kDisabled;
}

absl::Status KeyRing::Load() {
  LULL_ASSIGN_OR_RETURN(std::optional<PrivateFile> keys,
                        IfThere(ReadPrivateFile(files_.keys, kMaxKeysFileBytes)));
  if (!keys && seen_.keys) {
    return absl::NotFoundError(
        absl::StrCat(files_.keys,
                     " is gone; put back a copy of it, or restart the daemon to go on with the key "
                     "in ",
                     files_.credentials, " alone"));
  }
  LULL_ASSIGN_OR_RETURN(std::optional<PrivateFile> credentials,
                        IfThere(ReadPrivateFile(files_.credentials, kMaxCredentialsFileBytes)));
  std::vector<Key> others;
  if (keys) {
    LULL_ASSIGN_OR_RETURN(others, ParseKeys(keys->text, files_.keys));
  }
  std::optional<Credentials> first;
  if (credentials) {
    LULL_ASSIGN_OR_RETURN(first,
                          ParseCredentials(credentials->text, kDefaultProfile, files_.credentials));
  }
  // Its line in the other file is all that keeps a first pair out; a file that was made anew lacks
  // it.
  if (first && WasDisabled(first->access_key_id) && !HasKey(others, first->access_key_id)) {
    return absl::NotFoundError(
        absl::StrCat(files_.keys, " has lost the line that disables ", first->access_key_id,
                     "; put back a copy of it, or run: lull keys disable ", first->access_key_id,
                     " (or restart the daemon to let that key in)"));
  }
  keys_.clear();
  for (Key& key : AllKeys(first, std::move(others))) {
    std::string id = key.access_key_id;
    keys_.emplace(std::move(id), std::make_shared<const Key>(std::move(key)));
  }
  seen_ = {};
  if (keys) seen_.keys = keys->stamp, keys_file_ = std::move(keys->fd);
  if (credentials) {
    seen_.credentials = credentials->stamp;
    credentials_file_ = std::move(credentials->fd);
  }
  return absl::OkStatus();
}

}  // namespace lull::server
