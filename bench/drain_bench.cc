// Invocations a second: claimed, started, finished from another thread, recorded.
#include <cstdint>
#include <optional>
#include <string>
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

constexpr int kCommits = 200;
constexpr std::int64_t kFloorRows = 150'000;
constexpr std::int64_t kOfEach = 200;  // targets of each of many executions
constexpr int kMany = 1000;
constexpr std::int64_t kFew = 10;
constexpr double kGoalMany = 10;

/// What the disk can do: just before and just after what is compared with it.
class Around {
 public:
  explicit Around(Floor& floor) : floor_(floor) { Measure(); }

  void Measure() {
    for (int i = 0; i < kCommits; ++i) seconds_ += floor_.CommitOne();
    commits_ += kCommits;
    rows_.push_back(floor_.InsertFinishes(kFloorRows));
  }
  double commits() const { return commits_ / seconds_; }
  double rows() const { return Median(rows_); }

 private:
  Floor& floor_;
  double commits_ = 0;
  double seconds_ = 0;
  std::vector<double> rows_;
};

/// One task, from the start of its first target to its end.
double DrainOne(std::int64_t targets, std::int64_t concurrency) {
  const Folder folder;
  Rig rig(folder.File("lull.db"));
  rig.runner().Hold(false);
  rig.runner().ExpectFirst();
  if (concurrency <= kFew) rig.runner().StayAwake();
  rig.MakeDue({.targets = {targets}, .concurrency = concurrency});
  const Running running(rig.engine());
  rig.watcher().AwaitEnded(1);
  return static_cast<double>(targets) / SecondsSince(rig.runner().first_start());
}

/// Many executions, all in progress, of which each does one thing at a time.
double DrainMany(int executions) {
  const Folder folder;
  Rig rig(folder.File("lull.db"));
  const auto opened = rig.OpenExecutions(executions, {.targets = {kOfEach}});
  const Running running(rig.engine());
  const Instant start = Now();
  rig.runner().Release();
  rig.watcher().AwaitEnded(executions);
  const double seconds = SecondsSince(start);
  LULL_CHECK(rig.store().runs().GetExecution(ExecutionId(opened.back())).value()->progress.status ==
             Status::kSuccess);
  return static_cast<double>(executions * kOfEach) / seconds;
}

struct Drained {
  std::string name;
  std::string curve;
  std::int64_t n;
  std::optional<Goal> of_commits;
  std::optional<Goal> of_rows;
};

template <class Function>
void Drain(benchmark::State& state, Report& report, const Drained& what, const Function& drain) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    Around around(floor);
    const double rate = drain();
    around.Measure();
    report.Add({.name = what.name,
                .value = rate,
                .unit = "/s",
                .ratio = rate / around.commits(),
                .floor = "F",
                .goal = what.of_commits,
                .point = Point{what.curve, what.n}});
    report.Add({.name = "  against the raw loop, " + what.name,
                .value = rate,
                .unit = "/s",
                .ratio = rate / around.rows(),
                .floor = "R",
                .goal = what.of_rows});
    state.SetIterationTime(1 / rate);
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
        Case{100, 100'000, RatioAtLeast(30), {}}, Case{1000, 500'000, {}, RatioAtLeast(0.6)}}) {
    const Drained what{absl::StrCat("drain, concurrency ", at.concurrency), "drain, one execution",
                       at.concurrency, at.of_commits, at.of_rows};
    Register(report, absl::StrCat("drain/concurrency:", at.concurrency), what,
             [at] { return DrainOne(at.targets, at.concurrency); });
  }
  for (const int executions : {10, 100, 1000, 10'000}) {
    if (executions > kMany && !scale.full) continue;
    const Drained what{absl::StrCat("drain, ", executions, " executions at concurrency 1 each"),
                       "drain, concurrency 1 each",
                       executions,
                       executions == kMany ? std::optional(RatioAtLeast(kGoalMany)) : std::nullopt,
                       {}};
    Register(report, absl::StrCat("drain/executions:", executions), what,
             [executions] { return DrainMany(executions); });
  }
}

}  // namespace lull::bench
