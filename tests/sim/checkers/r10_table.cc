// R10: statuses move only along the table; ended ones never move again, nor does anything of them.
#include <array>

#include "engine/base/status.h"
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

using Reach = std::array<std::array<bool, kAllStatuses.size()>, kAllStatuses.size()>;

/// Where a status can come to, of those where several moves fall into one commit.
Reach ReachOf(Level level) {
  Reach reach{};
  const auto at = [&](Status from, Status to) -> bool& {
    return reach[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  };
  for (const Status status : kAllStatuses) at(status, status) = true;
  for (std::size_t round = 0; round < kAllStatuses.size(); ++round) {
    for (const Transition& row : kTransitions) {
      if (row.level != level) continue;
      for (const Status from : kAllStatuses) at(from, row.to) |= at(from, row.from);
    }
  }
  return reach;
}

class TableChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      const ExecutionProgress& now = moved.run->row.progress;
      if (moved.opened) {
        // What is recorded as missed or without tasks has its end at once.
        Check(world, Level::kExecution, FirstOf(now.status), now.status);
      } else if (moved.before) {
        Check(world, Level::kExecution, moved.before->status, now.status);
        if (IsFinal(Level::kExecution, moved.before->status)) {
          Fail(world, "R10: an execution that had ended was written again");
        }
        if (moved.before->cancel &&
            (!now.cancel || now.cancel->policy < moved.before->cancel->policy)) {
          Fail(world, "R10: a cancel request was taken back");
        }
      }
      for (const Moved::Task& step : moved.tasks) {
        Check(world, Level::kTask, step.before.status,
              moved.run->tasks[step.index].progress.status);
        if (IsFinal(Level::kTask, step.before.status)) {
          Fail(world, "R10: a task that had ended was written again");
        }
        const ClosedBy closer = step.before.closed_by;
        if (closer != ClosedBy::kNone &&
            moved.run->tasks[step.index].progress.closed_by != closer) {
          Fail(world, "R10: the first closer of a task did not win");
        }
      }
    }
  }

 private:
  static Status FirstOf(Status status) {
    return status == Status::kSkippedOverlapping ? status : Status::kPending;
  }

  void Check(World& world, Level level, Status from, Status to) {
    const Reach& reach = level == Level::kExecution ? executions_ : tasks_;
    if (reach[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)]) return;
    Fail(world, "R10: ", ToAbsl(Name(level)), " went from ", ToAbsl(Name(from)), " to ",
         ToAbsl(Name(to)));
  }

  const Reach executions_ = ReachOf(Level::kExecution);
  const Reach tasks_ = ReachOf(Level::kTask);
};

}  // namespace

std::unique_ptr<Checker> MakeTableChecker() { return std::make_unique<TableChecker>(); }

}  // namespace lull::sim
