// How quickly an execution opens over the stored nodes that a tag selects, and how long others'
// writes take meanwhile.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/pause.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/ports/changes.h"

namespace lull::bench {
namespace {

constexpr std::int64_t kMost = 1'000'000;
constexpr std::int64_t kChangesACommit = 20;
constexpr int kCommits = 200;
constexpr std::int64_t kFloorRows = 150'000;
constexpr std::int64_t kOpened = 100'000;
constexpr int kOpenings = 20;
constexpr std::size_t kWrites = 100;
constexpr std::chrono::microseconds kPause{500};  // between two writes
constexpr char kValue[] = "monthly";
constexpr double kGoalRate = 2e6;
constexpr double kGoalTail = 20;
const CallContext kCaller{"bench", "request"};

/// Nodes that all have the tag, among their tags.
void StoreNodes(const std::string& path, std::int64_t count) {
  const auto store = storage::SqliteStore::Open({.path = path}).value();
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(NodeName(i));
  std::sort(names.begin(), names.end());
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < count;) {
    PutNodes put{kInventoryOrigin, 1, {}, absl::FromUnixSeconds(1'790'000'000)};
    for (; i < count && put.nodes.size() < kMaxNodesAChange; ++i) {
      Node node;
      node.id = names[static_cast<std::size_t>(i)];
      node.platform = Platform::kLinux;
      node.tags = {{kTag, kValue}, {"Rack", absl::StrCat(i / 40)}};
      put.nodes.push_back(std::move(node));
    }
    changes.push_back(std::move(put));
    if (changes.size() < kChangesACommit && i < count) continue;
    LULL_CHECK(store->Commit(changes).ok());
    changes.clear();
  }
}

std::string CreateOther(Rig& rig) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("other");
  window.set_schedule("rate(365 days)");
  window.set_duration(1);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  return rig.engine().CreateMaintenanceWindow(kCaller, window).value().window_id();
}

double WriteOnce(Rig& rig, const std::string& window, std::size_t count) {
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(window);
  update.set_description(absl::StrCat("change ", count));
  const Instant start = Now();
  LULL_CHECK(rig.engine().UpdateMaintenanceWindow(kCaller, update).ok());
  return SecondsSince(start);
}

/// Openings over all nodes, one after the other.
struct Openings {
  std::vector<double> seconds;
  std::vector<double> writes;  ///< what each of others' writes took meanwhile
  std::string wrong;           ///< empty: nothing

  double TargetsASecond(std::int64_t nodes) const {
    return static_cast<double>(nodes) * PerSecond(seconds);
  }
};

/// Opens an execution over all nodes, from being due to its first start, and lets it go again.
void OpenOnce(const std::string& path, std::int64_t nodes, bool others_write, Openings& openings) {
  Rig rig(path, {.stored_nodes = true});
  const std::string other = CreateOther(rig);
  rig.runner().ExpectFirst();
  const std::string window = rig.MakeDue({.targets = {nodes}, .tag = kValue});
  const Instant start = Now();
  const Running running(rig.engine());
  while (rig.runner().kept() == 0) {
    if (others_write) openings.writes.push_back(WriteOnce(rig, other, openings.writes.size()));
    Pause(kPause);
  }
  openings.seconds.push_back(
      std::chrono::duration<double>(rig.runner().first_start() - start).count());
  const Execution execution = rig.NewestOf(window);
  const auto tasks = rig.store().runs().ListTaskExecutions(execution.key).value();
  if (tasks.at(0).progress.count != nodes) {
    openings.wrong = absl::StrCat(tasks[0].progress.count, " targets, not ", nodes);
  }
  rig.Cancel(execution.id.value(), CancelPolicy::kInvocation);
  rig.runner().Release();
  rig.watcher().AwaitEnded(1);
}

/// As often as it takes to open kOpened targets, kOpenings times at most, and beside that for so
/// many writes.
Openings OpenOften(const std::string& path, std::int64_t nodes, std::size_t writes) {
  Openings openings;
  for (int i = 0; i < kOpenings && i * nodes < kOpened && openings.wrong.empty(); ++i) {
    OpenOnce(path, nodes, writes > 0, openings);
  }
  while (openings.writes.size() < writes && openings.wrong.empty()) {
    OpenOnce(path, nodes, true, openings);
  }
  return openings;
}

void Targets(benchmark::State& state, Report& report, std::int64_t nodes) {
  const Folder& stored = MadeOnce(absl::StrCat("nodes ", nodes), [&](const Folder& folder) {
    StoreNodes(folder.File("lull.db"), nodes);
  });
  for (auto _ : state) {
    const Folder folder;
    folder.Take(stored);
    const std::string store = folder.File("lull.db");
    Floor floor(folder.File("floor.db"));
    std::vector<double> commits;
    floor.CommitOften(kCommits, commits);
    double rows = floor.InsertFinishes(kFloorRows);
    const Openings alone = OpenOften(store, nodes, 0);
    const Openings beside = OpenOften(store, nodes, kWrites);
    rows = (rows + floor.InsertFinishes(kFloorRows)) / 2;
    floor.CommitOften(kCommits, commits);
    const std::string wrong = alone.wrong + beside.wrong;
    if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
    const std::string name = absl::StrCat("open ", nodes, " targets by their tag");
    const double rate = alone.TargetsASecond(nodes);
    report.Add({.name = name,
                .value = rate,
                .unit = "/s",
                .ratio = rate / rows,
                .floor = "R",
                .goal = nodes == kMost ? std::optional(ValueAtLeast(kGoalRate)) : std::nullopt,
                .point = Point{"open targets by their tag", nodes}});
    const double rate_beside = beside.TargetsASecond(nodes);
    report.Add({.name = name + ", others writing",
                .value = rate_beside,
                .unit = "/s",
                .ratio = rate_beside / rows,
                .floor = "R"});
    AddLatency(report,
               {.name = absl::StrCat("  others' writes meanwhile, ", nodes, " targets"),
                .seconds = beside.writes,
                .commit = Median(commits),
                .tail = nodes == kMost ? std::optional(RatioAtMost(kGoalTail)) : std::nullopt,
                .point = Point{"write beside an opening", nodes}});
    state.SetIterationTime(alone.seconds.back());
  }
}

}  // namespace

void RegisterTargets(Report& report) {
  for (const std::int64_t nodes : {1000, 10'000, 100'000, 1'000'000}) {
    benchmark::RegisterBenchmark(
        absl::StrCat("targets/nodes:", nodes).c_str(),
        [&report, nodes](benchmark::State& state) { Targets(state, report, nodes); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
