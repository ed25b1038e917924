#include "runners/invocation_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"
#include "runners/folder.h"
#include "runners/shim/protocol.h"

namespace lull::runners {
namespace {

constexpr std::size_t kLastLineBytes = 1024;

std::string OutputName(Ordinal ordinal, OutputStream stream) {
  return absl::StrCat(ordinal,
                      stream == OutputStream::kStdout ? shim::kStdoutSuffix : shim::kStderrSuffix);
}

struct OpenedOutput {
  UniqueFd file;  ///< invalid when there is none
  off_t size = 0;
};

absl::StatusOr<OpenedOutput> OpenOutput(const UniqueFd& folder, const std::string& name) {
  // Not to wait for the writer of a pipe that somebody put there.
  OpenedOutput output{.file = UniqueFd(::openat(folder.get(), name.c_str(),
                                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC))};
  if (!output.file.valid() && errno == ENOENT) return output;
  if (!output.file.valid()) return ErrnoStatus(errno, name);
  struct stat info;
  if (::fstat(output.file.get(), &info) < 0) return ErrnoStatus(errno, name);
  if (!S_ISREG(info.st_mode)) return Invalid(name, ": is no regular file");
  output.size = info.st_size;
  return output;
}

}  // namespace

std::string ScriptName(Ordinal ordinal) { return absl::StrCat(ordinal, shim::kScriptSuffix); }

absl::Status WriteScript(const UniqueFd& folder, Ordinal ordinal, std::string_view script) {
  const std::string name = ScriptName(ordinal);
  LULL_ASSIGN_OR_RETURN(const UniqueFd file, CreateFile(folder, name));
  const absl::Status written = WriteAll(file, name, script);
  if (!written.ok()) RemoveScript(folder, ordinal);
  return written;
}

absl::StatusOr<UniqueFd> ScriptInMemory(std::string_view script) {
  UniqueFd file(::memfd_create("script", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, "memfd_create");
  LULL_RETURN_IF_ERROR(WriteAll(file, "script", script));
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return ErrnoStatus(errno, "lseek");
  return file;
}

void RemoveScript(const UniqueFd& folder, Ordinal ordinal) {
  ::unlinkat(folder.get(), ScriptName(ordinal).c_str(), 0);
}

void RemoveStart(const UniqueFd& folder, Ordinal ordinal) {
  RemoveScript(folder, ordinal);
  ::unlinkat(folder.get(), absl::StrCat(ordinal, shim::kRecordSuffix).c_str(), 0);
}

absl::StatusOr<std::string> ReadOutputFile(const std::string& output_dir, InvocationRef invocation,
                                           OutputStream stream, std::size_t limit) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, FindFolder(output_dir, invocation.task));
  if (!folder.valid()) return std::string();
  LULL_ASSIGN_OR_RETURN(const OpenedOutput output,
                        OpenOutput(folder, OutputName(invocation.ordinal, stream)));
  if (!output.file.valid()) return std::string();
  return ReadSome(output.file, limit);
}

std::string LastErrorLine(const UniqueFd& folder, Ordinal ordinal) {
  const auto output = OpenOutput(folder, OutputName(ordinal, OutputStream::kStderr));
  if (!output.ok() || !output->file.valid()) return "";
  const off_t bytes = static_cast<off_t>(kLastLineBytes);
  const auto text =
      ReadSome(output->file, kLastLineBytes, std::max<off_t>(output->size - bytes, 0));
  if (!text.ok()) return "";
  const std::string stripped(absl::StripTrailingAsciiWhitespace(*text));
  const std::size_t newline = stripped.rfind('\n');
  const std::string line = newline == std::string::npos ? stripped : stripped.substr(newline + 1);
  return std::string(absl::StripAsciiWhitespace(line));  // ssh ends its lines with \r\n
}

absl::StatusOr<bool> RemoveSomeFiles(const std::string& output_dir, TaskKey task) {
  const std::string path = FolderOf(output_dir, task);
  LULL_ASSIGN_OR_RETURN(UniqueFd folder, FindFolder(output_dir, task));
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
