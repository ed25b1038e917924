#include "cli/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/backup_files.h"
#include "cli/data_folder.h"
#include "cli/print.h"
#include "cli/still_busy.h"
#include "cli/version.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "server/private_file.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/check.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kFooter[] = R"(Examples:
  lull backup --data-dir ./lull-data --to ./backups/monday
  lull backup --data-dir /var/lib/lull --to /backup/lull-2026-11-23

The daemon may be running, and goes on; it may also have died. The backup is a new folder, mode 0700,
with the store as of one instant (looked at as `lull check` does), what commands printed, the keys,
and a manifest with the SHA-256 of each file. The keys let in whoever has them: keep it as safe as
the data folder. When anything fails there is no backup, and nothing half of one.

Exit status: 2 the options or the folder are wrong, the store is damaged, or the backup is there
already; 3 there is no such folder, or nothing is stored in it; 7 no room, or it can't be read.)";

/// The folder in the making; goes, with all that is in it, unless it got its name.
class Making {
 public:
  explicit Making(std::string path) : path_(std::move(path)) {}
  ~Making() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

  const std::string& path() const { return path_; }
  std::string Of(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Gives it its name, on the disk. Never in place of something.
  absl::Status Become(const std::string& name) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) != 0) {
      return FileError(name, "give the backup its name", errno);
    }
    path_.clear();
    const fs::path above = fs::path(name).parent_path();
    return SyncAll(above.empty() ? "." : above.string());
  }

 private:
  std::string path_;
};

absl::Status CopyStore(const DataFolder& folder, const Making& making, StillBusy& busy,
                       Manifest& manifest, storage::CheckReport& report) {
  const std::string copy = making.Of("lull.db");
  LULL_RETURN_IF_ERROR(storage::BackUpDatabase(
      {.from = folder.database, .to = copy, .tick = [&](std::string_view what) {
         busy.Tick(what);
       }}));
  LULL_ASSIGN_OR_RETURN(
      report, storage::CheckDatabase({.path = copy, .tick = [&](auto what) { busy.Tick(what); }}));
  if (!report.flaws.empty()) {
    const Flaw& flaw = report.flaws.front();
    return absl::FailedPreconditionError(absl::StrCat(
        "The store in ", folder.path, " is damaged (", flaw.table, " ", flaw.row, ": ", flaw.what,
        "), and no backup was made. `lull check` says what is wrong; keep the folder as it is, and "
        "restore an older backup into a new one."));
  }
  LULL_ASSIGN_OR_RETURN(std::string sum, SumFile(copy));
  manifest.files.push_back({"lull.db", std::move(sum)});
  return absl::OkStatus();
}

absl::Status CopyKeys(const DataFolder& folder, const Making& making, Manifest& manifest) {
  for (const std::string& path : {folder.credentials, folder.keys, folder.callback_key}) {
    const std::string name = fs::path(path).filename().string();
    auto sum = CopyFile(path, making.Of(name));
    if (absl::IsNotFound(sum.status())) continue;
    LULL_RETURN_IF_ERROR(sum.status());
    manifest.files.push_back({name, *std::move(sum)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BackUpDataDir(const BackupDirOptions& options, std::FILE* out, std::FILE* progress) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  std::error_code error;
  if (options.to.empty()) return Invalid("--to is empty. Name a new folder.");
  const std::string to = fs::path(options.to).lexically_normal().string();
  if (fs::exists(fs::symlink_status(to, error))) {
    return absl::FailedPreconditionError(
        absl::StrCat(to, " is there already, and a backup replaces nothing. Name a new folder."));
  }
  const SystemClock clock;
  StillBusy busy("backing up", clock, progress);
  Manifest manifest{.taken_at = clock.Now(), .version = kVersion};
  Making making(absl::StrCat(to, ".", ::getpid(), ".partial"));
  LULL_RETURN_IF_ERROR(MakeFolder(making.path()));
  storage::CheckReport report;
  LULL_RETURN_IF_ERROR(CopyStore(folder, making, busy, manifest, report));
  LULL_RETURN_IF_ERROR(CopyOutput(
      folder.output, making.Of("output"), "output", [&](auto what) { busy.Tick(what); },
      manifest.files));
  LULL_RETURN_IF_ERROR(CopyKeys(folder, making, manifest));
  LULL_RETURN_IF_ERROR(
      server::CreatePrivateFile(making.Of(kManifestName), FormatManifest(manifest)));
  LULL_RETURN_IF_ERROR(SyncAll(making.path()));
  const auto bytes = static_cast<std::int64_t>(fs::file_size(making.Of("lull.db"), error));
  LULL_RETURN_IF_ERROR(making.Become(to));
  return Print(
      out, absl::StrCat("Backed up ", folder.path, " as of ", TimeText(manifest.taken_at), " to ",
                        to, ": the store (", bytes / 1024, " KiB, checked) and ",
                        Counted(static_cast<std::int64_t>(manifest.files.size()) - 1, "other file"),
                        "\n"));
}

void AddBackup(CLI::App& app, std::function<absl::Status()>& action) {
  auto options = std::make_shared<BackupDirOptions>();
  CLI::App* command = app.add_subcommand("backup", "Copy all that a restore needs, checked");
  command->add_option("--data-dir", options->data_dir, "The daemon's folder")
      ->required()
      ->type_name("DIR");
  command->add_option("--to", options->to, "The backup: a new folder")
      ->required()
      ->type_name("FOLDER");
  command->footer(kFooter);
  command->callback([&action, options] {
    action = [options] { return BackUpDataDir(*options, stdout, stderr); };
  });
}

}  // namespace lull::cli
