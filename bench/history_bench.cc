// What history costs: cancels, claims and pages of a store with many finished invocations; cancels
// while they are pruned.
#include <chrono>
#include <optional>
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

namespace lull::bench {
namespace {

constexpr std::int64_t kMany = 1'000'000;
constexpr std::int64_t kMost = 10'000'000;  // --full
constexpr Ordinal kFailEvery = 10'000;
constexpr int kSamples = 100;
constexpr int kPages = 200;
constexpr std::chrono::microseconds kPause{2000};  // between two cancels beside pruning
constexpr absl::Duration kHistory = absl::Hours(1);
constexpr std::int64_t kClaimed = 30'000;
constexpr double kGoalGrowth = 1.5;
constexpr double kGoalTail = 8;
constexpr double kGoalPages = 10;
const CallContext kCaller{"bench", "request"};

std::string With(const std::string& what, std::int64_t finished) {
  return absl::StrCat(what, ", history of ", finished);
}

/// A store whose first execution has finished so many, one in 10,000 of them FAILED.
const Folder& StoreWith(std::int64_t finished) {
  return MadeOnce(With("store", finished), [&](const Folder& folder) {
    Rig rig(folder.File("lull.db"));
    rig.runner().FailEvery(kFailEvery);
    if (finished == 0) return;
    rig.Drain({.targets = {finished}, .concurrency = 1000, .max_errors = "100%"});
  });
}

/// Cancels of `executions`, by turns with bare commits.
void AddCancels(Report& report, Rig& rig, Floor& floor, std::int64_t finished) {
  const auto executions = rig.OpenExecutions(kSamples, TwentyTasks(1000));
  std::vector<double> commits, cancels;
  for (const std::string& execution : executions) {
    commits.push_back(floor.CommitOne());
    cancels.push_back(rig.Cancel(execution, CancelPolicy::kInvocation));
  }
  const std::string name = With("cancel, 1000 queued", finished);
  AddLatency(report, {.name = name,
                      .seconds = std::move(cancels),
                      .commit = Median(commits),
                      .point = Point{"cancel, by history", finished}});
  const std::int64_t ended = rig.watcher().ended() + kSamples;
  rig.runner().Release();
  while (rig.watcher().ended() < ended) rig.engine().Step();
  if (finished < kMany) return;
  report.AddGrowth(With("  that against none", finished),
                   With("cancel, 1000 queued", 0) + ", median", name + ", median",
                   ValueAtMost(kGoalGrowth));
}

void AddClaims(Report& report, Rig& rig, Floor& floor, std::int64_t finished) {
  double seconds = 0;
  for (int i = 0; i < kSamples; ++i) seconds += floor.CommitOne();
  rig.runner().ExpectFirst();
  rig.Drain({.targets = {kClaimed}, .concurrency = 100});
  const double each = SecondsSince(rig.runner().first_start()) / kClaimed;
  for (int i = 0; i < kSamples; ++i) seconds += floor.CommitOne();
  const double commit = seconds / (2 * kSamples);
  const std::string name = With("claim and finish, 100 at a time", finished);
  report.Add({.name = name,
              .value = each * 1e6,
              .unit = "us",
              .ratio = each / commit,
              .floor = "1/F",
              .point = Point{"claim, by history", finished}});
  if (finished < kMany) return;
  report.AddGrowth(With("  those against none", finished),
                   With("claim and finish, 100 at a time", 0), name, ValueAtMost(kGoalGrowth));
}

/// Median seconds of the first page of a task's invocations; those with a status only.
double PageSeconds(Rig& rig, const Execution& execution, const std::string& status) {
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest ask;
  ask.set_window_execution_id(execution.id.value());
  ask.set_task_id(
      rig.store().runs().ListTaskExecutions(execution.key).value().at(0).spec->id.value());
  ask.set_max_results(50);
  if (!status.empty()) {
    ask.add_filters()->set_key("STATUS");
    ask.mutable_filters(0)->add_values(status);
  }
  std::vector<double> samples;
  for (int i = 0; i < kPages; ++i) {
    const Instant start = Now();
    const auto page = rig.engine().DescribeMaintenanceWindowExecutionTaskInvocations(kCaller, ask);
    samples.push_back(SecondsSince(start));
    LULL_CHECK(page.ok() && page->window_execution_task_invocation_identities_size() > 0);
  }
  return Median(samples);
}

void AddPages(Report& report, Rig& rig, std::int64_t finished) {
  v1::DescribeMaintenanceWindowsRequest first;
  first.set_max_results(10);
  const auto windows = rig.engine().DescribeMaintenanceWindows(kCaller, first);
  LULL_CHECK(windows.ok());
  const Execution execution = rig.NewestOf(windows->window_identities(0).window_id());
  const double any = PageSeconds(rig, execution, "");
  const double failed = PageSeconds(rig, execution, "FAILED");
  report.Add({.name = With("page of 50 invocations", finished),
              .value = any * 1e6,
              .unit = "us",
              .point = Point{"page", finished}});
  report.Add({.name = With("page of 50 FAILED ones", finished),
              .value = failed * 1e6,
              .unit = "us",
              .ratio = failed / any,
              .floor = "of any",
              .goal = RatioAtMost(kGoalPages),
              .point = Point{"page, FAILED", finished}});
}

bool IsPruning(Rig& rig) {
  const auto ages = rig.store().runs().ListAges({}, 1);
  return ages.ok() && !ages->empty() && ages->front().pruning;
}

void AddPruning(Report& report, Floor& floor, const Folder& store, std::int64_t finished) {
  const Folder folder;
  folder.Take(store);
  Rig rig(folder.File("lull.db"), {.history = kHistory});
  const auto executions = rig.OpenExecutions(kSamples, TwentyTasks(1000));
  std::vector<double> commits, cancels;
  for (int i = 0; i < kSamples; ++i) commits.push_back(floor.CommitOne());
  rig.clock().Move(2 * kHistory);
  const Running running(rig.engine());
  while (!IsPruning(rig)) Pause(kPause);
  for (const std::string& execution : executions) {
    cancels.push_back(rig.Cancel(execution, CancelPolicy::kTask));
    Pause(kPause);
  }
  LULL_CHECK(IsPruning(rig));
  AddLatency(report, {.name = With("cancel while history is pruned", finished),
                      .seconds = std::move(cancels),
                      .commit = Median(commits),
                      .tail = RatioAtMost(kGoalTail),
                      .point = Point{"beside pruning, cancel", finished}});
}

void WithHistory(benchmark::State& state, Report& report, std::int64_t finished) {
  const Folder& store = StoreWith(finished);
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    const Instant start = Now();
    if (finished >= kMany) AddPruning(report, floor, store, finished);
    Rig rig(store.File("lull.db"));
    AddCancels(report, rig, floor, finished);
    AddClaims(report, rig, floor, finished);
    if (finished > 0) AddPages(report, rig, finished);
    state.SetIterationTime(SecondsSince(start));
  }
}

}  // namespace

void RegisterHistory(Report& report, const Scale& scale) {
  for (const std::int64_t finished : {std::int64_t{0}, kMany / 10, kMany, kMost}) {
    if (finished == kMost && !scale.full) continue;
    benchmark::RegisterBenchmark(
        absl::StrCat("history/finished:", finished).c_str(),
        [&report, finished](benchmark::State& state) { WithHistory(state, report, finished); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
