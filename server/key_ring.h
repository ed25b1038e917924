#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "server/key.h"
#include "server/key_files.h"
#include "server/private_file.h"

namespace lull::server {

/// The keys of a running daemon: each lookup looks (two stat calls) whether the files are still
/// those that were read, so that what `lull keys` did counts from the next request on.
///
/// It fails closed. While a file can't be read, is damaged, or `keys` is gone although it was
/// there, or came back without the line that disabled the first pair, nobody is let in: an older
/// state might hold a key that was disabled. Thread-safe.
class KeyRing {
 public:
  explicit KeyRing(KeyFiles files);

  /// The key of that id if it is enabled, else null. Error: kUnavailable: a file can't be read; the
  /// text (not for callers: it has paths) says what to do.
  absl::StatusOr<std::shared_ptr<const Key>> Find(std::string_view access_key_id);

 private:
  /// What a lookup compares: the stamps of both files, nothing for one that is missing.
  struct Stamps {
    std::optional<FileStamp> keys;
    std::optional<FileStamp> credentials;
    friend bool operator==(const Stamps&, const Stamps&) = default;
  };

  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Whether the files that were read last had a key of that id, and disabled.
  bool WasDisabled(std::string_view access_key_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const KeyFiles files_;
  Mutex mutex_;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  Stamps seen_ ABSL_GUARDED_BY(mutex_);
  /// Open for as long as their stamps count: see FileStamp.
  UniqueFd keys_file_ ABSL_GUARDED_BY(mutex_);
  UniqueFd credentials_file_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const Key>, std::less<>> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull::server
