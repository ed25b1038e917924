#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace lull::storage {

/// The right to be the one engine of a database: a lock on a file beside it. The kernel releases it
/// when the process dies, however it dies; children that exec don't keep it.
class FileLock {
 public:
  /// Takes the lock on `path`, a file that is created (mode 0600) and stays. Never waits.
  /// Errors: kFailedPrecondition: somebody else has it; kUnavailable: the file can't be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path);

  /// Whether somebody has the lock, as of now; takes nothing and makes no file.
  static bool IsTaken(const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}

  const int file_;
};

}  // namespace lull::storage
