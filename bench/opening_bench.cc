// What it costs to open a window that is due, by how many others there are; and what they cost
// while nothing is due.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/daemon.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/pause.h"
#include "bench/rig.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "cli/data_folder.h"
#include "engine/base/check.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::bench {
namespace {

constexpr int kFew = 10;
constexpr int kMany = 100'000;
constexpr int kWindowsACommit = 500;
constexpr int kSamples = 200;
constexpr double kGoalUs = 5000;
constexpr double kGoalGrowth = 1.5;
constexpr std::chrono::seconds kIdle{1};
constexpr double kGoalIdleMs = 0.1;  // the pause's own; something that polls takes more
constexpr char kData[] = "data";
constexpr absl::Duration kYear = absl::Hours(24 * 365);

/// The database of the daemon's folder in there.
std::string DatabaseIn(const Folder& folder) {
  return cli::OpenDataFolder(folder.File(kData)).value().database;
}

/// Enabled windows that come due in a year.
void CreateWindows(const std::string& path, int count) {
  const auto store = storage::SqliteStore::Open({.path = path}).value();
  const absl::Time now = MovedClock().Now();
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    Window window;
    window.id = WindowId(absl::StrCat("mw-0", absl::Hex(i, absl::kZeroPad16)));
    window.name = "others";
    window.schedule = "rate(365 days)";
    window.duration_hours = 1;
    window.created_at = window.modified_at = window.rate_base_at = now;
    window.due_at = now + kYear;
    changes.push_back(CreateWindow{std::move(window), {}, {}});
    if (changes.size() < kWindowsACommit && i + 1 < count) continue;
    LULL_CHECK(store->Commit(changes).ok());
    changes.clear();
  }
}

/// Milliseconds of processor time a second of a process in which nobody has anything to do.
double IdleMs(pid_t pid) {
  Pause(std::chrono::milliseconds(200));  // it has looked at what is due, and sleeps
  const double before = ProcessorSeconds(pid);
  Pause(kIdle);
  return (ProcessorSeconds(pid) - before) * 1e3 / static_cast<double>(kIdle.count());
}

/// One more window, due every minute, with a task of one target.
void CreateMinutely(Rig& rig) {
  const CallContext caller{"bench", "request"};
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("minutely");
  window.set_schedule("rate(1 minute)");
  window.set_duration(1);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  const auto created = rig.engine().CreateMaintenanceWindow(caller, window).value();
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  task.set_window_id(created.window_id());
  task.set_task_arn("AWS-RunShellScript");
  task.set_task_type("RUN_COMMAND");
  auto* const target = task.add_targets();
  target->set_key("InstanceIds");
  target->add_values("1");
  task.set_max_concurrency("1");
  task.set_max_errors("0");
  LULL_CHECK(rig.engine().RegisterTaskWithMaintenanceWindow(caller, task).ok());
}

/// Seconds from a window's being due to the start of its task; steps on until that has ended.
double OpenOnce(Rig& rig) {
  const std::int64_t starts = rig.runner().starts();
  const std::int64_t ended = rig.watcher().ended();
  rig.clock().Move(absl::Minutes(1));
  rig.runner().ExpectFirst();
  const Instant start = Now();
  while (rig.runner().starts() == starts) rig.engine().Step();
  const double seconds = std::chrono::duration<double>(rig.runner().first_start() - start).count();
  while (rig.watcher().ended() == ended) rig.engine().Step();
  return seconds;
}

std::string NameOf(int windows) { return absl::StrCat("open a due window among ", windows); }

void AddIdle(Report& report, const std::string& who, int windows, double ms) {
  const std::string name = who + ", idle";
  report.Add({.name = absl::StrCat(name, " with ", windows, " windows, processor a second"),
              .value = ms,
              .unit = "ms",
              .goal = ValueAtMost(kGoalIdleMs),
              .point = Point{name, windows}});
}

void Open(benchmark::State& state, Report& report, int windows) {
  const Folder& made = MadeOnce(absl::StrCat("windows ", windows), [&](const Folder& folder) {
    CreateWindows(DatabaseIn(folder), windows);
  });
  const Folder folder;
  folder.Take(made);
  Floor floor(folder.File("floor.db"));
  if (windows == kMany) {
    AddIdle(report, "lull serve", windows, IdleMs(DaemonProcess(folder.File(kData)).pid()));
  }
  Rig rig(DatabaseIn(folder));
  CreateMinutely(rig);
  rig.runner().Hold(false);
  OpenOnce(rig);
  std::vector<double> commits;
  std::vector<double> openings;
  for (auto _ : state) {
    commits.push_back(floor.CommitOne());
    openings.push_back(OpenOnce(rig));
    state.SetIterationTime(openings.back());
  }
  const double worst = Quantile(openings, 1);
  AddLatency(report, {.name = NameOf(windows),
                      .seconds = std::move(openings),
                      .commit = Median(commits),
                      .point = Point{"open a due window", windows}});
  report.Add({.name = NameOf(windows) + ", worst",
              .value = worst * 1e6,
              .unit = "us",
              .goal = ValueAtMost(kGoalUs)});
  {
    const Running running(rig.engine());
    AddIdle(report, "an engine", windows, IdleMs(getpid()));
  }
  if (windows != kMany) return;
  report.AddGrowth(absl::StrCat("  among ", kMany, " against among ", kFew, ", medians"),
                   NameOf(kFew) + ", median", NameOf(kMany) + ", median", ValueAtMost(kGoalGrowth));
}

}  // namespace

void RegisterOpening(Report& report) {
  for (const int windows : {kFew, 1000, 10'000, kMany}) {
    benchmark::RegisterBenchmark(
        absl::StrCat("opening/", windows).c_str(),
        [&report, windows](benchmark::State& state) { Open(state, report, windows); })
        ->UseManualTime()
        ->Iterations(kSamples);
  }
}

}  // namespace lull::bench
