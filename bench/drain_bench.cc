// Invocations a second: claimed, started, finished from another thread, recorded.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"

namespace lull::bench {
namespace {

constexpr int kRounds = 3;  // each between two measurements of the floor
constexpr int kCommits = 100;
constexpr std::int64_t kFloorRows = 300'000;
constexpr double kGoal = 0.4;

double DrainOnce(std::int64_t targets, std::int64_t concurrency) {
  const Folder folder;
  Rig rig(folder.File("lull.db"));
  rig.runner().Hold(false);
  rig.runner().ExpectFirst();
  rig.MakeDue({.targets = {targets}, .concurrency = concurrency});
  std::thread engine([&rig] { rig.engine().Run(); });
  rig.watcher().AwaitEnded(1);
  const double seconds = SecondsSince(rig.runner().first_start());
  rig.engine().Stop();
  engine.join();
  return static_cast<double>(targets) / seconds;
}

void Drain(benchmark::State& state, Report& report, std::int64_t concurrency,
           std::int64_t targets) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  std::vector<double> rates;
  std::vector<double> to_commits;
  std::vector<double> to_rows;
  for (auto _ : state) {
    double seconds = 0;
    for (int i = 0; i < kCommits; ++i) seconds += floor.CommitOne();
    const double rows_before = floor.InsertFinishes(kFloorRows);
    const double rate = DrainOnce(targets, concurrency);
    const double rows_after = floor.InsertFinishes(kFloorRows);
    for (int i = 0; i < kCommits; ++i) seconds += floor.CommitOne();
    rates.push_back(rate);
    to_commits.push_back(rate * seconds / (2 * kCommits));
    to_rows.push_back(rate * 2 / (rows_before + rows_after));
    state.SetIterationTime(static_cast<double>(targets) / rate);
  }
  const std::string name = absl::StrCat("drain, concurrency ", concurrency);
  report.Add({.name = name,
              .value = Median(rates),
              .unit = "/s",
              .ratio = Median(to_commits),
              .floor = "F"});
  const bool has_goal = concurrency == 1000;
  report.Add({.name = name + ", against the raw loop",
              .value = Median(rates),
              .unit = "/s",
              .ratio = Median(to_rows),
              .floor = "R",
              .goal = has_goal ? "at least 0.4 R" : "",
              .reached = !has_goal || Median(to_rows) >= kGoal});
}

}  // namespace

void RegisterDrain(Report& report) {
  struct Case {
    std::int64_t concurrency;
    std::int64_t targets;
  };
  for (const Case& at : {Case{1, 600}, {10, 5000}, {100, 50'000}, {1000, 500'000}}) {
    benchmark::RegisterBenchmark(absl::StrCat("drain/concurrency:", at.concurrency).c_str(),
                                 [&report, at](benchmark::State& state) {
                                   Drain(state, report, at.concurrency, at.targets);
                                 })
        ->UseManualTime()
        ->Iterations(kRounds);
  }
}

}  // namespace lull::bench
