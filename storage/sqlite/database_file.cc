#include "storage/sqlite/database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/base/status.h"

namespace lull::storage {
namespace {

constexpr off_t kPageBytes = 4096;  // pragmas.cc makes them so

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::Status EnsureDatabaseFile(const std::string& path) {
  // An existing file is not opened: closing it would drop the locks that another connection of this
  // process may have on it (POSIX).
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EEXIST) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat(path, ": can't create the database: ", std::strerror(errno),
                     "; its folder must exist and be writable"));
  }
  close(file);
  // The name must survive a power loss as the content does.
  const int folder = open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = folder >= 0 && fsync(folder) == 0;
  const int error = errno;
  if (folder >= 0) close(folder);
  if (durable) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path, ": can't make the new database durable: ", std::strerror(error)));
}

absl::Status RefuseLostDatabase(const std::string& path) {
  struct stat info = {};
  const auto exists = [&](const char* suffix) { return stat((path + suffix).c_str(), &info) == 0; };
  const bool is_gone = !exists("");
  const off_t size = is_gone ? 0 : info.st_size;
  // One that grew while the disk got full may end inside of a page; the log has that page then.
  if (size % kPageBytes != 0 && size > 1 && exists("-witness") &&
      !(exists("-wal") && info.st_size > 0)) {
    return absl::InternalError(absl::StrCat(
        path, ": the database is damaged: it is cut short, for it ends inside of a page (", size,
        " bytes); restore it from a backup"));
  }
  if (size > 1) return absl::OkStatus();  // SQLite takes one byte for none
  // The lock comes after the file, so one that was created and not yet filled has it; the witness
  // comes after the first commit.
  const char* trace = is_gone && exists("-lock") ? "-lock" : exists("-witness") ? "-witness" : "";
  if (*trace == '\0') return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      path, is_gone ? ": is missing" : ": is empty", ", and ", path, trace,
      " shows that there was a store. Put it back, or restore a backup into a new folder (lull "
      "restore). To begin anew, without what was stored, remove ",
      path, "-lock and ", path, "-witness"));
}

absl::StatusOr<std::string> RealDatabasePath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  struct stat info = {};
  if (real == nullptr || stat(real.get(), &info) != 0) {
    return absl::UnavailableError(
        absl::StrCat(path, ": can't find the database: ", std::strerror(errno)));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": not a regular file, so it can't be a database"));
  }
  if (info.st_nlink > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": has ", info.st_nlink,
        " names (hard links), and an engine that opens it by another ",
        "could not be told from this one; remove the others (find -samefile lists them)"));
  }
  return std::string(real.get());
}

absl::Status RequireDatabaseFile(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && info.st_size > 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat(path, ": no store here; the engine creates it when it opens it for writing"));
}

}  // namespace lull::storage
