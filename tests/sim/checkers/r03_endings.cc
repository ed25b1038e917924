// R3: an execution ends exactly when its last task has, CANCELLED when it was cancelled; its counts
// add up.
#include <algorithm>

#include "engine/base/status.h"
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class EndingChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      CheckRun(world, *moved.run);
      for (const TaskPicture& task : moved.run->tasks) CheckTask(world, task);
    }
  }

 private:
  static void CheckRun(World& world, const RunPicture& run) {
    const ExecutionProgress& progress = run.row.progress;
    const bool all_ended = std::all_of(run.tasks.begin(), run.tasks.end(),
                                       [](const TaskPicture& task) { return Ended(task); });
    if (!run.tasks.empty() && Ended(run) != all_ended) {
      Fail(world, "R3: execution ", run.row.id.value(), " is ", ToAbsl(Name(progress.status)),
           all_ended ? " with all tasks ended" : " with tasks that go on");
    }
    if (Ended(run) != progress.ended_at.has_value()) {
      Fail(world, "R3: an instant of the end, and none, or the other way round");
    }
    if (!progress.cancel) return;
    const Status status = all_ended ? Status::kCancelled : Status::kCancelling;
    if (progress.status != status) {
      Fail(world, "R3: cancelled execution ", run.row.id.value(), " is ",
           ToAbsl(Name(progress.status)));
    }
    CountCancelled(world, run);
  }

  /// What a cancel says that it cancelled before it started, no runner ever gets.
  static void CountCancelled(World& world, const RunPicture& run) {
    std::int64_t queued = 0;
    for (const TaskPicture& task : run.tasks) {
      if (task.progress.closed_by != ClosedBy::kCancel) continue;
      queued += task.progress.count - task.progress.next;
    }
    if (run.row.progress.cancel->queued != queued) {
      Fail(world, "R3: a cancel that counts ", run.row.progress.cancel->queued, " queued, of ",
           queued);
    }
  }

  static void CheckTask(World& world, const TaskPicture& task) {
    const TaskProgress& row = task.progress;
    if (row.in_flight() < 0) Fail(world, "R3: more finished than claimed");
    if (row.low > row.next || row.next > row.count) Fail(world, "R3: the cursor is out of order");
    if (!Ended(task)) return;
    if (row.in_flight() != 0) Fail(world, "R3: ended with work in flight");
    if (row.closed_by == ClosedBy::kNone && row.next != row.count) {
      Fail(world, "R3: ended early without a closer");
    }
  }
};

}  // namespace

std::unique_ptr<Checker> MakeEndingChecker() { return std::make_unique<EndingChecker>(); }

}  // namespace lull::sim
