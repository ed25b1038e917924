// What subscribers are told: each status that each execution and task has, once and in order; of
// each invocation its outcome, once.
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/status.h"
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class EventChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const StateEvent* event : seen.events) Hear(world, *event);
    for (const Moved& moved : seen.moved) {
      const RunPicture& run = *moved.run;
      if (Told(run.row.id.value(), std::nullopt) != run.row.progress.status) {
        Fail(world, "events: nobody was told what became of execution ", run.row.id.value());
      }
      for (const TaskPicture& task : run.tasks) {
        if (Told(task.spec->id.value(), Status::kPending) != task.progress.status) {
          Fail(world, "events: nobody was told what became of task ", task.spec->id.value());
        }
      }
      for (const Moved::Task& step : moved.tasks) CheckFinishes(world, run.tasks[step.index]);
    }
  }

 private:
  void Hear(World& world, const StateEvent& event) {
    if (!ids_.insert(event.id).second) Fail(world, "events: one came twice: ", event.id);
    if (event.level == Level::kInvocation) {
      tells_invocations_ = true;
      ++finishes_[event.task->value()][static_cast<std::size_t>(event.status)];
      return;
    }
    const std::string& id = event.task ? event.task->value() : event.execution.value();
    const auto [told, first] = told_.emplace(id, event.status);
    if (!first && told->second == event.status) {
      Fail(world, "events: ", id, " was told twice of ", ToAbsl(Name(event.status)));
    }
    if (!first && IsFinal(event.level, told->second)) {
      Fail(world, "events: ", id, " moved after its end");
    }
    told->second = event.status;
  }

  std::optional<Status> Told(const std::string& id, std::optional<Status> otherwise) const {
    const auto told = told_.find(id);
    return told == told_.end() ? otherwise : told->second;
  }

  void CheckFinishes(World& world, const TaskPicture& task) {
    if (!tells_invocations_) return;
    if (finishes_[task.spec->id.value()] != task.outcomes) {
      Fail(world, "events: not each invocation of task ", task.spec->id.value(),
           " was told of once");
    }
  }

  bool tells_invocations_ = false;  ///< the subscriber asks for them, as the first of them shows
  // Looked up only, never iterated.
  std::unordered_set<std::string> ids_;
  std::unordered_map<std::string, Status> told_;  ///< the last, by the id of what moved
  std::unordered_map<std::string, std::array<std::int64_t, kAllStatuses.size()>> finishes_;
};

}  // namespace

std::unique_ptr<Checker> MakeEventChecker() { return std::make_unique<EventChecker>(); }

}  // namespace lull::sim
