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
#include "bench/outcome.h"
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
constexpr std::int64_t kQueued = 1000;  // of each that is cancelled
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

// Each of these measures something, and gives back what is wrong with what was done; empty:
// nothing.

/// Cancels by turns with bare commits.
std::string AddCancels(Report& report, Rig& rig, Floor& floor, std::int64_t finished) {
  const auto executions = rig.OpenExecutions(kSamples, TwentyWaiting(kQueued));
  std::vector<double> commits, cancels;
  for (const std::string& execution : executions) {
    commits.push_back(floor.CommitOne());
    cancels.push_back(rig.Cancel(execution, CancelPolicy::kInvocation));
  }
  std::string wrong = WrongAfterCancels(rig, executions, kQueued);
  if (!wrong.empty()) return wrong;
  const std::string name = With("cancel, 1000 queued", finished);
  AddLatency(report, {.name = name,
                      .seconds = std::move(cancels),
                      .commit = Median(commits),
                      .point = Point{"cancel, by history", finished}});
  const std::int64_t ended = rig.watcher().ended() + kSamples;
  rig.runner().Release();
  while (rig.watcher().ended() < ended) rig.engine().Step();
  if (finished < kMany) return "";
  report.AddGrowth(With("  that against none", finished),
                   With("cancel, 1000 queued", 0) + ", median", name + ", median",
                   ValueAtMost(kGoalGrowth));
  return "";
}

std::string AddClaims(Report& report, Rig& rig, Floor& floor, std::int64_t finished) {
  std::vector<double> commits;
  floor.CommitOften(kSamples, commits);
  rig.runner().ExpectFirst();
  const ExecutionId drained = rig.Drain({.targets = {kClaimed}, .concurrency = 100});
  const double each = SecondsSince(rig.runner().first_start()) / kClaimed;
  floor.CommitOften(kSamples, commits);
  std::string wrong = WrongAfterDrain(rig, drained, kClaimed);
  if (!wrong.empty()) return wrong;
  const std::string name = With("claim and finish, 100 at a time", finished);
  report.Add({.name = name,
              .value = each * 1e6,
              .unit = "us",
              .ratio = each * PerSecond(commits),
              .floor = "1/F",
              .point = Point{"claim, by history", finished}});
  if (finished < kMany) return "";
  report.AddGrowth(With("  those against none", finished),
                   With("claim and finish, 100 at a time", 0), name, ValueAtMost(kGoalGrowth));
  return "";
}

/// Median seconds of the first page of a task's invocations; those with a status only.
double PageSeconds(Rig& rig, const Execution& execution, const std::string& status) {
  const auto task = rig.store().runs().ListTaskExecutions(execution.key).value().at(0);
  const auto ask = FirstInvocations(execution.id, task, status);
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

std::string AddPruning(Report& report, const Folder& store, Floor& floor, std::int64_t finished) {
  const Folder folder;
  folder.Take(store);
  Rig rig(folder.File("lull.db"), {.history = kHistory});
  const auto executions = rig.OpenExecutions(kSamples, TwentyWaiting(kQueued));
  std::vector<double> commits, cancels;
  floor.CommitOften(kSamples, commits);
  rig.clock().Move(2 * kHistory);
  {
    const Running running(rig.engine());
    while (!IsPruning(rig)) Pause(kPause);
    for (const std::string& execution : executions) {
      cancels.push_back(rig.Cancel(execution, CancelPolicy::kTask));
      Pause(kPause);
    }
    if (!IsPruning(rig)) return "the pruning ended before the last cancel";
  }
  floor.CommitOften(kSamples, commits);
  std::string wrong = WrongAfterCancels(rig, executions, kQueued);
  if (!wrong.empty()) return wrong;
  AddLatency(report, {.name = With("cancel while history is pruned", finished),
                      .seconds = std::move(cancels),
                      .commit = Median(commits),
                      .tail = RatioAtMost(kGoalTail),
                      .point = Point{"beside pruning, cancel", finished}});
  return "";
}

std::string AddAll(Report& report, const Folder& store, std::int64_t finished) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  if (finished >= kMany) {
    std::string wrong = AddPruning(report, store, floor, finished);
    if (!wrong.empty()) return wrong;
  }
  folder.Take(store);
  Rig rig(folder.File("lull.db"));
  std::string wrong = AddCancels(report, rig, floor, finished);
  if (wrong.empty()) wrong = AddClaims(report, rig, floor, finished);
  if (wrong.empty() && finished > 0) AddPages(report, rig, finished);
  return wrong;
}

void WithHistory(benchmark::State& state, Report& report, std::int64_t finished) {
  const Folder& store = StoreWith(finished);
  for (auto _ : state) {
    const Instant start = Now();
    const std::string wrong = AddAll(report, store, finished);
    if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
    state.SetIterationTime(SecondsSince(start));
  }
}

}  // namespace

void RegisterHistory(Report& report, const Scale& scale) {
  for (const std::int64_t finished : {std::int64_t{0}, kMany / 100, kMany / 10, kMany, kMost}) {
    if (finished == kMost && !scale.full) continue;
    benchmark::RegisterBenchmark(
        absl::StrCat("history/finished:", finished).c_str(),
        [&report, finished](benchmark::State& state) { WithHistory(state, report, finished); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
