// How quickly an execution opens over the stored nodes that a tag selects, and how long others'
// writes take meanwhile.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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
constexpr std::chrono::microseconds kPause{500};  // between two writes
constexpr char kValue[] = "monthly";
constexpr double kGoalRate = 2e6;
constexpr double kGoalTail = 20;
const CallContext kCaller{"bench", "request"};

/// Nodes that all have the tag, among their tags.
void StoreNodes(const std::string& path, std::int64_t count) {
  const auto store = storage::SqliteStore::Open({.path = path}).value();
  std::vector<Change> changes;
  for (std::int64_t i = 0; i < count;) {
    PutNodes put{kInventoryOrigin, 1, {}, absl::FromUnixSeconds(1'790'000'000)};
    for (; i < count && put.nodes.size() < kMaxNodesAChange; ++i) {
      Node node;
      node.id = absl::StrFormat("mi-%017x", i);
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

/// Opens an execution over all nodes, and lets it go again. Targets a second; `writes` gets what
/// each of others' writes took meanwhile, if it is there.
double OpenOnce(const std::string& path, std::int64_t nodes, std::vector<double>* writes) {
  Rig rig(path, {.stored_nodes = true});
  const std::string other = CreateOther(rig);
  const std::string window = rig.MakeDue({.targets = {nodes}, .tag = kValue});
  const std::int64_t starts = rig.runner().starts();
  const std::int64_t ended = rig.watcher().ended();
  const Running running(rig.engine());
  const Instant start = Now();
  while (rig.runner().starts() == starts) {
    if (writes != nullptr) writes->push_back(WriteOnce(rig, other, writes->size()));
    Pause(kPause);
  }
  const double seconds = SecondsSince(start);
  const Execution execution = rig.NewestOf(window);
  LULL_CHECK(rig.store().runs().ListTaskExecutions(execution.key).value().at(0).progress.count ==
             nodes);
  rig.Cancel(execution.id.value(), CancelPolicy::kInvocation);
  rig.runner().Release();
  rig.watcher().AwaitEnded(ended + 1);
  return static_cast<double>(nodes) / seconds;
}

void Targets(benchmark::State& state, Report& report, std::int64_t nodes) {
  const Folder& stored = MadeOnce(absl::StrCat("nodes ", nodes), [&](const Folder& folder) {
    StoreNodes(folder.File("lull.db"), nodes);
  });
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    std::vector<double> commits, writes;
    for (int i = 0; i < kCommits; ++i) commits.push_back(floor.CommitOne());
    const double rows = floor.InsertFinishes(300'000);
    const double rate = OpenOnce(stored.File("lull.db"), nodes, nullptr);
    const double beside = OpenOnce(stored.File("lull.db"), nodes, &writes);
    const std::string name = absl::StrCat("open ", nodes, " targets by their tag");
    report.Add({.name = name,
                .value = rate,
                .unit = "/s",
                .ratio = rate / rows,
                .floor = "R",
                .goal = nodes == kMost ? std::optional(ValueAtLeast(kGoalRate)) : std::nullopt,
                .point = Point{"open targets by their tag", nodes}});
    report.Add({.name = name + ", others writing",
                .value = beside,
                .unit = "/s",
                .ratio = beside / rows,
                .floor = "R"});
    AddLatency(report, {.name = absl::StrCat("  others' writes meanwhile, ", nodes, " targets"),
                        .seconds = std::move(writes),
                        .commit = Median(commits),
                        .tail = RatioAtMost(kGoalTail),
                        .point = Point{"write beside an opening", nodes}});
    state.SetIterationTime(static_cast<double>(nodes) / rate);
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
