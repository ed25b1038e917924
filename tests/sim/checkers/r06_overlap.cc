// R6: at most one active execution a window, and one record of each start.
#include <map>

#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class OverlapChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      const RunPicture& run = *moved.run;
      const std::string& window = run.row.window.value();
      if (Ended(run)) {
        const auto active = active_.find(window);
        if (active != active_.end() && active->second == run.row.key) active_.erase(active);
      } else if (active_.emplace(window, run.row.key).first->second != run.row.key) {
        Fail(world, "R6: window ", window, " has two active executions");
      }
      if (!moved.opened || run.row.progress.reason == Reason::kMissed) continue;
      // History that went may leave room for a start that the clock came to again.
      for (const auto& [key, other] : world.picture.runs) {
        if (key == run.row.key || other.hidden || other.row.window != run.row.window) continue;
        if (other.row.progress.reason == Reason::kMissed) continue;
        if (other.row.occurrence.start_at == run.row.occurrence.start_at) {
          Fail(world, "R6: window ", window, " has two executions at one start");
        }
      }
    }
  }

 private:
  std::map<std::string, ExecutionKey> active_;  // by window
};

}  // namespace

std::unique_ptr<Checker> MakeOverlapChecker() { return std::make_unique<OverlapChecker>(); }

}  // namespace lull::sim
