#include "cli/check.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/check_files.h"
#include "cli/data_folder.h"
#include "cli/print.h"
#include "cli/still_busy.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "storage/sqlite/check.h"

namespace lull::cli {
namespace {

constexpr char kFooter[] = R"(Examples:
  lull check --data-dir ./lull-data
  lull check --data-dir /var/lib/lull --json

Reads all of the store, and says what was looked at and what is wrong: SQLite's integrity_check and
foreign_key_check; the schema, which must be what this version makes; each row and each text; and
what must hold between rows: cursors, counters and outcomes of each task, statuses of each execution,
snapshots without holes. Then the files beside it: keys and modes.

Nothing is changed. The daemon may be running; the store is read as it is.

Exit status: 0 nothing is wrong; 1 something is: each finding names the table, the row, what is wrong
and what it means; 2 it can't be read at all.)";

constexpr char kAdvice[] =
    "Stop the daemon, keep the folder as it is, and restore a backup into a new one:\n"
    "  lull restore --from BACKUP --data-dir NEW-FOLDER\n";

std::string ReportText(const DataFolder& folder, const storage::CheckReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& looked : report.looked) {
    rows.push_back({OneLine(looked.at), Counted(looked.count, looked.unit)});
  }
  std::string text = Table(rows);
  if (report.flaws.empty())
    return absl::StrCat(text, "\nNothing is wrong with ", folder.path, ".\n");
  for (const Flaw& flaw : report.flaws) {
    absl::StrAppend(&text, "\n", OneLine(flaw.table), flaw.row.empty() ? "" : " ",
                    OneLine(flaw.row), ": ", OneLine(flaw.what), "\n  means: ", flaw.means, "\n");
  }
  if (report.more > 0) absl::StrAppend(&text, "\nand ", report.more, " more\n");
  const auto found = static_cast<std::int64_t>(report.flaws.size()) + report.more;
  return absl::StrCat(text, "\n", Counted(found, "finding"), " in ", folder.path, ". ", kAdvice);
}

std::string ReportJson(const storage::CheckReport& report) {
  std::string text = "{\"Looked\": [";
  const char* separator = "";
  for (const auto& looked : report.looked) {
    absl::StrAppend(&text, std::exchange(separator, ", "), "{\"At\": ", JsonString(looked.at),
                    ", \"Count\": ", looked.count, ", \"Unit\": ", JsonString(looked.unit), "}");
  }
  text += "], \"Findings\": [";
  separator = "";
  for (const Flaw& flaw : report.flaws) {
    absl::StrAppend(&text, std::exchange(separator, ", "), "{\"Table\": ", JsonString(flaw.table),
                    ", \"Row\": ", JsonString(flaw.row), ", \"What\": ", JsonString(flaw.what),
                    ", \"Means\": ", JsonString(flaw.means), "}");
  }
  return absl::StrCat(text, "], \"More\": ", report.more, "}\n");
}

}  // namespace

absl::StatusOr<int> CheckDataDir(const CheckDirOptions& options, std::FILE* out,
                                 std::FILE* progress) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  const SystemClock clock;
  StillBusy busy("checking", clock, progress);
  auto report = storage::CheckDatabase(
      {.path = folder.database, .tick = [&busy](std::string_view what) { busy.Tick(what); }});
  if (!report.ok()) return absl::FailedPreconditionError(report.status().message());
  FilesReport files = CheckFiles(folder);
  report->looked.push_back({"files of the folder", files.files, "file"});
  for (Flaw& flaw : files.flaws) report->flaws.push_back(std::move(flaw));
  LULL_RETURN_IF_ERROR(
      Print(out, options.json ? ReportJson(*report) : ReportText(folder, *report)));
  return report->flaws.empty() ? 0 : kFlawsExit;
}

void AddCheck(CLI::App& app, std::function<absl::Status()>& action, int& exit_code) {
  auto options = std::make_shared<CheckDirOptions>();
  CLI::App* command = app.add_subcommand("check", "Look whether the store is as it must be");
  command->add_option("--data-dir", options->data_dir, "The daemon's folder")
      ->required()
      ->type_name("DIR");
  command->add_flag("--json", options->json, "A JSON object");
  command->footer(kFooter);
  command->callback([&action, &exit_code, options] {
    action = [&exit_code, options]() -> absl::Status {
      auto found = CheckDataDir(*options, stdout, stderr);
      if (absl::IsNotFound(found.status()) || absl::IsInvalidArgument(found.status())) {
        return absl::FailedPreconditionError(found.status().message());
      }
      LULL_ASSIGN_OR_RETURN(exit_code, std::move(found));
      return absl::OkStatus();
    };
  });
}

}  // namespace lull::cli
