#include "cli/data_folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace lull::cli {
namespace {

constexpr mode_t kOwnerOnly = 0700;
constexpr mode_t kOthers = 0077;
constexpr mode_t kPermissions = 07777;

/// It holds the secret key, what tasks are to run as this user, and what they printed.
absl::Status CheckPrivate(const std::string& path, const struct stat& facts) {
  if (!S_ISDIR(facts.st_mode)) {
    return Invalid("--data-dir ", path, " is not a folder. Name one that is, or a new one.");
  }
  if (facts.st_uid != ::geteuid()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "The data folder ", path, " belongs to user ", facts.st_uid, ", and this is user ",
        ::geteuid(), ". Start as that user, or name another folder with --data-dir."));
  }
  if ((facts.st_mode & kOthers) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("The data folder ", path, " has mode ",
                     absl::StrFormat("%04o", facts.st_mode & kPermissions),
                     ": others can get at the secret key and the commands in it. To mend it: "
                     "chmod 0700 ",
                     path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::absolute(path, error).lexically_normal();
  if (path.empty() || error) return Invalid("--data-dir is empty. Name a folder.");
  if (!folder.has_filename()) folder = folder.parent_path();  // what `dir/` leaves behind
  return folder.string();
}

absl::StatusOr<DataFolder> Describe(const std::string& absolute) {
  struct stat facts {};
  if (::stat(absolute.c_str(), &facts) != 0) {
    if (errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat("There is no data folder ", absolute,
                                              ". Name the one that `lull serve` was given."));
    }
    return Invalid("Can't open the data folder ", absolute, ": ", ::strerror(errno));
  }
  LULL_RETURN_IF_ERROR(CheckPrivate(absolute, facts));
  return DataFolder{.path = absolute,
                    .database = absolute + "/lull.db",
                    .credentials = absolute + "/credentials",
                    .keys = absolute + "/keys",
                    .address = absolute + "/address",
                    .output = absolute + "/output",
                    .callback_key = absolute + "/callback_key"};
}

}  // namespace

absl::StatusOr<DataFolder> OpenDataFolder(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const std::string absolute, AbsolutePath(path));
  if (::mkdir(absolute.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
    const char* advice = errno == ENOENT ? ". Make the folder that it is in first." : "";
    return Invalid("Can't make the data folder ", absolute, ": ", ::strerror(errno), advice);
  }
  return Describe(absolute);
}

absl::StatusOr<DataFolder> FindDataFolder(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const std::string absolute, AbsolutePath(path));
  return Describe(absolute);
}

}  // namespace lull::cli
