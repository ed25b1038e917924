#include "cli/status.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/data_folder.h"
#include "cli/forecast.h"
#include "cli/print.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/core/forecast.h"
#include "engine/core/window_schedule.h"
#include "engine/model/states.h"
#include "engine/ports/store.h"
#include "engine/runtime/environment.h"
#include "engine/schedule/date_time.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr char kFooter[] = R"(Examples:
  lull status --data-dir ./lull-data
  lull status --data-dir /var/lib/lull --json

Which windows are open now, how far their tasks and invocations are, and what opens next. Times are
in the window's zone. The daemon may be running or not: the store is read as it is, and nothing is
held up. `lull drain` says what exactly is in flight.

Exit status: 2 the options or the folder are wrong, or a newer lull wrote it; 3 there is no such
folder, or nothing is stored in it; 7 try again later; 8 broken.)";

/// How far the parts of an execution are.
struct Counts {
  std::int64_t done = 0;
  std::int64_t failed = 0;  ///< of those done
  std::int64_t running = 0;
  std::int64_t queued = 0;
};

/// An execution that is not final, and what belongs to it.
struct Open {
  Execution execution;
  std::string window_name;  ///< empty: the window is deleted
  absl::TimeZone zone;      ///< the window's, UTC when that is not known
  Counts tasks;
  Counts invocations;
};

bool IsError(Status status) { return status == Status::kFailed || status == Status::kTimedOut; }

void Count(const TaskProgress& task, Counts& tasks, Counts& invocations) {
  if (IsFinal(Level::kTask, task.status)) {
    ++tasks.done;
    if (IsError(task.status)) ++tasks.failed;
  } else {
    ++(task.status == Status::kPending ? tasks.queued : tasks.running);
  }
  const std::int64_t behind = task.count - task.next;
  // Of a closed task these never start: they are what QueuedStatus says.
  const Status rest = QueuedStatus(task.closed_by);
  const bool is_done = IsFinal(Level::kInvocation, rest);
  invocations.done += task.finished() + (is_done ? behind : 0);
  invocations.failed += task.failed + task.timed_out + (IsError(rest) ? behind : 0);
  invocations.running += task.in_flight();
  invocations.queued += is_done ? 0 : behind;
}

absl::StatusOr<std::vector<Open>> ReadOpen(Store& store) {
  LULL_ASSIGN_OR_RETURN(std::vector<RunReader::ActiveExecution> active, store.runs().LoadActive());
  std::vector<Open> all;
  for (RunReader::ActiveExecution& one : active) {
    Open open;
    open.execution = std::move(one.execution);
    LULL_ASSIGN_OR_RETURN(const std::optional<Window> window,
                          store.definitions().GetWindow(open.execution.window));
    open.zone = absl::UTCTimeZone();
    if (window) {
      open.window_name = window->name;
      if (const auto schedule = ScheduleOf(*window); schedule.ok())
        open.zone = schedule->timezone();
    }
    for (const RunReader::ActiveTask& task : one.tasks) {
      Count(task.task.progress, open.tasks, open.invocations);
    }
    all.push_back(std::move(open));
  }
  return all;
}

std::string DoneText(const Counts& counts) {
  return absl::StrCat(counts.done, " done",
                      counts.failed > 0 ? absl::StrCat(" (", counts.failed, " failed)") : "");
}

std::string OpenTable(const std::vector<Open>& all) {
  std::vector<std::vector<std::string>> rows = {
      {"WINDOW", "NAME", "EXECUTION", "STATUS", "OPENED", "CUTOFF", "TASKS", "INVOCATIONS"}};
  for (const Open& open : all) {
    const Execution& execution = open.execution;
    rows.push_back({execution.window.value(), open.window_name.empty() ? "-" : open.window_name,
                    execution.id.value(), std::string(Name(execution.progress.status)),
                    TimeText(execution.started_at, open.zone),
                    TimeText(execution.occurrence.cutoff_at, open.zone),
                    absl::StrCat(DoneText(open.tasks), ", ", open.tasks.running, " running, ",
                                 open.tasks.queued, " queued"),
                    absl::StrCat(DoneText(open.invocations), ", ", open.invocations.running,
                                 " in flight, ", open.invocations.queued, " queued")});
  }
  return Table(rows);
}

std::string NextText(const std::optional<Forecast::Occurrence>& next) {
  if (!next) return absl::StrCat("next: nothing opens in the next ", kMaxForecastDays, " days\n");
  return absl::StrCat("next: ", TimeText(next->start, next->window->schedule.timezone()), "  ",
                      next->window->id.value(), "  ", next->window->name, "  ",
                      next->window->duration_hours, " h\n");
}

std::string CountsJson(const Counts& counts, std::string_view running) {
  return absl::StrCat("{\"Done\": ", counts.done, ", \"Failed\": ", counts.failed, ", \"",
                      ToAbsl(running), "\": ", counts.running, ", \"Queued\": ", counts.queued,
                      "}");
}

std::string OpenJson(const Open& open) {
  const Execution& execution = open.execution;
  return absl::StrCat(
      "{\"WindowId\": ", JsonString(execution.window.value()),
      open.window_name.empty() ? "" : absl::StrCat(", \"Name\": ", JsonString(open.window_name)),
      ", \"WindowExecutionId\": ", JsonString(execution.id.value()),
      ", \"Status\": ", JsonString(Name(execution.progress.status)),
      ", \"StartTime\": ", JsonString(FormatRfc3339(execution.started_at, open.zone)),
      ", \"CutoffTime\": ", JsonString(FormatRfc3339(execution.occurrence.cutoff_at, open.zone)),
      ", \"Tasks\": ", CountsJson(open.tasks, "Running"),
      ", \"Invocations\": ", CountsJson(open.invocations, "InFlight"), "}");
}

std::string StatusJson(const std::vector<Open>& all,
                       const std::optional<Forecast::Occurrence>& next) {
  std::vector<std::string> objects;
  for (const Open& open : all) objects.push_back(OpenJson(open));
  std::string text =
      absl::StrCat("{\"Open\": [", absl::StrJoin(objects, ",\n  "), "],\n \"Next\": ");
  if (!next) return text + "null}\n";
  AppendOccurrenceJson(*next, text);
  return text + "}\n";
}

}  // namespace

absl::Status PrintStatus(const StatusOptions& options, absl::Time now, std::FILE* out) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<storage::SqliteStore> store,
                        storage::SqliteStore::Open(
                            {.path = folder.database, .access = storage::StoreAccess::kReadOnly}));
  LULL_ASSIGN_OR_RETURN(const std::vector<Open> all, ReadOpen(*store));
  Forecast forecast({now, now + absl::Hours(24 * kMaxForecastDays), 1});
  LULL_RETURN_IF_ERROR(AddAllWindows(store->definitions(), forecast).status());
  const std::optional<Forecast::Occurrence> next = forecast.Next();
  if (options.json) return Print(out, StatusJson(all, next));
  return Print(out, (all.empty() ? "No window is open.\n" : OpenTable(all)) + NextText(next));
}

void AddStatus(CLI::App& app, std::function<absl::Status()>& action) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "Say what is open now, and what opens next");
  command->add_option("--data-dir", options->data_dir, "The daemon's folder")
      ->required()
      ->type_name("DIR");
  command->add_flag("--json", options->json, "A JSON object");
  command->footer(kFooter);
  command->callback([&action, options] {
    action = [options] { return PrintStatus(*options, SystemClock().Now(), stdout); };
  });
}

}  // namespace lull::cli
