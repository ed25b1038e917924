// What it costs to open a window that is due, by how many others there are.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
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
constexpr int kSamples = 300;
constexpr double kGoalGrowth = 1.5;
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

void Open(benchmark::State& state, Report& report, int windows) {
  static double with_few = 0;  // the ratio of the first of the two
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
  const double ratio = Median(openings) / Median(commits);
  report.Add({.name = absl::StrCat("open a due window among ", windows, ", median"),
              .value = Median(openings) * 1e6,
              .unit = "us",
              .ratio = ratio,
              .floor = "c"});
  if (windows == kFew) with_few = ratio;
  if (windows != kMany || with_few == 0) return;
  report.Add({.name = absl::StrCat("  the same against among ", kFew),
              .value = ratio / with_few,
              .unit = "times",
              .goal = "at most 1.5",
              .reached = ratio / with_few <= kGoalGrowth});
}

}  // namespace

void RegisterOpening(Report& report) {
  for (const int windows : {kFew, kMany}) {
    benchmark::RegisterBenchmark(
        absl::StrCat("opening/", windows).c_str(),
        [&report, windows](benchmark::State& state) { Open(state, report, windows); })
        ->UseManualTime()
        ->Iterations(kSamples);
  }
}

}  // namespace lull::bench
