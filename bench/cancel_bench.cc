// How long a cancel takes, by how much is queued, and beside a drain.
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr int kSamples = 100;
constexpr int kSamplesInDrain = 150;
constexpr std::chrono::microseconds kPause{3000};  // between two cancels beside a drain
constexpr std::int64_t kDrained = 4'000'000;
constexpr double kGoalMedian = 2;
constexpr double kGoalGrowth = 1.5;
constexpr double kGoalTail = 20;

/// Bare commits and cancels, by turns.
struct Turns {
  std::vector<double> commits;
  std::vector<double> cancels;
  double ratio() const { return Median(cancels) / Median(commits); }
};

Turns TakeTurns(benchmark::State& state, Rig& rig, Floor& floor,
                const std::vector<std::string>& executions, CancelPolicy policy) {
  Turns turns;
  for (auto _ : state) {
    turns.commits.push_back(floor.CommitOne());
    turns.cancels.push_back(rig.Cancel(executions.at(turns.cancels.size()), policy));
    state.SetIterationTime(turns.cancels.back());
  }
  return turns;
}

void AddTurns(Report& report, const std::string& what, const Turns& turns, const std::string& goal,
              bool reached) {
  const double commit = Median(turns.commits);
  report.Add({.name = absl::StrCat(what, ", median"),
              .value = Median(turns.cancels) * 1e6,
              .unit = "us",
              .ratio = turns.ratio(),
              .floor = "c",
              .goal = goal,
              .reached = reached});
  const double tail = Quantile(turns.cancels, 0.99);
  report.Add({.name = absl::StrCat(what, ", p99"),
              .value = tail * 1e6,
              .unit = "us",
              .ratio = tail / commit,
              .floor = "c"});
}

void Tasks(benchmark::State& state, Report& report, std::int64_t queued) {
  static double with_ten = 0;  // the ratio of the first of these
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  Rig rig(folder.File("lull.db"));
  const auto executions = rig.OpenExecutions(kSamples, TwentyTasks(queued));
  const Turns turns = TakeTurns(state, rig, floor, executions, CancelPolicy::kTask);
  const bool largest = queued == 1'000'000;
  AddTurns(report, absl::StrCat("cancel, ", queued, " queued in 20 tasks"), turns,
           largest ? "at most 2 c" : "", !largest || turns.ratio() <= kGoalMedian);
  if (queued == 10) with_ten = turns.ratio();
  if (!largest || with_ten == 0) return;
  const double growth = turns.ratio() / with_ten;
  report.Add({.name = "cancel, 1000000 queued against 10 queued, medians",
              .value = growth,
              .unit = "times",
              .goal = "at most 1.5",
              .reached = growth <= kGoalGrowth});
}

void Invocations(benchmark::State& state, Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  Rig rig(folder.File("lull.db"));
  const auto executions = rig.OpenExecutions(kSamples, {.targets = {100'000}, .concurrency = 10});
  const Turns turns = TakeTurns(state, rig, floor, executions, CancelPolicy::kInvocation);
  AddTurns(report, "cancel INVOCATION, 100000 queued in one task", turns, "", true);
}

void BesideDrain(benchmark::State& state, Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  Rig rig(folder.File("lull.db"));
  const auto executions = rig.OpenExecutions(kSamplesInDrain, TwentyTasks(1000));
  std::vector<double> commits;
  for (int i = 0; i < kSamplesInDrain; ++i) commits.push_back(floor.CommitOne());

  rig.runner().Hold(false);
  rig.MakeDue({.targets = {kDrained}, .concurrency = 1000});
  const std::int64_t before = rig.runner().starts();
  std::thread engine([&rig] { rig.engine().Run(); });
  while (rig.runner().starts() < before + 20'000) std::this_thread::yield();
  std::vector<double> cancels;
  Mutex mutex;
  CondVar never;
  const std::int64_t starts = rig.runner().starts();
  const Instant start = Now();
  for (auto _ : state) {
    cancels.push_back(rig.Cancel(executions.at(cancels.size()), CancelPolicy::kTask));
    state.SetIterationTime(cancels.back());
    MutexLock lock(mutex);
    never.WaitFor(mutex, kPause);
  }
  const double rate = static_cast<double>(rig.runner().starts() - starts) / SecondsSince(start);
  LULL_CHECK(rig.runner().starts() < before + kDrained);  // it went on all the while
  rig.engine().Stop();
  engine.join();
  for (int i = 0; i < kSamplesInDrain; ++i) commits.push_back(floor.CommitOne());

  const double tail = Quantile(cancels, 0.99) / Median(commits);
  report.Add({.name = "cancel beside a drain at full speed, median",
              .value = Median(cancels) * 1e6,
              .unit = "us",
              .ratio = Median(cancels) / Median(commits),
              .floor = "c"});
  report.Add({.name = "cancel beside a drain at full speed, p99",
              .value = Quantile(cancels, 0.99) * 1e6,
              .unit = "us",
              .ratio = tail,
              .floor = "c",
              .goal = "under 20 c",
              .reached = tail < kGoalTail});
  report.Add({.name = "that drain meanwhile", .value = rate, .unit = "/s"});
}

}  // namespace

void RegisterCancel(Report& report) {
  for (const std::int64_t queued : {10, 1000, 100'000, 1'000'000}) {
    benchmark::RegisterBenchmark(
        absl::StrCat("cancel/queued:", queued).c_str(),
        [&report, queued](benchmark::State& state) { Tasks(state, report, queued); })
        ->UseManualTime()
        ->Iterations(kSamples);
  }
  benchmark::RegisterBenchmark("cancel/invocation",
                               [&report](benchmark::State& state) { Invocations(state, report); })
      ->UseManualTime()
      ->Iterations(kSamples);
  benchmark::RegisterBenchmark("cancel/beside_drain",
                               [&report](benchmark::State& state) { BesideDrain(state, report); })
      ->UseManualTime()
      ->Iterations(kSamplesInDrain);
}

}  // namespace lull::bench
