// R8: MaxConcurrency is never exceeded; past MaxErrors nothing more of that task starts.
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class LimitChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      for (const TaskPicture& task : moved.run->tasks) {
        const TaskProgress& row = task.progress;
        if (row.in_flight() > row.concurrency_limit) Fail(world, "R8: too many in flight");
        const bool past = row.failed - row.undelivered + row.timed_out > row.error_limit;
        if (past && row.closed_by == ClosedBy::kNone) {
          Fail(world, "R8: past MaxErrors and still open");
        }
        if (!past && row.closed_by == ClosedBy::kMaxErrors) {
          Fail(world, "R8: closed by MaxErrors that were not reached");
        }
      }
    }
  }

  void Starting(World& world, const StartSeen& start) override {
    const TaskPicture* task = world.picture.Find(start.invocation.ref.task);
    if (task == nullptr) return;  // R4's
    if (task->progress.closed_by != ClosedBy::kNone) {
      Fail(world, "R8: started although its task is closed");
    }
    if (start.in_flight >= task->progress.concurrency_limit) {
      Fail(world, "R8: one more than MaxConcurrency");
    }
  }
};

}  // namespace

std::unique_ptr<Checker> MakeLimitChecker() { return std::make_unique<LimitChecker>(); }

}  // namespace lull::sim
