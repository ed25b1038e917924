// What passes between the engine and its store, and what is made of it.
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/sim/checkers/r05_durability.h"
#include "tests/sim/simulation.h"

namespace lull::sim {
namespace {

/// Reads of the checkers that meet a planted fault are tried again, so often.
constexpr int kReadTries = 20;

}  // namespace

void Simulation::Committing(WatchedStore& store, const std::vector<Change>&) {
  ++commits_;
  began_dead_ = disk_->IsDead();
  began_at_ = store.clock().Now();
  if (began_dead_) return;
  if (doubt_ && &store != doubted_) ResolveDoubt(store);
  if (healing_) return;
  if (way_.Percent(swarm_[Knob::kSlowDisk])) {
    Count("slow disk");
    clock_.Advance(absl::Seconds(1 + way_.Below(120)));
  }
  const bool is_ours = life_ != nullptr && life_->store.get() == &store;
  if (is_ours && way_.Percent(swarm_[Knob::kMeanwhile])) life_->runner->EndOne(way_);
}

void Simulation::Committed(WatchedStore& store, const std::vector<Change>& changes,
                           const absl::StatusOr<std::vector<ChangeResult>>& results) {
  if (began_dead_) return;
  trace_.Note("commit", changes.size(), static_cast<int>(results.status().code()));
  if (disk_->IsDead() || absl::IsUnknown(results.status())) {
    doubt_ = changes;
    doubted_ = disk_->IsDead() ? nullptr : &store;
    return;
  }
  if (!results.ok()) return;
  CommitSeen seen;
  seen.now = began_at_;
  world_.picture.Apply(changes, *results, seen);
  See(seen);
  const bool is_ours = life_ != nullptr && life_->store.get() == &store;
  if (healing_ || !is_ours || reading_ || !way_.Percent(swarm_[Knob::kMeanwhile])) return;
  Count("read in a commit");
  Read(way_);
}

void Simulation::Recovered(WatchedStore& store) {
  trace_.Note("recovered");
  ResolveDoubt(store);
}

void Simulation::ResolveDoubt(Store& store) {
  if (!doubt_) return;
  CommitSeen seen;
  seen.now = began_at_;
  absl::Status read;
  for (int i = 0; i < kReadTries && !disk_->IsDead(); ++i) {
    read = Resolve(world_, store, *doubt_, seen);
    if (!read.ok()) continue;
    See(seen);
    doubt_.reset();
    doubted_ = nullptr;
    return;
  }
  if (!disk_->IsDead()) {
    world_.violations.push_back(absl::StrCat("the store can't be read: ", read.ToString()));
  }
}

void Simulation::Compare(Store& store, Scope scope) {
  absl::Status read;
  for (int i = 0; i < kReadTries && !disk_->IsDead(); ++i) {
    read = CompareWithStore(world_, store, scope);
    if (read.ok()) return;
  }
  if (!disk_->IsDead()) {
    world_.violations.push_back(absl::StrCat("the store can't be read: ", read.ToString()));
  }
}

void Simulation::See(const CommitSeen& seen) {
  for (const Moved& moved : seen.moved) {
    const Execution& row = moved.run->row;
    trace_.Note("execution", static_cast<std::int64_t>(row.key), Name(row.progress.status));
    for (const Moved::Task& step : moved.tasks) {
      const TaskProgress& task = moved.run->tasks[step.index].progress;
      trace_.Note("task", step.index, Name(task.status), static_cast<int>(task.closed_by),
                  task.next, task.finished(), step.finishes);
    }
  }
  for (const auto& checker : checkers_) checker->Committed(world_, seen);
}

void Simulation::See(const StartSeen& start) {
  trace_.Note("start", static_cast<std::int64_t>(start.invocation.ref.task),
              start.invocation.ref.ordinal);
  for (const auto& checker : checkers_) checker->Starting(world_, start);
}

void Simulation::See(const CancelSeen& cancel) {
  for (const auto& checker : checkers_) checker->Cancelled(world_, cancel);
}

void Simulation::See(const MadeSeen& made) {
  for (const auto& checker : checkers_) checker->Made(world_, made);
}

}  // namespace lull::sim
