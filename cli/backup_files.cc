#include "cli/backup_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/print.h"
#include "engine/base/status.h"
#include "engine/base/unique_fd.h"
#include "server/crypto.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 64 * 1024;
constexpr char kMagic[] = "lull-backup 1";
constexpr std::size_t kSumDigits = 64;

/// A path that stays in its folder and in one line, spelt in the one way that a backup spells it.
/// None begins with a dot: `.restoring` is one that a restore makes itself.
bool IsInside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.front() == '.' || path.back() == '/')
    return false;
  if (path.find('\n') != path.npos || path.find('\0') != path.npos) return false;
  return fs::path(path).lexically_normal().native() == path;
}

/// Each path once, and none that is a file here and a folder there.
absl::Status CheckDistinct(const std::vector<Manifest::File>& files) {
  std::set<std::string> names;
  for (const Manifest::File& file : files) {
    if (!names.insert(file.path).second) return Invalid("it names ", file.path, " twice");
  }
  for (const Manifest::File& file : files) {
    fs::path above = file.path;
    while (!(above = above.parent_path()).empty()) {
      if (names.count(above.string()) == 0) continue;
      return Invalid("it names ", above.string(), " as a file and as a folder");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<UniqueFd> OpenToRead(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return FileError(path, "open", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return FileError(path, "look at", errno);
  if (!S_ISREG(info.st_mode)) return Invalid(path, ": not a regular file");
  return file;
}

/// Gives the bytes of a file to `take`, piece by piece.
absl::Status ReadPieces(const std::string& path, const UniqueFd& file,
                        const std::function<absl::Status(std::string_view)>& take) {
  std::string buffer(kPiece, '\0');
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FileError(path, "read", errno);
    if (size == 0) return absl::OkStatus();
    LULL_RETURN_IF_ERROR(take({buffer.data(), static_cast<std::size_t>(size)}));
  }
}

absl::Status WriteAll(const std::string& path, const UniqueFd& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file.get(), text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FileError(path, "write", errno);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return absl::OkStatus();
}

/// One thing of the output folder.
absl::Status CopyEntry(const fs::directory_entry& entry, const std::string& to,
                       const std::string& name, const std::function<void(std::string_view)>& tick,
                       std::vector<Manifest::File>& files) {
  std::error_code error;
  const fs::file_status status = entry.symlink_status(error);
  if (fs::is_directory(status)) return CopyOutput(entry.path().string(), to, name, tick, files);
  // A script is read while its command runs, and may hold secrets; what is being written will be
  // renamed. A link is the id of a boot: where that is not known, nothing is taken for not started.
  const std::string extension = entry.path().extension().string();
  if (!fs::is_regular_file(status) || extension == ".script" || extension == ".tmp") {
    return absl::OkStatus();
  }
  auto sum = CopyFile(entry.path().string(), to);
  if (absl::IsNotFound(sum.status())) return absl::OkStatus();
  LULL_RETURN_IF_ERROR(sum.status());
  files.push_back({name, *std::move(sum)});
  return absl::OkStatus();
}

}  // namespace

std::string FormatManifest(const Manifest& manifest) {
  std::string text = absl::StrCat(kMagic, "\ntaken_at ", TimeText(manifest.taken_at), "\nversion ",
                                  manifest.version, "\n");
  for (const Manifest::File& file : manifest.files) {
    absl::StrAppend(&text, "file ", file.sha256, " ", file.path, "\n");
  }
  return text;
}

absl::StatusOr<Manifest> ParseManifest(std::string_view text) {
  Manifest manifest;
  const absl::Status damaged = Invalid("it is no manifest of a backup, or damaged");
  std::vector<std::string> lines = absl::StrSplit(ToAbsl(text), '\n');
  if (lines.size() < 4 || lines[0] != kMagic || !lines.back().empty()) return damaged;
  if (!absl::StartsWith(lines[1], "taken_at ") || !absl::StartsWith(lines[2], "version ")) {
    return damaged;
  }
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, lines[1].substr(9), &manifest.taken_at, &error)) {
    return damaged;
  }
  manifest.version = lines[2].substr(8);
  lines.pop_back();
  for (std::size_t i = 3; i < lines.size(); ++i) {
    const std::vector<std::string> parts = absl::StrSplit(lines[i], absl::MaxSplits(' ', 2));
    if (parts.size() != 3 || parts[0] != "file" || parts[1].size() != kSumDigits ||
        !IsInside(parts[2])) {
      return damaged;
    }
    manifest.files.push_back({parts[2], parts[1]});
  }
  LULL_RETURN_IF_ERROR(CheckDistinct(manifest.files));
  return manifest;
}

absl::StatusOr<std::string> CopyFile(const std::string& from, const std::string& to) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd source, OpenToRead(from));
  const UniqueFd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return FileError(to, "create", errno);
  server::Sha256Sum sum;
  LULL_RETURN_IF_ERROR(ReadPieces(from, source, [&](std::string_view piece) {
    sum.Add(piece);
    return WriteAll(to, file, piece);
  }));
  return sum.Hex();
}

absl::StatusOr<std::string> SumFile(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd file, OpenToRead(path));
  server::Sha256Sum sum;
  LULL_RETURN_IF_ERROR(ReadPieces(path, file, [&](std::string_view piece) {
    sum.Add(piece);
    return absl::OkStatus();
  }));
  return sum.Hex();
}

absl::Status CopyOutput(const std::string& from, const std::string& to, const std::string& prefix,
                        const std::function<void(std::string_view)>& tick,
                        std::vector<Manifest::File>& files) {
  std::error_code error;
  fs::directory_iterator entries(from, error);
  if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  if (error) return FileError(from, "read", error.value());
  LULL_RETURN_IF_ERROR(MakeFolder(to));
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (tick) tick(prefix);
    const std::string name = entries->path().filename().string();
    LULL_RETURN_IF_ERROR(CopyEntry(*entries, to + "/" + name, prefix + "/" + name, tick, files));
  }
  return error ? FileError(from, "read", error.value()) : absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return absl::OkStatus();
  return FileError(path, "make the folder", errno);
}

absl::Status SyncAll(const std::string& folder) {
  const UniqueFd file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.valid() && ::syncfs(file.get()) == 0) return absl::OkStatus();
  return FileError(folder, "sync", errno);
}

absl::Status FileError(const std::string& path, std::string_view doing, int error) {
  const std::string text =
      absl::StrCat("can't ", ToAbsl(doing), " ", path, ": ", ::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::UnavailableError(absl::StrCat(text, "; free some space, or name another disk"));
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace lull::cli
