#include "server/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "server/crypto.h"

namespace lull::server {
namespace {

constexpr mode_t kMode = 0600;
constexpr mode_t kOthersBits = 0077;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

absl::Status Failed(const char* what, const std::string& path, int error) {
  const std::string text = absl::StrCat("can't ", what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
      return absl::FailedPreconditionError(text);
    default:
      return absl::InternalError(text);
  }
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

FileStamp StampFrom(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, info.st_mode,
          info.st_ctim.tv_sec * kNanoseconds + info.st_ctim.tv_nsec};
}

absl::Status CheckPrivate(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return Invalid(path, " is not a regular file");
  if ((info.st_mode & kOthersBits) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s has mode %04o: others than its owner have access to the secret in it; "
                        "run: chmod 600 %s (and replace it if somebody may have read it)",
                        path, info.st_mode & 07777, path));
  }
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, " belongs to user ", info.st_uid,
                                                      ", not to this one (", ::geteuid(),
                                                      "); run: chown ", ::geteuid(), " ", path));
  }
  return absl::OkStatus();
}

absl::Status WriteAll(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path, errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return Failed("sync", path, errno);
  return absl::OkStatus();
}

/// A new file `temporary`, which is to become `path`.
absl::Status WriteTemporary(const std::string& path, const std::string& temporary,
                            std::string_view text) {
  const UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (fd.get() < 0) {
    if (errno == ENOENT) {
      return absl::FailedPreconditionError(absl::StrCat("can't create ", path, ": its directory ",
                                                        DirectoryOf(path), " does not exist"));
    }
    return Failed("create", temporary, errno);
  }
  return WriteAll(fd.get(), temporary, text);
}

absl::StatusOr<UniqueFd> OpenFolderOf(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return Failed("open", directory, errno);
  return fd;
}

absl::Status SyncFolderOf(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd fd, OpenFolderOf(path));
  if (::fsync(fd.get()) != 0) return Failed("sync", DirectoryOf(path), errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PrivateFile> ReadPrivateFile(const std::string& path, std::size_t max_bytes) {
  PrivateFile file;
  // O_NONBLOCK: opening a FIFO would wait for its writer.
  file.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd.get() < 0) return Failed("open", path, errno);
  struct stat info;
  if (::fstat(file.fd.get(), &info) != 0) return Failed("look at", path, errno);
  LULL_RETURN_IF_ERROR(CheckPrivate(path, info));
  file.stamp = StampFrom(info);
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(file.fd.get(), buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("read", path, errno);
    if (size == 0) return file;
    file.text.append(buffer, static_cast<size_t>(size));
    if (file.text.size() > max_bytes)
      return Invalid(path, " is too big; it may have ", max_bytes, " bytes");
  }
}

absl::StatusOr<std::optional<FileStamp>> StampOf(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return Failed("look at", path, errno);
  }
  return StampFrom(info);
}

absl::Status CreatePrivateFile(const std::string& path, std::string_view text) {
  // A name of its own beside `path`: link() then gives the finished file its name, and unlike
  // rename() never in place of another.
  const std::string temporary = absl::StrCat(path, ".", Hex(RandomBytes(8)), ".tmp");
  absl::Status status = WriteTemporary(path, temporary, text);
  if (status.ok() && ::link(temporary.c_str(), path.c_str()) != 0) {
    status = Failed("create", path, errno);
  }
  ::unlink(temporary.c_str());
  LULL_RETURN_IF_ERROR(status);
  return SyncFolderOf(path);
}

absl::Status ReplacePrivateFile(const std::string& path, std::string_view text) {
  // One name: what a writer that was killed has left is no litter for ever.
  const std::string temporary = absl::StrCat(path, ".tmp");
  ::unlink(temporary.c_str());
  LULL_RETURN_IF_ERROR(WriteTemporary(path, temporary, text));
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Failed("replace", path, errno);
  return SyncFolderOf(path);
}

absl::StatusOr<UniqueFd> LockFolderOf(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(UniqueFd fd, OpenFolderOf(path));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return Failed("lock", DirectoryOf(path), errno);
  }
  return fd;
}

}  // namespace lull::server
