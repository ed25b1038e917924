#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/ids.h"

namespace lull {

/// Which claimed invocations of a task have not finished, and where the low-water mark stands: a
/// window of slots from `low` to `next`, and the few stragglers that the mark has passed.
///
/// A batch first marks what leaves (nothing is durable yet), plans the row's new `low`, and after
/// the commit keeps the marks or drops them. A value; not thread-safe.
class InFlightSet {
 public:
  /// An empty set whose cursor stands at `next`.
  explicit InFlightSet(Ordinal next = 0) : low_(next) {}

  /// As a new life finds it: `in_flight` ascending, all of them below `next`; those below `low` are
  /// the stragglers.
  static InFlightSet Restore(Ordinal low, Ordinal next, const std::vector<Ordinal>& in_flight);

  Ordinal next() const { return low_ + static_cast<Ordinal>(slots_.size()); }
  bool Contains(Ordinal ordinal) const;
  std::int64_t size() const { return size_; }
  std::vector<Ordinal> Ordinals() const;
  /// Those from ordinal `from` on, `limit` at most, ascending, with the time of their claim (the
  /// past, when an earlier life did that). Looks at some 1,000 slots more than it returns.
  std::vector<std::pair<Ordinal, absl::Time>> From(Ordinal from, std::size_t limit) const;
  /// The newest claim of this life, in flight or not so long finished; nothing when empty. O(1).
  std::optional<absl::Time> NewestClaim() const;
  /// When it was claimed; nothing when an earlier life did that.
  std::optional<absl::Time> ClaimedAt(Ordinal ordinal) const;

  /// Marks `ordinal` as leaving. False when it isn't in flight or leaves already: a duplicate.
  bool MarkLeaving(Ordinal ordinal);

  /// What the row's low-water mark and stragglers will be once the marked have left and the cursor
  /// stands at `next`.
  struct LowWater {
    Ordinal low = 0;
    std::vector<Ordinal> stragglers;
  };
  LowWater Plan(Ordinal next) const;

  /// The batch is durable: the marked are gone, the cursor is at `next` (new ordinals were claimed
  /// at `now`; below the old cursor: those from `next` on were never started and are queued again).
  void Keep(const LowWater& plan, Ordinal next, absl::Time now);

  /// The batch failed: the marked are in flight as before.
  void Unmark();

 private:
  enum class State : std::uint8_t { kInFlight, kFinished, kLeaving };
  struct Slot {
    absl::Time claimed_at;
    State state = State::kInFlight;
  };
  struct Straggler {
    Ordinal ordinal;
    absl::Time claimed_at;
    bool leaving = false;
  };

  Slot* Find(Ordinal ordinal);
  const Slot* Find(Ordinal ordinal) const;

  Ordinal low_;
  std::deque<Slot> slots_;
  std::vector<Straggler> stragglers_;  // ascending
  std::int64_t size_ = 0;
  std::vector<Ordinal> leaving_;
};

}  // namespace lull
