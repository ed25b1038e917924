// How long a cancel takes, by its policy and by how much is queued while ten are in flight. Beside
// a bare commit, by turns.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/outcome.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"

namespace lull::bench {
namespace {

constexpr int kSamples = 100;
constexpr std::int64_t kSmallest = 10;
constexpr std::int64_t kLarge = 1'000'000;
constexpr std::int64_t kLargest = 10'000'000;   // --full
constexpr std::int64_t kManyTargets = 100'000;  // from here on one snapshot serves all samples
constexpr double kGoalMedian = 1.6;
constexpr double kGoalTail = 8;
constexpr double kGoalGrowth = 1.2;

std::string NameOf(const std::string& what, std::int64_t queued) {
  return absl::StrCat("cancel ", what, ", ", queued, " queued");
}

void Add(Report& report, const std::string& what, std::int64_t queued, std::vector<double> cancels,
         const std::vector<double>& commits) {
  const std::string name = NameOf(what, queued);
  AddLatency(report, {.name = name,
                      .seconds = std::move(cancels),
                      .commit = Median(commits),
                      .median = RatioAtMost(kGoalMedian),
                      .tail = RatioAtMost(kGoalTail),
                      .point = Point{absl::StrCat("cancel ", what), queued}});
  if (queued < kLarge) return;
  report.AddGrowth(
      absl::StrCat("  ", queued, " queued against ", kSmallest, ", ", what, ", medians"),
      NameOf(what, kSmallest) + ", median", name + ", median", ValueAtMost(kGoalGrowth));
}

/// The queued are spread over 20 tasks of which none has started.
void Tasks(benchmark::State& state, Report& report, std::int64_t queued) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  Rig rig(folder.File("lull.db"));
  const auto executions = rig.OpenExecutions(kSamples, TwentyWaiting(queued));
  std::vector<double> commits, cancels;
  for (auto _ : state) {
    commits.push_back(floor.CommitOne());
    cancels.push_back(rig.Cancel(executions.at(cancels.size()), CancelPolicy::kTask));
    state.SetIterationTime(cancels.back());
  }
  const std::string wrong = WrongAfterCancels(rig, executions, queued);
  if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
  Add(report, "TASK, 20 tasks", queued, std::move(cancels), commits);
}

/// The queued are one running task's. Where they are many, each sample goes on with what the last
/// one's cancel has left, so that they are staged once; those that were in flight are no more.
void OneTask(benchmark::State& state, Report& report, CancelPolicy policy, std::int64_t queued) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  Rig rig(folder.File("lull.db"));
  const bool many = queued >= kManyTargets;
  auto executions = rig.OpenExecutions(many ? 1 : kSamples,
                                       {.targets = {queued + kInFlight}, .concurrency = kInFlight});
  std::vector<double> commits, cancels;
  for (auto _ : state) {
    if (many && !cancels.empty()) executions.push_back(rig.Resume(executions.back(), kInFlight));
    commits.push_back(floor.CommitOne());
    cancels.push_back(rig.Cancel(executions.at(cancels.size()), policy));
    state.SetIterationTime(cancels.back());
  }
  const std::string wrong = WrongAfterCancels(rig, executions, queued, many ? kInFlight : 0);
  if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
  Add(report, policy == CancelPolicy::kStop ? "STOP, one task" : "INVOCATION, one task", queued,
      std::move(cancels), commits);
}

template <class Function>
void Register(const std::string& what, std::int64_t queued, const Function& function) {
  benchmark::RegisterBenchmark(absl::StrCat("cancel/", what, "/queued:", queued).c_str(), function)
      ->UseManualTime()
      ->Iterations(kSamples);
}

}  // namespace

void RegisterCancel(Report& report, const Scale& scale) {
  std::vector<std::int64_t> sizes = {kSmallest, 1000, 10'000, 100'000, kLarge};
  if (scale.full) sizes.push_back(kLargest);
  for (const std::int64_t queued : sizes) {
    Register("task", queued,
             [&report, queued](benchmark::State& state) { Tasks(state, report, queued); });
    for (const CancelPolicy policy : {CancelPolicy::kInvocation, CancelPolicy::kStop}) {
      Register(policy == CancelPolicy::kStop ? "stop" : "invocation", queued,
               [&report, policy, queued](benchmark::State& state) {
                 OneTask(state, report, policy, queued);
               });
    }
  }
}

}  // namespace lull::bench
