#include "cli/check_files.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/key_files.h"
#include "server/private_file.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCallbackKeyBytes = 4096;
constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;

/// Counts the files, and tells of those that others may read or write. Links are not followed.
void CheckModes(const fs::path& path, FilesReport& report) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (error) return;  // gone meanwhile
  if (!fs::is_directory(status)) ++report.files;
  const fs::perms perms = status.permissions();
  if (!fs::is_symlink(status) && (perms & kOthers) != fs::perms::none) {
    report.flaws.push_back(
        {"files", path.string(), absl::StrFormat("has mode %04o", static_cast<unsigned>(perms)),
         absl::StrCat("other users may get at what is in it; to mend it: chmod ",
                      fs::is_directory(status) ? "0700 " : "0600 ", path.string())});
  }
  if (!fs::is_directory(status)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    CheckModes(entry.path(), report);
  }
  if (error) {
    report.flaws.push_back(
        {"files", path.string(), "can't be read: " + error.message(), "the daemon can't either"});
  }
}

}  // namespace

FilesReport CheckFiles(const DataFolder& folder) {
  FilesReport report;
  CheckModes(folder.path, report);
  const absl::Status keys =
      server::ListKeys({.keys = folder.keys, .credentials = folder.credentials}).status();
  if (!keys.ok()) {
    report.flaws.push_back(
        {"files", "keys, credentials", std::string(keys.message()), "every request is refused"});
  }
  const absl::Status key =
      server::ReadPrivateFile(folder.callback_key, kMaxCallbackKeyBytes).status();
  if (!key.ok() && !absl::IsNotFound(key)) {
    report.flaws.push_back(
        {"files", folder.callback_key, std::string(key.message()), "functions can't call back"});
  }
  std::error_code error;
  if (fs::exists(folder.output, error) && !fs::exists(folder.output + "/made-by-lull", error)) {
    report.flaws.push_back({"files", folder.output,
                            "is not marked (made-by-lull): an earlier life did not make it",
                            "the outcome of what is in flight is unknown at the next start; is a "
                            "volume not mounted?"});
  }
  return report;
}

}  // namespace lull::cli
