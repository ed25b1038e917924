#include "storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/status.h"

namespace lull::storage {
namespace {

/// What the holder wrote into the file: its process id, for the message only.
std::string HolderOf(int file) {
  char text[32];
  const ssize_t size = pread(file, text, sizeof text, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "unknown";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::UnavailableError(
        absl::StrCat(path, ": can't create the lock file: ", std::strerror(errno),
                     "; its folder must exist and be writable"));
  }
  auto lock = std::unique_ptr<FileLock>(new FileLock(file));
  struct flock request = {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  // An open file description's lock: unlike a process's, closing another descriptor of the same
  // file does not lose it, and a second engine in the same process is kept out too.
  if (fcntl(file, F_OFD_SETLK, &request) != 0) {
    if (errno != EAGAIN && errno != EACCES) {
      return absl::UnavailableError(absl::StrCat(path, ": can't lock: ", std::strerror(errno)));
    }
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": another engine (process ", HolderOf(file),
                     ") uses this database; stop it first, or open read-only"));
  }
  const std::string holder = absl::StrCat(getpid());
  if (ftruncate(file, 0) != 0 ||
      pwrite(file, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    // A full disk: the lock holds all the same.
  }
  return lock;
}

bool FileLock::IsTaken(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct flock request = {};
  request.l_type = F_WRLCK;
  request.l_whence = SEEK_SET;
  const bool is_taken = fcntl(file, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK;
  close(file);
  return is_taken;
}

FileLock::~FileLock() { close(file_); }

}  // namespace lull::storage
