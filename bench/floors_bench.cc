// The floors by themselves; each other benchmark measures them again beside its own.
#include <vector>

#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "benchmark/benchmark.h"

namespace lull::bench {
namespace {

constexpr int kCommits = 500;
constexpr std::int64_t kRows = 500'000;

void Commits(benchmark::State& state, Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  std::vector<double> samples;
  double total = 0;
  for (auto _ : state) {
    samples.push_back(floor.CommitOne());
    total += samples.back();
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "bare durable one-row commit, median (c)",
              .value = Median(samples) * 1e6,
              .unit = "us"});
  report.Add({.name = "bare durable one-row commits (F)",
              .value = static_cast<double>(samples.size()) / total,
              .unit = "/s"});
}

void Rows(benchmark::State& state, Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    const double updates = floor.UpdateRows(kRows);
    const double inserts = floor.InsertFinishes(kRows);
    state.SetIterationTime(kRows / inserts);
    report.Add({.name = "bare row updates, 500 a transaction", .value = updates, .unit = "/s"});
    report.Add({.name = "bare finish rows, 500 a transaction (R)", .value = inserts, .unit = "/s"});
  }
}

}  // namespace

void RegisterFloors(Report& report) {
  benchmark::RegisterBenchmark("floor/commits",
                               [&report](benchmark::State& state) { Commits(state, report); })
      ->UseManualTime()
      ->Iterations(kCommits);
  benchmark::RegisterBenchmark("floor/rows",
                               [&report](benchmark::State& state) { Rows(state, report); })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace lull::bench
