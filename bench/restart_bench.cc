// From a kill -9 to the next claim, beyond what the start of a process takes; and what the process
// that was killed held in memory.
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/child.h"
#include "bench/daemon.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr int kSamples = 5;
constexpr std::int64_t kMost = 1'000'000;
constexpr std::int64_t kFinished = 3'000'000;
constexpr double kGoalMs = 20;
constexpr double kGoalReadyMs = 300;
constexpr double kGoalMib = 32;
constexpr double kGoalMostMib = 48;

double KibToMib(const std::string& kib) {
  double count = 0;
  LULL_CHECK(absl::SimpleAtod(kib, &count));
  return count / 1024;
}

/// Seconds from the start of a process to its first line.
double TimeToTell(const std::vector<std::string>& what) {
  const Instant start = Now();
  Child child(what);
  child.Hear();
  return SecondsSince(start);
}

/// Seconds from the start of a process to what it tells.
struct Starts {
  double bare = 0;   ///< of a process that does nothing
  double claim = 0;  ///< to its first claim
};

/// Medians, on copies of `killed`.
Starts Restart(const Folder& killed) {
  std::vector<double> bare, claims;
  for (int i = 0; i < kSamples; ++i) {
    const Folder folder;
    folder.Take(killed);
    bare.push_back(TimeToTell({"nothing"}));
    claims.push_back(TimeToTell({"claim", folder.File("lull.db")}));
  }
  return {Median(bare), Median(claims)};
}

void AddRestart(benchmark::State& state, Report& report, const std::string& after, Point point,
                const Folder& killed) {
  const Starts starts = Restart(killed);
  report.Add({.name = "restart to the first claim, " + after,
              .value = (starts.claim - starts.bare) * 1e3,
              .unit = "ms",
              .ratio = starts.claim / starts.bare,
              .floor = "of a bare process start",
              .goal = ValueAtMost(kGoalMs),
              .point = std::move(point)});
  state.SetIterationTime(starts.claim);
}

void Queued(benchmark::State& state, Report& report, std::int64_t queued) {
  for (auto _ : state) {
    const Folder folder;
    double empty = 0, full = 0;
    {
      Child child({"queue", folder.File("lull.db"), absl::StrCat(queued)});
      empty = KibToMib(child.Hear());
      full = KibToMib(child.Hear());
    }
    report.Add({.name = absl::StrCat("resident memory, ", queued, " queued"),
                .value = full,
                .unit = "MiB",
                .goal = ValueAtMost(queued > kMost ? kGoalMostMib : kGoalMib),
                .point = Point{"memory", queued}});
    if (queued == kMost) {
      report.Add({.name = "  of that with an empty store", .value = empty, .unit = "MiB"});
    }
    AddRestart(state, report, absl::StrCat(queued, " queued, 1000 in flight"),
               {"restart, queued", queued}, folder);
    if (queued != kMost) continue;
    const double ready = DaemonProcess(folder.File("")).seconds_to_ready();
    report.Add({.name = absl::StrCat("lull serve after kill -9, ", queued, " queued"),
                .value = ready * 1e3,
                .unit = "ms",
                .goal = ValueAtMost(kGoalReadyMs)});
  }
}

void Straggler(benchmark::State& state, Report& report, std::int64_t finished) {
  for (auto _ : state) {
    const std::string count = absl::StrCat(finished);
    const Folder& killed = MadeOnce("straggler " + count, [&](const Folder& folder) {
      Child({"straggle", folder.File("lull.db"), count}).Hear();
    });
    AddRestart(state, report, absl::StrCat("a straggler and ", count, " finished behind it"),
               {"restart, finished behind a straggler", finished}, killed);
  }
}

}  // namespace

void RegisterRestart(Report& report, const Scale& scale) {
  for (const std::int64_t queued : {10'000, 100'000, 1'000'000, 10'000'000}) {
    if (queued > kMost && !scale.full) continue;
    benchmark::RegisterBenchmark(
        absl::StrCat("restart/queued:", queued).c_str(),
        [&report, queued](benchmark::State& state) { Queued(state, report, queued); })
        ->UseManualTime()
        ->Iterations(1);
  }
  for (const std::int64_t finished : {kFinished / 100, kFinished / 10, kFinished}) {
    benchmark::RegisterBenchmark(
        absl::StrCat("restart/straggler:", finished).c_str(),
        [&report, finished](benchmark::State& state) { Straggler(state, report, finished); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
