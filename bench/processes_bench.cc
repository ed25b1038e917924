// What a short local process costs the daemon, and what its shim holds.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/daemon.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "runners/process_plan.h"
#include "runners/process_runner.h"

namespace lull::bench {
namespace {

constexpr std::int64_t kProcesses = 1000;
constexpr std::int64_t kConcurrency = 50;
constexpr double kGoalMs = 1;
constexpr double kGoalKib = 2048;

std::string ShimPath() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "cli" /
         runners::kShimName;
}

/// Of all.
struct Round {
  double processor_seconds = 0;  ///< this process's own threads
  double seconds = 0;
};

/// One execution of `script` on each of `count` nodes.
Round Execute(const Folder& folder, const std::string& script, std::int64_t count) {
  MovedClock clock;
  runners::ProcessRunnerOptions options;
  options.clock = &clock;
  options.output_dir = folder.File("output");
  options.shim_path = ShimPath();
  options.plan = [&](const Invocation&) { return runners::ProcessPlan{.script = script}; };
  auto runner = runners::ProcessRunner::Create(std::move(options));
  LULL_CHECK(runner.ok());
  Rig rig(folder.File("lull.db"), {.runner = runner->get()});
  rig.MakeDue({.targets = {count}, .concurrency = kConcurrency});
  const double before = ProcessorSeconds(getpid());
  const Instant start = Now();
  Round round;
  {
    const Running running(rig.engine());
    rig.watcher().AwaitEnded(1);
    round = {ProcessorSeconds(getpid()) - before, SecondsSince(start)};
  }
  (*runner)->Shutdown();
  return round;
}

/// What the shims of a few processes held, in KiB: each process has printed it.
std::vector<double> ShimSizes() {
  const Folder folder;
  Execute(folder, "read -r _ size _ <<END\n$(grep VmRSS /proc/$PPID/status)\nEND\necho $size\n",
          kConcurrency);
  std::vector<double> sizes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.File("output"))) {
    if (entry.path().extension() != ".stdout") continue;
    std::ifstream file(entry.path());
    double size = 0;
    LULL_CHECK(file >> size);
    sizes.push_back(size);
  }
  return sizes;
}

void Processes(benchmark::State& state, Report& report) {
  std::vector<double> cpu;
  std::vector<double> rates;
  for (auto _ : state) {
    const Folder folder;
    const Round round = Execute(folder, ":\n", kProcesses);
    cpu.push_back(round.processor_seconds * 1e3 / kProcesses);
    rates.push_back(kProcesses / round.seconds);
    state.SetIterationTime(round.seconds);
  }
  report.Add({.name = "local process, CPU of the daemon each",
              .value = Median(cpu),
              .unit = "ms",
              .goal = ValueAtMost(kGoalMs)});
  report.Add({.name = "local processes, concurrency 50", .value = Median(rates), .unit = "/s"});
  const double size = Quantile(ShimSizes(), 1);
  report.Add({.name = "shim, resident, greatest of 50",
              .value = size,
              .unit = "KiB",
              .goal = ValueAtMost(kGoalKib)});
}

}  // namespace

void RegisterProcesses(Report& report) {
  benchmark::RegisterBenchmark("processes/concurrency:50",
                               [&report](benchmark::State& state) { Processes(state, report); })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace lull::bench
