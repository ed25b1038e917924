#include "runners/invocation_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"

namespace lull::runners {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

std::string FolderOf(const std::string& output_dir, TaskKey task) {
  return absl::StrCat(output_dir, "/", static_cast<std::int64_t>(task));
}

std::string_view SuffixOf(OutputStream stream) {
  return stream == OutputStream::kStdout ? kStdoutSuffix : "stderr";
}

std::string FileName(Ordinal ordinal, std::string_view suffix) {
  return absl::StrCat(ordinal, ".", ToAbsl(suffix));
}

std::string OutputName(Ordinal ordinal, OutputStream stream) {
  return FileName(ordinal, SuffixOf(stream));
}

/// An invalid descriptor when there is none.
absl::StatusOr<UniqueFd> FindFolder(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.valid() && errno != ENOENT) return ErrnoStatus(errno, path);
  return folder;
}

absl::StatusOr<UniqueFd> OpenFolder(const std::string& path) {
  if (::mkdir(path.c_str(), kFolderMode) < 0 && errno != EEXIST) return ErrnoStatus(errno, path);
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.valid()) return ErrnoStatus(errno, path);
  struct stat info;
  if (::fstat(folder.get(), &info) < 0) return ErrnoStatus(errno, path);
  if (info.st_uid != ::geteuid()) return Invalid(path, ": belongs to another user");
  if (::fchmod(folder.get(), kFolderMode) < 0) return ErrnoStatus(errno, path);
  return folder;
}

/// The folder of a task execution, and the one that it is in, made where they are missing.
absl::StatusOr<UniqueFd> MakeFolders(const std::string& output_dir, TaskKey task) {
  if (::mkdir(output_dir.c_str(), kFolderMode) < 0 && errno != EEXIST) {
    return ErrnoStatus(errno, output_dir);
  }
  return OpenFolder(FolderOf(output_dir, task));
}

absl::StatusOr<UniqueFd> CreateFile(const UniqueFd& folder, const std::string& name) {
  if (::unlinkat(folder.get(), name.c_str(), 0) < 0 && errno != ENOENT) {
    return ErrnoStatus(errno, name);
  }
  UniqueFd file(
      ::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file.valid()) return ErrnoStatus(errno, name);
  return file;
}

absl::Status WriteAll(const UniqueFd& file, const std::string& name, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, name);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace

InvocationFiles::InvocationFiles(InvocationFiles&& other) noexcept
    : script_path(std::exchange(other.script_path, "")),
      stdout_file(std::move(other.stdout_file)),
      stderr_file(std::move(other.stderr_file)) {}

InvocationFiles::~InvocationFiles() {
  if (!script_path.empty()) ::unlink(script_path.c_str());
}

absl::StatusOr<InvocationFiles> CreateInvocationFiles(const std::string& output_dir,
                                                      InvocationRef invocation,
                                                      std::string_view script) {
  const std::string path = FolderOf(output_dir, invocation.task);
  const std::string script_name = absl::StrCat(invocation.ordinal, ".script");
  InvocationFiles files;
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, MakeFolders(output_dir, invocation.task));
  LULL_ASSIGN_OR_RETURN(const UniqueFd script_file, CreateFile(folder, script_name));
  files.script_path = absl::StrCat(path, "/", script_name);
  LULL_RETURN_IF_ERROR(WriteAll(script_file, script_name, script));
  LULL_ASSIGN_OR_RETURN(files.stdout_file,
                        CreateFile(folder, OutputName(invocation.ordinal, OutputStream::kStdout)));
  LULL_ASSIGN_OR_RETURN(files.stderr_file,
                        CreateFile(folder, OutputName(invocation.ordinal, OutputStream::kStderr)));
  return files;
}

absl::Status WriteInvocationFile(const std::string& output_dir, InvocationRef invocation,
                                 std::string_view suffix, std::string_view text,
                                 Durability durability) {
  const bool syncs = durability == Durability::kPowerLoss;
  const std::string name = FileName(invocation.ordinal, suffix);
  const std::string temporary = absl::StrCat(name, ".tmp");
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, MakeFolders(output_dir, invocation.task));
  LULL_ASSIGN_OR_RETURN(const UniqueFd file, CreateFile(folder, temporary));
  LULL_RETURN_IF_ERROR(WriteAll(file, name, text));
  if (syncs && ::fsync(file.get()) < 0) return ErrnoStatus(errno, name);
  if (::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) < 0) {
    return ErrnoStatus(errno, name);
  }
  if (!syncs) return absl::OkStatus();
  if (::fsync(folder.get()) < 0) return ErrnoStatus(errno, FolderOf(output_dir, invocation.task));
  LULL_ASSIGN_OR_RETURN(const UniqueFd parent, FindFolder(output_dir));
  if (::fsync(parent.get()) < 0) return ErrnoStatus(errno, output_dir);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ReadInvocationFile(const std::string& output_dir,
                                                              InvocationRef invocation,
                                                              std::string_view suffix,
                                                              std::size_t limit) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, FindFolder(FolderOf(output_dir, invocation.task)));
  if (!folder.valid()) return std::nullopt;
  const std::string name = FileName(invocation.ordinal, suffix);
  // Not to wait for the writer of a pipe that somebody put there.
  const UniqueFd file(
      ::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::nullopt;
  if (!file.valid()) return ErrnoStatus(errno, name);
  struct stat info;
  if (::fstat(file.get(), &info) < 0) return ErrnoStatus(errno, name);
  if (!S_ISREG(info.st_mode)) return Invalid(name, ": is no regular file");
  std::string text;
  text.resize(limit);
  std::size_t size = 0;
  while (size < limit) {
    const ssize_t n = ::read(file.get(), text.data() + size, limit - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, name);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return text;
}

absl::StatusOr<std::string> ReadOutputFile(const std::string& output_dir, InvocationRef invocation,
                                           OutputStream stream, std::size_t limit) {
  LULL_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                        ReadInvocationFile(output_dir, invocation, SuffixOf(stream), limit));
  return text.value_or("");
}

absl::StatusOr<bool> RemoveSomeFiles(const std::string& output_dir, TaskKey task) {
  const std::string path = FolderOf(output_dir, task);
  LULL_ASSIGN_OR_RETURN(UniqueFd folder, FindFolder(path));
  if (!folder.valid()) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(folder.Release()), &::closedir);
  if (list == nullptr) return ErrnoStatus(errno, path);
  int removed = 0;
  errno = 0;
  while (const dirent* entry = ::readdir(list.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (::unlinkat(::dirfd(list.get()), entry->d_name, 0) < 0) return ErrnoStatus(errno, path);
    if (++removed == kRemovedAtOnce) return true;
  }
  if (errno != 0) return ErrnoStatus(errno, path);
  if (::rmdir(path.c_str()) < 0) return ErrnoStatus(errno, path);
  return false;
}

}  // namespace lull::runners
