// Invocations a second: claimed, started, finished from another thread, recorded.
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/outcome.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr int kCommits = 200;
constexpr std::int64_t kFloorRows = 150'000;
constexpr std::int64_t kOfEach = 200;  // targets of each of many executions
constexpr int kMany = 1000;
constexpr std::int64_t kFew = 10;
constexpr std::int64_t kDrained = 100'000;
constexpr double kGoalMany = 10;
constexpr std::int64_t kMost = 1000;  // at a time
constexpr Goal kGoalMost = RatioAtLeast(0.6);

/// What the disk can do: just before and just after what is compared with it.
class Around {
 public:
  explicit Around(Floor& floor) : floor_(floor) { Measure(); }

  void Measure() {
    floor_.CommitOften(kCommits, commits_);
    rows_.push_back(floor_.InsertFinishes(kFloorRows));
  }
  double commits() const { return PerSecond(commits_); }
  double rows() const { return std::accumulate(rows_.begin(), rows_.end(), 0.0) / rows_.size(); }

 private:
  Floor& floor_;
  std::vector<double> commits_;
  std::vector<double> rows_;
};

/// How many a second; or what is wrong with what was done.
struct Rate {
  double per_second = 0;
  std::string wrong;
};

/// One task, from the start of its first target to its end.
Rate DrainOne(std::int64_t targets, std::int64_t concurrency) {
  const Folder folder;
  Rig rig(folder.File("lull.db"));
  rig.runner().Hold(false);
  rig.runner().ExpectFirst();
  if (concurrency <= kFew) rig.runner().StayAwake();
  const std::string window = rig.MakeDue({.targets = {targets}, .concurrency = concurrency});
  const Running running(rig.engine());
  rig.watcher().AwaitEnded(1);
  const double seconds = SecondsSince(rig.runner().first_start());
  std::string wrong = WrongAfterDrain(rig, rig.NewestOf(window).id, targets);
  if (rig.runner().starts() != targets) {
    wrong = absl::StrCat(rig.runner().starts(), " starts for ", targets, " targets");
  }
  return {static_cast<double>(targets) / seconds, wrong};
}

/// As often as it takes to drain kDrained targets, each time on an empty store.
Rate DrainOften(std::int64_t targets, std::int64_t concurrency) {
  Rate rate;
  double seconds = 0;
  std::int64_t drained = 0;
  while (rate.wrong.empty() && drained < kDrained) {
    rate = DrainOne(targets, concurrency);
    seconds += static_cast<double>(targets) / rate.per_second;
    drained += targets;
  }
  rate.per_second = static_cast<double>(drained) / seconds;
  return rate;
}

/// Many executions, all in progress, of which each does one thing at a time.
Rate DrainMany(int executions) {
  const Folder folder;
  Rig rig(folder.File("lull.db"));
  const auto opened = rig.OpenExecutions(executions, {.targets = {kOfEach}});
  const Running running(rig.engine());
  const Instant start = Now();
  rig.runner().Release();
  rig.watcher().AwaitEnded(executions);
  const double seconds = SecondsSince(start);
  std::string wrong;
  for (const std::string& execution : opened) {
    if (wrong.empty()) wrong = WrongAfterDrain(rig, ExecutionId(execution), kOfEach);
  }
  return {static_cast<double>(executions * kOfEach) / seconds, wrong};
}

struct Drained {
  std::string name;
  Point point;
  std::optional<Goal> of_commits;
  std::optional<Goal> of_rows;
};

template <class Function>
void Drain(benchmark::State& state, Report& report, const Drained& what, const Function& drain) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    Around around(floor);
    const Rate rate = drain();
    around.Measure();
    if (!rate.wrong.empty()) return state.SkipWithError(rate.wrong.c_str());
    report.Add({.name = what.name,
                .value = rate.per_second,
                .unit = "/s",
                .ratio = rate.per_second / around.commits(),
                .floor = "F",
                .goal = what.of_commits,
                .point = what.point});
    report.Add({.name = "  against the raw loop, " + what.name,
                .value = rate.per_second,
                .unit = "/s",
                .ratio = rate.per_second / around.rows(),
                .floor = "R",
                .goal = what.of_rows});
    state.SetIterationTime(1 / rate.per_second);
  }
}

template <class Function>
void Register(Report& report, const std::string& benchmark, const Drained& what,
              const Function& drain) {
  benchmark::RegisterBenchmark(
      benchmark.c_str(),
      [&report, what, drain](benchmark::State& state) { Drain(state, report, what, drain); })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace

void RegisterDrain(Report& report, const Scale& scale) {
  struct Case {
    std::int64_t concurrency;
    std::int64_t targets;
    std::optional<Goal> of_commits;
    std::optional<Goal> of_rows;
  };
  for (const Case& at :
       {Case{1, 2000, RatioAtLeast(0.8), {}}, Case{10, 10'000, RatioAtLeast(5), {}},
        Case{100, 100'000, RatioAtLeast(30), {}}, Case{kMost, 500'000, {}, kGoalMost}}) {
    const Drained what{absl::StrCat("drain, concurrency ", at.concurrency),
                       {"drain, one execution", at.concurrency},
                       at.of_commits,
                       at.of_rows};
    Register(report, absl::StrCat("drain/concurrency:", at.concurrency), what,
             [at] { return DrainOne(at.targets, at.concurrency); });
  }
  for (const std::int64_t targets : {10'000, 100'000, 1'000'000}) {
    const Drained what{absl::StrCat("drain of ", targets, ", concurrency ", kMost),
                       {"drain, concurrency 1000, by targets", targets},
                       {},
                       kGoalMost};
    Register(report, absl::StrCat("drain/concurrency:", kMost, "/n:", targets), what,
             [targets] { return DrainOften(targets, kMost); });
  }
  for (const int executions : {10, 100, 1000, 10'000}) {
    if (executions > kMany && !scale.full) continue;
    const Drained what{absl::StrCat("drain, ", executions, " executions at concurrency 1 each"),
                       {"drain, concurrency 1 each", executions},
                       executions == kMany ? std::optional(RatioAtLeast(kGoalMany)) : std::nullopt,
                       {}};
    Register(report, absl::StrCat("drain/executions:", executions), what,
             [executions] { return DrainMany(executions); });
  }
}

}  // namespace lull::bench
