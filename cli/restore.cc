#include "cli/restore.h"

#include <errno.h>
#include <stdio.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/backup_files.h"
#include "cli/data_folder.h"
#include "cli/print.h"
#include "cli/restore_runs.h"
#include "cli/still_busy.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "server/private_file.h"
#include "storage/sqlite/check.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxManifestBytes = 256 * 1024 * 1024;
constexpr std::size_t kNamesShown = 5;
constexpr char kDatabase[] = "lull.db";
constexpr char kMaking[] = ".restoring";  // in the new folder, which may be another disk's

constexpr char kFooter[] = R"(Examples:
  lull restore --from /backup/lull-2026-11-23 --data-dir ./lull-data
  lull restore --from /backup/lull-2026-11-23 --data-dir ./lull-data --resume-active

The folder must be new or empty. Each file is compared with the backup's manifest, and the store is
looked at, as `lull check` does, before and after.

What ran since the backup was taken is not known to it. So nothing runs a second time by itself: what
was in flight is FAILED, with a text that says so; executions that were open are cancelled; windows
that came due since are recorded as missed. `lull resume EXECUTION` or `lull start WINDOW` goes on
with what you know has not run. With --resume-active executions go on from where they were, what was
queued runs, and windows whose time is not over yet open late: right when nothing ran since.

Keys are those of the backup: one that was disabled later lets in again.

Exit status: 2 the options are wrong, the folder is not empty, or the backup is damaged; 3 there is no
such backup; 7 no room, or it can't be read or written; 8 broken.)";

absl::StatusOr<Manifest> ReadManifest(const std::string& from) {
  const std::string path = from + "/" + kManifestName;
  auto file = server::ReadPrivateFile(path, kMaxManifestBytes);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(
        absl::StrCat("There is no backup in ", from, ": no ", path,
                     ". Name the folder that `lull backup` was told to make."));
  }
  LULL_RETURN_IF_ERROR(file.status());
  auto manifest = ParseManifest(file->text);
  if (!manifest.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": ", std::string(manifest.status().message())));
  }
  return manifest;
}

/// Nothing is in the folder, but for what a file system of its own brings.
absl::Status RequireEmpty(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name != "lost+found" && names.size() <= kNamesShown) names.push_back(name);
  }
  if (error) return FileError(folder, "read", error.value());
  if (names.empty()) return absl::OkStatus();
  if (names.size() > kNamesShown) names.back() = "...";
  return absl::FailedPreconditionError(
      absl::StrCat("The folder ", folder, " is not empty (", absl::StrJoin(names, ", "),
                   "), and a restore replaces nothing. Stop the daemon that uses it, if one does, "
                   "and name a new "
                   "folder, or move this one away."));
}

/// A backup has no links: what one leads to was never in it.
absl::Status RefuseLinks(const std::string& from, const std::string& path) {
  fs::path below;
  for (const fs::path& part : fs::path(path)) {
    below /= part;
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(from / below, error))) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("The backup ", from, " is damaged: ", below.string(),
                     " is a symbolic link, and a backup has none. Take another backup."));
  }
  return absl::OkStatus();
}

absl::Status CopyChecked(const Manifest& manifest, const std::string& from, const std::string& to,
                         StillBusy& busy) {
  for (const Manifest::File& file : manifest.files) {
    busy.Tick(file.path);
    const fs::path target = fs::path(to) / file.path;
    for (fs::path above = to; const fs::path& part : fs::path(file.path).parent_path()) {
      above /= part;
      const absl::Status made = MakeFolder(above.string());
      if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    }
    LULL_RETURN_IF_ERROR(RefuseLinks(from, file.path));
    const auto sum = CopyFile(from + "/" + file.path, target.string());
    const bool is_gone = absl::IsNotFound(sum.status());
    if (!is_gone) LULL_RETURN_IF_ERROR(sum.status());
    if (is_gone || *sum != file.sha256) {
      return absl::FailedPreconditionError(absl::StrCat(
          "The backup ", from, " is damaged: ", file.path,
          is_gone ? " is missing" : " has changed since it was made", ". Take another backup."));
    }
  }
  return absl::OkStatus();
}

