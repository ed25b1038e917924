// R4: an invocation is told to start at most once, after its claim is durable; what can't be
// learned after a crash is FAILED, never run again.
#include <unordered_map>

#include "tests/sim/checkers/checker.h"
#include "tests/sim/world.h"

namespace lull::sim {
namespace {

class StartChecker : public Checker {
 public:
  void Starting(World& world, const StartSeen& start) override {
    const InvocationRef ref = start.invocation.ref;
    if (world.facts.Get(ref).starts > 0) {
      Fail(world, "R4: started twice: task ", static_cast<std::int64_t>(ref.task), " ordinal ",
           ref.ordinal);
    }
    const TaskPicture* task = world.picture.Find(ref.task);
    if (task == nullptr || task->progress.next <= ref.ordinal) {
      Fail(world, "R4: told to start before the claim was durable");
      return;
    }
    if (task->Recorded(ref.ordinal) > 0) Fail(world, "R4: started after its outcome was recorded");
    if (++places_[PlaceOf(*task, ref.ordinal)] > 1) {
      Fail(world, "R4: a target was started again by what its execution was resumed as");
    }
  }

  void Committed(World& world, const CommitSeen& seen) override {
    for (const Moved& moved : seen.moved) {
      for (const Moved::Task& step : moved.tasks) {
        const TaskPicture& task = moved.run->tasks[step.index];
        for (std::size_t i = task.finishes.size() - step.finishes; i < task.finishes.size(); ++i) {
          const Finish& finish = task.finishes[i];
          if (finish.detail != Text(Reason::kNeverStarted)) continue;
          if (world.facts.Get({task.spec->key, finish.ordinal}).starts > 0) {
            Fail(world, "R4: started, and recorded as never started");
          }
        }
      }
    }
  }

 private:
  /// The same target of the same task over all executions that go on with each other.
  static std::uint64_t PlaceOf(const TaskPicture& task, Ordinal ordinal) {
    std::uint64_t place = Mix(static_cast<std::uint64_t>(task.spec->snapshot),
                              static_cast<std::uint64_t>(task.progress.first + ordinal));
    for (const char byte : task.spec->window_task.value()) {
      place = Mix(place, static_cast<unsigned char>(byte));
    }
    return place;
  }

  std::unordered_map<std::uint64_t, int> places_;  // starts; looked up only, never iterated
};

}  // namespace

std::unique_ptr<Checker> MakeStartChecker() { return std::make_unique<StartChecker>(); }

}  // namespace lull::sim
