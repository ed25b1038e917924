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
constexpr absl::Duration kYear = absl::Hours(24 * 365);

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

/// Milliseconds of processor time a second of this process, in which nobody does anything but the
/// rig's engine.
double IdleMs(Rig& rig) {
  const Running running(rig.engine());
  Pause(std::chrono::milliseconds(200));  // it has looked at what is due, and sleeps
  const double before = ProcessorSeconds(getpid());
  Pause(kIdle);
  return (ProcessorSeconds(getpid()) - before) * 1e3 / static_cast<double>(kIdle.count());
}

std::string NameOf(int windows) { return absl::StrCat("open a due window among ", windows); }

void Open(benchmark::State& state, Report& report, int windows) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  CreateWindows(folder.File("lull.db"), windows);
  Rig rig(folder.File("lull.db"));
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("minutely");
  window.set_schedule("rate(1 minute)");
  window.set_duration(1);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  LULL_CHECK(rig.engine().CreateMaintenanceWindow({"bench", "1"}, window).ok());
  while (rig.engine().Step() <= rig.clock().Now()) {
  }
  std::vector<double> commits;
  std::vector<double> openings;
  for (auto _ : state) {
    rig.clock().Move(absl::Minutes(1));
    commits.push_back(floor.CommitOne());
    const Instant start = Now();
    const absl::Time due = rig.engine().Step();
    openings.push_back(SecondsSince(start));
    LULL_CHECK(due > rig.clock().Now());  // it has opened, and ended: it has no tasks
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
  report.Add({.name = absl::StrCat("idle with ", windows, " windows, processor a second"),
              .value = IdleMs(rig),
              .unit = "ms",
              .goal = ValueAtMost(kGoalIdleMs),
              .point = Point{"idle", windows}});
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