absl::Status RequireSound(const std::string& database, std::string_view which, StillBusy& busy) {
  LULL_ASSIGN_OR_RETURN(
      const storage::CheckReport report,
      storage::CheckDatabase({.path = database, .tick = [&](auto what) { busy.Tick(what); }}));
  if (report.flaws.empty()) return absl::OkStatus();
  const Flaw& flaw = report.flaws.front();
  return absl::FailedPreconditionError(absl::StrCat("The store ", ToAbsl(which),
                                                    " is damaged: ", flaw.table, " ", flaw.row,
                                                    ": ", flaw.what, ". Take another backup."));
}

/// Gives everything its place in the data folder, the database last.
absl::Status MoveIntoPlace(const std::string& making, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(making, error)) {
    const std::string name = entry.path().filename().string();
    if (name != kDatabase) names.push_back(name);
  }
  if (error) return FileError(making, "read", error.value());
  names.push_back(kDatabase);
  LULL_RETURN_IF_ERROR(SyncAll(making));
  for (const std::string& name : names) {
    const std::string target = folder + "/" + name;
    if (::rename((making + "/" + name).c_str(), target.c_str()) != 0) {
      return FileError(target, "move what was restored to", errno);
    }
  }
  fs::remove(making, error);
  return SyncAll(folder);
}

std::string Story(const RestoreOptions& options, const DataFolder& folder, const Manifest& manifest,
                  const RestoredRuns& runs) {
  std::string text = absl::StrCat("Restored the backup of ", TimeText(manifest.taken_at), " into ",
                                  folder.path, "\n");
  if (runs.executions > 0) {
    absl::StrAppend(&text, Counted(runs.executions, "execution"), " active then: ",
                    options.resume_active ? "to go on at the next start" : "cancelled", "\n");
  }
  if (runs.in_flight > 0) {
    absl::StrAppend(&text, Counted(runs.in_flight, "invocation"),
                    " in flight then: FAILED, for the outcome is unknown\n");
  }
  if (runs.missed > 0) {
    absl::StrAppend(&text, Counted(runs.missed, "window"), " came due since: recorded as missed\n");
  }
  return absl::StrCat(text, "Start it: lull serve --data-dir ", folder.path, "\n");
}

}  // namespace

absl::Status RestoreDataDir(const RestoreOptions& options, std::FILE* out, std::FILE* progress) {
  LULL_ASSIGN_OR_RETURN(const Manifest manifest, ReadManifest(options.from));
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, OpenDataFolder(options.data_dir));
  LULL_RETURN_IF_ERROR(RequireEmpty(folder.path));
  const SystemClock clock;
  StillBusy busy("restoring", clock, progress);
  const std::string making = folder.path + "/" + kMaking;
  const std::string database = making + "/" + kDatabase;
  LULL_RETURN_IF_ERROR(MakeFolder(making));
  absl::StatusOr<RestoredRuns> runs;
  absl::Status done = CopyChecked(manifest, options.from, making, busy);
  if (done.ok()) done = RequireSound(database, "in the backup", busy);
  if (done.ok()) {
    runs = SettleRestoredRuns(database, manifest.taken_at,
                              options.resume_active ? RestoredWork::kResume : RestoredWork::kEnd);
    done = runs.status();
  }
  if (done.ok()) done = RequireSound(database, "as restored", busy);
  if (done.ok()) done = MoveIntoPlace(making, folder.path);
  if (!done.ok()) {
    std::error_code ignored;
    fs::remove_all(making, ignored);
    return done;
  }
  return Print(out, Story(options, folder, manifest, *runs));
}

void AddRestore(CLI::App& app, std::function<absl::Status()>& action) {
  auto options = std::make_shared<RestoreOptions>();
  CLI::App* command = app.add_subcommand("restore", "Make a data folder of a backup");
  command->add_option("--from", options->from, "What `lull backup` has made")
      ->required()
      ->type_name("FOLDER");
  command->add_option("--data-dir", options->data_dir, "New or empty; made if missing")
      ->required()
      ->type_name("DIR");
  command->add_flag("--resume-active", options->resume_active,
                    "Go on with what was active: nothing ran since");
  command->footer(kFooter);
  command->callback([&action, options] {
    action = [options] { return RestoreDataDir(*options, stdout, stderr); };
  });
}

}  // namespace lull::cli
