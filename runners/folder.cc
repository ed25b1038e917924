#include "runners/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"

namespace lull::runners {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

constexpr char kBootIdPath[] = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kMaxBootId = 64;

// Links that lead nowhere, so that each is made in one step. What has no kSynced yet is half made:
// nothing is begun in it, and whoever opens it next goes on from any step.
constexpr char kBootLink[] = "boot";      // its text is the boot's id; the first one stays
constexpr char kSyncedLink[] = "synced";  // the folder and the link before are on the disk
constexpr char kNoBoot[] = "unknown";     // the text when the kernel has no id

constexpr char kMark[] = "made-by-lull";  // in the folder above: it is the one of an earlier life

bool HasLink(const UniqueFd& folder, const char* name) {
  struct stat info;
  return ::fstatat(folder.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/// Leaves the link alone if there is one.
absl::Status MakeLink(const UniqueFd& folder, const char* text, const char* name) {
  if (::symlinkat(text, folder.get(), name) == 0 || errno == EEXIST) return absl::OkStatus();
  return ErrnoStatus(errno, name);
}

/// Puts the folder and the id of this boot into it on the disk.
absl::Status Settle(const std::string& output_dir, const UniqueFd& folder,
                    const std::string& boot_id) {
  LULL_RETURN_IF_ERROR(MakeLink(folder, boot_id.empty() ? kNoBoot : boot_id.c_str(), kBootLink));
  const UniqueFd above(::open(output_dir.c_str(), kOpenFolder));
  if (!above.valid()) return ErrnoStatus(errno, output_dir);
  if (::fsync(folder.get()) < 0 || ::fsync(above.get()) < 0) return ErrnoStatus(errno, output_dir);
  return MakeLink(folder, "yes", kSyncedLink);
}

/// The folder, this user's alone.
absl::StatusOr<UniqueFd> OpenOwn(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), kOpenFolder));
  if (!folder.valid()) return ErrnoStatus(errno, path);
  struct stat info;
  if (::fstat(folder.get(), &info) < 0) return ErrnoStatus(errno, path);
  if (info.st_uid != ::geteuid()) return Invalid(path, ": belongs to another user");
  if ((info.st_mode & 07777) == kFolderMode) return folder;
  if (::fchmod(folder.get(), kFolderMode) < 0) return ErrnoStatus(errno, path);
  return folder;
}

}  // namespace

std::string FolderOf(const std::string& output_dir, TaskKey task) {
  return absl::StrCat(output_dir, "/", static_cast<std::int64_t>(task));
}

absl::StatusOr<UniqueFd> FindFolder(const std::string& output_dir, TaskKey task) {
  const std::string path = FolderOf(output_dir, task);
  UniqueFd folder(::open(path.c_str(), kOpenFolder));
  if (!folder.valid() && errno != ENOENT) return ErrnoStatus(errno, path);
  return folder;
}

absl::StatusOr<bool> MakeOutputDir(const std::string& output_dir) {
  if (::mkdir(output_dir.c_str(), kFolderMode) < 0 && errno != EEXIST) {
    return ErrnoStatus(errno, output_dir);
  }
  const UniqueFd folder(::open(output_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return ErrnoStatus(errno, output_dir);
  const UniqueFd mark(
      ::openat(folder.get(), kMark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!mark.valid() && errno == EEXIST) return true;
  if (!mark.valid() || ::fsync(folder.get()) < 0) return ErrnoStatus(errno, output_dir);
  return false;
}

absl::StatusOr<UniqueFd> MakeFolder(const std::string& output_dir, TaskKey task,
                                    const std::string& boot_id) {
  const std::string path = FolderOf(output_dir, task);
  int made = ::mkdir(path.c_str(), kFolderMode);
  if (made < 0 && errno == ENOENT) {
    // Not marked: what it had before is lost.
    if (::mkdir(output_dir.c_str(), kFolderMode) < 0 && errno != EEXIST) {
      return ErrnoStatus(errno, output_dir);
    }
    made = ::mkdir(path.c_str(), kFolderMode);
  }
  if (made < 0 && errno != EEXIST) return ErrnoStatus(errno, path);
  auto folder = OpenOwn(path);
  if (folder.ok() && HasLink(*folder, kSyncedLink)) return folder;
  const absl::Status settled = folder.ok() ? Settle(output_dir, *folder, boot_id) : folder.status();
  if (settled.ok()) return folder;
  if (made == 0) {  // afresh next time: a second sync may hide that the first one failed
    ::unlink(absl::StrCat(path, "/", kBootLink).c_str());
    ::rmdir(path.c_str());
  }
  return settled;
}

bool LostNothing(const UniqueFd& folder, const std::string& boot_id) {
  char text[kMaxBootId];
  const ssize_t size = ::readlinkat(folder.get(), kBootLink, text, sizeof(text));
  if (size < 0) return errno == ENOENT && !HasLink(folder, kSyncedLink);
  return size > 0 && std::string_view(text, static_cast<std::size_t>(size)) == boot_id;
}

std::string ReadBootId() {
  const UniqueFd file(::open(kBootIdPath, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return "";
  const auto text = ReadSome(file, kMaxBootId);
  return text.ok() ? std::string(absl::StripAsciiWhitespace(*text)) : "";
}

absl::StatusOr<UniqueFd> CreateFile(const UniqueFd& folder, const std::string& name) {
  if (::unlinkat(folder.get(), name.c_str(), 0) < 0 && errno != ENOENT) {
    return ErrnoStatus(errno, name);
  }
  UniqueFd file(
      ::openat(folder.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file.valid()) return ErrnoStatus(errno, name);
  return file;
}

absl::Status WriteAll(const UniqueFd& file, std::string_view name, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, name);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadSome(const UniqueFd& file, std::size_t limit, off_t offset) {
  std::string text(limit, '\0');
  std::size_t size = 0;
  while (size < limit) {
    const ssize_t n =
        ::pread(file.get(), text.data() + size, limit - size, offset + static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "read");
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

}  // namespace lull::runners
