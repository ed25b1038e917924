// R9: lower priority numbers first, equal ones in parallel, the next number only when all before it
// have ended.
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class PriorityChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      for (const Moved::Task& step : moved.tasks) {
        const TaskPicture& started = moved.run->tasks[step.index];
        if (!started.progress.started_at || step.before.started_at) continue;
        for (const TaskPicture& other : moved.run->tasks) {
          if (other.spec->priority < started.spec->priority && !Ended(other)) {
            Fail(world, "R9: started before a lower priority number had ended");
          }
          if (other.spec->priority == started.spec->priority &&
              other.progress.status == Status::kPending) {
            Fail(world, "R9: started without another of the same priority");
          }
        }
      }
    }
  }
};

}  // namespace

std::unique_ptr<Checker> MakePriorityChecker() { return std::make_unique<PriorityChecker>(); }

}  // namespace lull::sim
