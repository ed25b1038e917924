#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"

namespace lull {

/// Where the pruning of history stands. A sweep goes through the executions by key, which is by
/// age, and prunes those that ended long enough ago one after the other: it hides one, lets the
/// runners forget its tasks, then removes its rows, so a crash at any point leaves something that
/// the next sweep finds and goes on with. A value; guarded by its owner's mutex.
struct History {
  absl::Time look_at = absl::InfinitePast();  ///< when the next sweep begins
  /// Nothing goes before this: a clock that was set forward may be wrong, and what went is gone.
  absl::Time not_before = absl::InfinitePast();
  std::optional<ExecutionKey> after;  ///< of the sweep under way: the last that it has passed
  /// When the first of what the sweep has left can be too old.
  absl::Time expires_at = absl::InfiniteFuture();

  /// The execution that is being pruned.
  struct Pruning {
    ExecutionKey key{};
    bool hidden = false;
    std::vector<std::pair<Runner*, TaskKey>> outputs;  ///< what runners may keep of it
  };
  std::optional<Pruning> pruning;

  /// What an execution of this age, kept until `keep` after its end and its occurrence's start,
  /// means for a sweep at `now`.
  enum class Answer {
    kPrune,
    kKeep,  ///< it has not ended, or not long ago; or its occurrence is still to come
    kEnd,   ///< it is young, and so are all after it
  };
  Answer Judge(const RunReader::Age& age, absl::Time now, absl::Duration keep);

  /// Goes on after `key`.
  void Pass(ExecutionKey key) {
    pruning.reset();
    after = key;
  }
  /// Notes that something expires at `at`.
  void Expect(absl::Time at);
  /// Begins a sweep, if none is under way, and returns where it is.
  ExecutionKey BeginSweep();
  void EndSweep();

  /// The piece to store next; nothing while runners still forget.
  std::optional<PruneExecution> NextChange(Epoch epoch) const;
  /// When there is something to do.
  absl::Time due_at() const {
    return after || pruning ? not_before : std::max(look_at, not_before);
  }
};

}  // namespace lull
