// How soon an engine and a daemon are ready: on a new store, and on what a kill -9 has left.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "bench/daemon.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr std::int64_t kQueued = 1'000'000;
constexpr std::int64_t kConcurrency = 1000;
constexpr double kGoalFresh = 0.1;
constexpr double kGoalKilled = 0.3;

/// What the killed process knew just before.
struct LastWords {
  std::int64_t empty_kib = 0;   ///< with an empty store
  std::int64_t queued_kib = 0;  ///< with a million queued
};

/// A process that queues a million, 1,000 of them in flight, and is killed.
LastWords QueueAndDie(const std::string& path) {
  int pipe_ends[2];
  LULL_CHECK(pipe(pipe_ends) == 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  LULL_CHECK(child >= 0);
  if (child == 0) {
    Rig rig(path);
    LastWords words;
    words.empty_kib = ResidentKib(getpid());
    Shape shape = TwentyTasks(kQueued);
    shape.concurrency = kConcurrency;
    rig.OpenExecutions(1, shape);
    words.queued_kib = ResidentKib(getpid());
    LULL_CHECK(write(pipe_ends[1], &words, sizeof words) == sizeof words);
    for (;;) pause();
  }
  LastWords words;
  LULL_CHECK(read(pipe_ends[0], &words, sizeof words) == sizeof words);
  LULL_CHECK(kill(child, SIGKILL) == 0);
  LULL_CHECK(waitpid(child, nullptr, 0) == child);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return words;
}

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
              .goal = "under 100 ms",
              .reached = Median(samples) < kGoalFresh});
  report.Add({.name = "  the same, worst", .value = Quantile(samples, 1) * 1e3, .unit = "ms"});
}

void Killed(benchmark::State& state, Report& report) {
  std::vector<double> samples;
  std::vector<double> daemons;
  LastWords words;
  for (auto _ : state) {
    const Folder folder;
    words = QueueAndDie(folder.File("lull.db"));
    samples.push_back(OpenOnce(folder.File("lull.db")));
    const Folder other;
    QueueAndDie(other.File("lull.db"));
    daemons.push_back(DaemonProcess(other.File("")).seconds_to_ready());
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "open it after kill -9, 1000000 queued, worst",
              .value = Quantile(samples, 1) * 1e3,
              .unit = "ms"});
  report.Add({.name = "lull serve after kill -9, 1000000 queued, worst",
              .value = Quantile(daemons, 1) * 1e3,
              .unit = "ms",
              .goal = "within 300 ms",
              .reached = Quantile(daemons, 1) < kGoalKilled});
  report.Add({.name = "resident memory, 1000000 queued",
              .value = static_cast<double>(words.queued_kib) / 1024,
              .unit = "MiB"});
  report.Add({.name = "  of that with an empty store",
              .value = static_cast<double>(words.empty_kib) / 1024,
              .unit = "MiB"});
}

}  // namespace

void RegisterReady(Report& report) {
  benchmark::RegisterBenchmark("ready/fresh",
                               [&report](benchmark::State& state) { Fresh(state, report); })
      ->UseManualTime()
      ->Iterations(20);
  benchmark::RegisterBenchmark("ready/daemon",
                               [&report](benchmark::State& state) { FreshDaemon(state, report); })
      ->UseManualTime()
      ->Iterations(20);
  benchmark::RegisterBenchmark("ready/killed",
                               [&report](benchmark::State& state) { Killed(state, report); })
      ->UseManualTime()
      ->Iterations(3);
}

}  // namespace lull::bench
