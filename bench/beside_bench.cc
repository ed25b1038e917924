// How long a cancel takes beside work: a drain at full speed; the same while a snapshot is written
// and history is pruned. And how much of the drain is kept.
#include <chrono>
#include <optional>
#include <string>
#include <thread>
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

constexpr int kSamples = 150;                      // of each of the two
constexpr std::int64_t kQueued = 1000;             // of each that is cancelled
constexpr std::chrono::microseconds kPause{3000};  // between two cancels
constexpr std::chrono::milliseconds kAlone{400};
constexpr std::int64_t kDrained = 6'000'000;  // more than there is time for
constexpr std::int64_t kStaged = 40'000'000;  // the same
constexpr std::int64_t kPruned = 1'500'000;
constexpr absl::Duration kHistory = absl::Hours(1);
constexpr std::int64_t kMostConcurrency = 1000;
constexpr double kGoalMedian = 7;
constexpr double kGoalTail = 20;
constexpr double kGoalKept = 0.9;

/// A store whose first execution has finished kPruned.
const Folder& ToPrune() {
  return MadeOnce("store to prune", [](const Folder& folder) {
    Rig(folder.File("lull.db")).Drain({.targets = {kPruned}, .concurrency = kMostConcurrency});
  });
}

/// An engine whose drain goes on and on, on a thread of its own, and executions to cancel.
class Busy {
 public:
  /// On the store at `path`, which has something to prune.
  Busy(const std::string& path, std::int64_t concurrency) : rig_(path, {.history = kHistory}) {
    executions_ = rig_.OpenExecutions(2 * kSamples, TwentyWaiting(kQueued));
    rig_.runner().Hold(false);
    drained_ = rig_.MakeDue({.targets = {kDrained}, .concurrency = concurrency});
    const std::int64_t before = rig_.runner().starts();
    running_.emplace(rig_.engine());
    while (rig_.runner().starts() < before + 20 * concurrency) std::this_thread::yield();
  }

  /// Lets a snapshot be written and history be pruned, beside the drain.
  void Load() {
    staged_ = rig_.MakeDue({.targets = {kStaged}});
    rig_.clock().Move(2 * kHistory);
    while (!IsLoaded()) Pause(kPause);
  }

  /// Whether all of it is still under way.
  bool IsDraining() { return rig_.NewestOf(drained_).progress.status == Status::kInProgress; }
  bool IsLoaded() {
    const auto found =
        rig_.store().runs().ListExecutions({.window = WindowId(staged_), .limit = 1});
    const auto ages = rig_.store().runs().ListAges({}, 1);
    LULL_CHECK(found.ok() && ages.ok() && ages->size() == 1);
    return !found->empty() && found->front().progress.status == Status::kPending &&
           ages->front().pruning;
  }

  /// What is wrong with what was done; empty: nothing. REQUIRES: all cancels have been.
  std::string Wrong() {
    if (!IsDraining() || !IsLoaded()) return "drain, snapshot or pruning ended before the cancels";
    return WrongAfterCancels(rig_, executions_, kQueued);
  }

  /// Drained a second while nobody cancels.
  double RateAlone() {
    return Rate([] { Pause(kAlone); });
  }

  /// Drained a second while somebody cancels, and what each cancel took.
  double RateBesideCancels(std::vector<double>& cancels) {
    return Rate([&] {
      for (int i = 0; i < kSamples; ++i) {
        cancels.push_back(rig_.Cancel(executions_.at(next_++), CancelPolicy::kTask));
        Pause(kPause);
      }
    });
  }

 private:
  template <class Function>
  double Rate(const Function& function) {
    const std::int64_t starts = rig_.runner().starts();
    const Instant start = Now();
    function();
    return static_cast<double>(rig_.runner().starts() - starts) / SecondsSince(start);
  }

  Rig rig_;
  std::vector<std::string> executions_;
  std::size_t next_ = 0;
  std::string drained_, staged_;
  std::optional<Running> running_;
};

void AddRate(Report& report, const std::string& name, double rate, double alone,
             std::optional<Goal> goal) {
  report.Add({.name = name,
              .value = rate,
              .unit = "/s",
              .ratio = rate / alone,
              .floor = "of it alone",
              .goal = goal});
}

void Beside(benchmark::State& state, Report& report, std::int64_t concurrency) {
  const Folder folder;
  folder.Take(ToPrune());
  Floor floor(folder.File("floor.db"));
  std::vector<double> commits, beside_drain, beside_all;
  floor.CommitOften(kSamples, commits);
  double alone = 0, with_cancels = 0, loaded = 0, with_all = 0;
  std::string wrong;
  for (auto _ : state) {
    const Instant start = Now();
    Busy busy(folder.File("lull.db"), concurrency);
    alone = busy.RateAlone();
    with_cancels = busy.RateBesideCancels(beside_drain);
    alone = (alone + busy.RateAlone()) / 2;
    busy.Load();
    loaded = busy.RateAlone();
    with_all = busy.RateBesideCancels(beside_all);
    wrong = busy.Wrong();
    state.SetIterationTime(SecondsSince(start));
  }
  if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
  floor.CommitOften(kSamples, commits);

  const double commit = Median(commits);
  const std::string drain = absl::StrCat("drain of ", concurrency, " at a time");
  const std::string all = drain + ", a snapshot and pruning";
  AddLatency(report, {.name = "cancel beside a " + drain,
                      .seconds = beside_drain,
                      .commit = commit,
                      .point = Point{"beside a drain, cancel", concurrency}});
  AddLatency(report,
             {.name = "cancel beside a " + all,
              .seconds = beside_all,
              .commit = commit,
              .median = RatioAtMost(kGoalMedian),
              .tail = RatioAtMost(kGoalTail),
              .point = Point{"beside a drain, a snapshot and pruning, cancel", concurrency}});
  AddRate(report, drain + ", beside cancels", with_cancels, alone, std::nullopt);
  AddRate(report, all, loaded, alone, std::nullopt);
  AddRate(report, all + ", beside cancels", with_all, alone, RatioAtLeast(kGoalKept));
}

}  // namespace

void RegisterBeside(Report& report, const Scale& scale) {
  for (const std::int64_t concurrency : {10, 100, 1000}) {
    if (!scale.full && concurrency != kMostConcurrency) continue;
    benchmark::RegisterBenchmark(
        absl::StrCat("beside/concurrency:", concurrency).c_str(),
        [&report, concurrency](benchmark::State& state) { Beside(state, report, concurrency); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
