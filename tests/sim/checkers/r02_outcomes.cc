// R2: what was in flight drains: its outcome is recorded once, as it was reported.
#include "engine/base/status.h"
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

/// Recorded by the engine itself, because its own life, or an earlier one, had ended.
bool IsOfARestart(const Finish& finish) {
  return finish.detail == Text(Reason::kEngineRestarted) ||
         finish.detail == Text(Reason::kNeverStarted);
}

/// Recorded by the engine itself, in place of a start.
bool IsOfOneThatCantStart(const Finish& finish) {
  return finish.detail == Text(Reason::kUnassociated) ||
         finish.detail == "The target of this invocation can't be read.";
}

class OutcomeChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      for (const Moved::Task& step : moved.tasks) {
        const TaskPicture& task = moved.run->tasks[step.index];
        for (std::size_t i = task.finishes.size() - step.finishes; i < task.finishes.size(); ++i) {
          Check(world, task, task.finishes[i]);
        }
        Count(world, task);
      }
    }
  }

 private:
  static void Check(World& world, const TaskPicture& task, const Finish& finish) {
    if (task.Recorded(finish.ordinal) != 1) Fail(world, "R2: an outcome was recorded twice");
    if (finish.ordinal >= task.progress.next) Fail(world, "R2: finished without a claim");
    if (IsOfARestart(finish)) return;  // R4's
    const Truth truth = world.facts.Get({task.spec->key, finish.ordinal});
    if (IsOfOneThatCantStart(finish)) {
      if (truth.starts > 0) Fail(world, "R2: started, and recorded as if it could not be");
      return;
    }
    if (!truth.reported) {
      Fail(world, "R2: an outcome that nobody reported");
      return;
    }
    // A 'cancelled' that nobody asked for counts as FAILED.
    const bool unasked = *truth.reported == Status::kCancelled && finish.status == Status::kFailed;
    if (finish.status != *truth.reported && !unasked) {
      Fail(world, "R2: recorded ", ToAbsl(Name(finish.status)), ", reported ",
           ToAbsl(Name(*truth.reported)));
    }
    if (finish.status == Status::kCancelled && !task.progress.stop_requested) {
      Fail(world, "R2: CANCELLED, and nobody asked it to stop");
    }
  }

  static void Count(World& world, const TaskPicture& task) {
    const auto of = [&](Status status) { return task.outcomes[static_cast<std::size_t>(status)]; };
    const TaskProgress& row = task.progress;
    if (of(Status::kSuccess) != row.succeeded || of(Status::kFailed) != row.failed ||
        of(Status::kTimedOut) != row.timed_out || of(Status::kCancelled) != row.cancelled) {
      Fail(world, "R2: counters and outcomes of task ", task.spec->id.value(), " differ");
    }
    if (row.undelivered > row.failed) Fail(world, "R2: more undelivered than failed");
  }
};

}  // namespace

std::unique_ptr<Checker> MakeOutcomeChecker() { return std::make_unique<OutcomeChecker>(); }

}  // namespace lull::sim
