#include "runners/invocation_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"

namespace lull::runners {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;

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

absl::StatusOr<UniqueFd> CreateFile(const UniqueFd& folder, const std::string& name) {
  if (::unlinkat(folder.get(), name.c_str(), 0) < 0 && errno != ENOENT) {
    return ErrnoStatus(errno, name);
  }
  UniqueFd file(
      ::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file.valid()) return ErrnoStatus(errno, name);
  return file;
}

absl::Status WriteScript(const UniqueFd& file, const std::string& name, std::string_view script) {
  while (!script.empty()) {
    const ssize_t n = ::write(file.get(), script.data(), script.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, name);
    script.remove_prefix(static_cast<std::size_t>(n));
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
  if (::mkdir(output_dir.c_str(), kFolderMode) < 0 && errno != EEXIST) {
    return ErrnoStatus(errno, output_dir);
  }
  const std::string path =
      absl::StrCat(output_dir, "/", static_cast<std::int64_t>(invocation.task));
  const std::string base = absl::StrCat(invocation.ordinal);

  const std::string script_name = base + ".script";
  InvocationFiles files;
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, OpenFolder(path));
  LULL_ASSIGN_OR_RETURN(const UniqueFd script_file, CreateFile(folder, script_name));
  files.script_path = absl::StrCat(path, "/", script_name);
  LULL_RETURN_IF_ERROR(WriteScript(script_file, script_name, script));
  LULL_ASSIGN_OR_RETURN(files.stdout_file, CreateFile(folder, base + ".stdout"));
  LULL_ASSIGN_OR_RETURN(files.stderr_file, CreateFile(folder, base + ".stderr"));
  return files;
}

}  // namespace lull::runners
