// How soon an engine and a daemon are ready on a new store.
#include <string>
#include <vector>

#include "bench/daemon.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"

namespace lull::bench {
namespace {

constexpr int kSamples = 10;
constexpr double kGoalMs = 100;

double OpenOnce(const std::string& path) {
  const Instant start = Now();
  const Rig rig(path);
  return SecondsSince(start);
}

void Fresh(benchmark::State& state, Report& report) {
  std::vector<double> samples;
  for (auto _ : state) {
    const Folder folder;
    samples.push_back(OpenOnce(folder.File("lull.db")));
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "open an engine on a new store, median",
              .value = Median(samples) * 1e3,
              .unit = "ms"});
}

void FreshDaemon(benchmark::State& state, Report& report) {
  std::vector<double> samples;
  for (auto _ : state) {
    const Folder folder;
    samples.push_back(DaemonProcess(folder.File("data")).seconds_to_ready());
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "lull serve, process start to ready, new store, median",
              .value = Median(samples) * 1e3,
              .unit = "ms",
              .goal = ValueAtMost(kGoalMs)});
  report.Add({.name = "  that, worst", .value = Quantile(samples, 1) * 1e3, .unit = "ms"});
}

}  // namespace

void RegisterReady(Report& report) {
  benchmark::RegisterBenchmark("ready/fresh",
                               [&report](benchmark::State& state) { Fresh(state, report); })
      ->UseManualTime()
      ->Iterations(kSamples);
  benchmark::RegisterBenchmark("ready/daemon",
                               [&report](benchmark::State& state) { FreshDaemon(state, report); })
      ->UseManualTime()
      ->Iterations(kSamples);
}

}  // namespace lull::bench
