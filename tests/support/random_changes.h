#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/changes.h"
#include "engine/ports/store.h"

namespace lull {

/// Changes such as an engine would ask for, and near misses of each guard, drawn from a seed. It
/// looks at `store` (the reference) to know what would fit. All meet a store's preconditions.
class RandomChanges {
 public:
  RandomChanges(std::uint64_t seed, Store& store) : random_(seed), store_(store) {}

  /// One commit. As an engine's, it advances an execution once at most: what a second one would
  /// write was decided on rows that the first has changed, and no guard could tell.
  std::vector<Change> NextCommit();

  /// A number in [0, bound); for the test's own choices. REQUIRES: bound > 0.
  std::int64_t Below(std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
  }
  bool OneIn(std::int64_t n) { return Below(n) == 0; }

  std::string AnyWindow() { return "mw-" + std::to_string(Below(5)); }
  WindowTargetId AnyTarget() { return WindowTargetId("target-" + std::to_string(Below(20))); }
  std::string AnySubscriber() { return "subscriber-" + std::to_string(Below(3)); }
  WindowTaskId AnyTask() { return WindowTaskId("task-" + std::to_string(Below(20))); }
  ExecutionKey AnyExecution();

 private:
  absl::Time AnyTime();
  std::int64_t VersionOf(const std::string& window);
  Epoch AnyEpoch();
  std::int64_t AnyLimit();
  /// Some targets, most of them of the window.
  std::vector<WindowTargetId> SomeTargets(const std::string& window);
  Change TargetChange(const std::string& window);
  Change TaskChange(const std::string& window);
  std::optional<Token> AnyToken();
  std::string AnyOrigin();
  Tags AnyTags();
  Change Next();
  Change OpenSome();
  Change StageSome();
  Change PutSomeNodes();
  Change RemoveSomeNodes();
  Change TagSome();
  /// Events or an audit line; with `of`, of the change at that place.
  Change RecordSome(std::optional<std::size_t> of);
  Change SettleSome();
  Change AdvanceSome();
  TaskAdvance AdvanceTask(const RunReader::ActiveTask& active);
  ExecutionProgress Progress(Status from);

  std::mt19937_64 random_;
  Store& store_;
  std::set<ExecutionKey> advanced_;  // by the commit at hand
  std::int64_t epochs_ = 0;
  std::int64_t created_ = 0;
};

}  // namespace lull
