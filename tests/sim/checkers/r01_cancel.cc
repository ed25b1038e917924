// R1: a cancel is one transaction; after its answer nothing that it closed ever starts.
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class CancelChecker : public Checker {
 public:
  void Cancelled(World& world, const CancelSeen& cancel) override {
    // What a recovery or an ended execution costs is not the cancel's.
    if (cancel.commits > 1) Fail(world, "R1: a cancel took ", cancel.commits, " transactions");
    RunPicture* run = world.picture.Find(cancel.execution);
    if (run == nullptr || !cancel.was_active) return;
    for (TaskPicture& task : run->tasks) {
      const TaskProgress& progress = task.progress;
      if (progress.closed_by != ClosedBy::kNone) {
        task.shut = true;
      } else if (progress.status == Status::kPending) {
        Fail(world, "R1: a task that had not started is still open");
      } else if (cancel.policy != CancelPolicy::kTask && progress.next != progress.count) {
        Fail(world, "R1: unclaimed invocations are still to come");
      }
    }
  }

  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      for (const Moved::Task& task : moved.tasks) {
        const TaskPicture& now = moved.run->tasks[task.index];
        if (now.shut && now.progress.next > task.before.next) {
          Fail(world, "R1: a claim of what an answered cancel had closed");
        }
      }
    }
  }

  void Starting(World& world, const StartSeen& start) override {
    const TaskPicture* task = world.picture.Find(start.invocation.ref.task);
    if (task != nullptr && task->shut) Fail(world, "R1: a start after its cancel had returned");
  }
};

}  // namespace

std::unique_ptr<Checker> MakeCancelChecker() { return std::make_unique<CancelChecker>(); }

}  // namespace lull::sim
