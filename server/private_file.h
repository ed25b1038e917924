#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"

namespace lull::server {

/// Tells one state of a file from another. While a descriptor of it is open no other file can get
/// its inode's number: a rename over it is always seen.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::uint32_t mode = 0;
  std::int64_t changed_ns = 0;  ///< its inode (ctime), that is: text, mode and owner
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// A file of secrets, as it was when it was read.
struct PrivateFile {
  std::string text;
  FileStamp stamp;
  UniqueFd fd;
};

/// Reads `path`, of `max_bytes` at most. Errors: kNotFound; kFailedPrecondition if somebody else
/// than its owner (this user or root) may read or write it, whose text says how to mend it;
/// kInvalidArgument if it is no regular file or too big; kInternal. Any thread.
absl::StatusOr<PrivateFile> ReadPrivateFile(const std::string& path, std::size_t max_bytes);

/// The stamp of what `path` names now, nothing if that is nothing: asked for each request, so no
/// error is made of a file that may be missing. Errors: kFailedPrecondition; kInternal.
absl::StatusOr<std::optional<FileStamp>> StampOf(const std::string& path);

/// Writes a new file of mode 0600: durable with its directory entry before it returns, and either
/// whole or not there whenever the process dies. Errors: kAlreadyExists if `path` exists (a
/// dangling link does, too); kFailedPrecondition if the directory can't be written; kInternal. Any
/// thread.
absl::Status CreatePrivateFile(const std::string& path, std::string_view text);

/// As CreatePrivateFile, in the place of what `path` names, if anything: readers find the old text
/// or the new. REQUIRES: one writer at a time (see LockFolder).
absl::Status ReplacePrivateFile(const std::string& path, std::string_view text);

/// Waits for other holders, then keeps them out until the result is destroyed, which the death of
/// the process is as well. Processes and threads alike. Errors: kFailedPrecondition, kInternal.
absl::StatusOr<UniqueFd> LockFolderOf(const std::string& path);

}  // namespace lull::server
