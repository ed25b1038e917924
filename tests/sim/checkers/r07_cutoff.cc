// R7: no task starts at or after the cutoff; with CANCEL_TASK nothing is claimed from then on, and
// commands in flight are asked to stop.
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class CutoffChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      const absl::Time cutoff = moved.run->row.occurrence.cutoff_at;
      for (const Moved::Task& step : moved.tasks) {
        const TaskPicture& task = moved.run->tasks[step.index];
        const auto& started_at = task.progress.started_at;
        if (started_at && *started_at >= cutoff) {
          Fail(world, "R7: a task started at or after the cutoff");
        }
        if (started_at != step.before.started_at && seen.now >= cutoff) {
          Fail(world, "R7: a task was started at or after the cutoff, and says that it wasn't");
        }
        if (seen.now >= cutoff) CheckPassed(world, task, step.before);
      }
    }
  }

 private:
  static void CheckPassed(World& world, const TaskPicture& task, const TaskProgress& before) {
    const TaskProgress& now = task.progress;
    if (now.status == Status::kPending) Fail(world, "R7: PENDING past the cutoff");
    if (task.spec->cutoff_behavior != CutoffBehavior::kCancelTask) return;
    if (now.next > before.next) Fail(world, "R7: a claim past the cutoff of a CANCEL_TASK");
    if (Ended(task)) return;
    if (now.closed_by == ClosedBy::kNone) Fail(world, "R7: open past the cutoff of a CANCEL_TASK");
    if (task.spec->type == TaskType::kRunCommand && now.in_flight() > 0 && !now.stop_requested) {
      Fail(world, "R7: commands in flight were not asked to stop");
    }
  }
};

}  // namespace

std::unique_ptr<Checker> MakeCutoffChecker() { return std::make_unique<CutoffChecker>(); }

}  // namespace lull::sim
