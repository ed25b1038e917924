#include "engine/core/in_flight.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/runs.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

absl::Time Second(std::int64_t n) { return absl::FromUnixSeconds(n); }

/// Claims `next` ordinals of an empty set.
InFlightSet Claimed(Ordinal next) {
  InFlightSet set;
  set.Keep(set.Plan(next), next, Second(1));
  return set;
}

void Finish(InFlightSet& set, Ordinal ordinal) {
  ASSERT_TRUE(set.MarkLeaving(ordinal));
  set.Keep(set.Plan(set.next()), set.next(), Second(2));
}

TEST(InFlightSetTest, OfAClaimHoldsAllOfItWithTheInstantOfTheClaim) {
  const InFlightSet set = Claimed(3);
  EXPECT_EQ(set.Ordinals(), (std::vector<Ordinal>{0, 1, 2}));
  EXPECT_EQ(set.size(), 3);
  EXPECT_EQ(set.next(), 3);
  EXPECT_EQ(set.ClaimedAt(1), Second(1));
  EXPECT_EQ(set.ClaimedAt(3), std::nullopt);
  EXPECT_FALSE(set.Contains(3));
  EXPECT_FALSE(set.Contains(-1));
}

TEST(InFlightSetTest, AreListedFromAnOrdinalOnStragglersFirst) {
  const InFlightSet set = InFlightSet::Restore(5, 8, {1, 3, 6});
  const auto from = [&](Ordinal ordinal, std::size_t limit) {
    std::vector<Ordinal> ordinals;
    for (const auto& [at, claimed] : set.From(ordinal, limit)) ordinals.push_back(at);
    return ordinals;
  };
  EXPECT_EQ(from(0, 9), (std::vector<Ordinal>{1, 3, 6}));
  EXPECT_EQ(from(0, 1), (std::vector<Ordinal>{1}));
  EXPECT_EQ(from(3, 9), (std::vector<Ordinal>{3, 6}));
  EXPECT_EQ(from(4, 9), (std::vector<Ordinal>{6}));
  EXPECT_EQ(from(6, 9), (std::vector<Ordinal>{6}));
  EXPECT_EQ(from(7, 9), (std::vector<Ordinal>{}));
}

TEST(InFlightSetTest, OneThatLeavesTwiceIsADuplicateAtOnceAndAfterTheCommit) {
  InFlightSet set = Claimed(3);
  EXPECT_TRUE(set.MarkLeaving(1));
  EXPECT_TRUE(set.Contains(1)) << "until it has left";
  EXPECT_FALSE(set.MarkLeaving(1));
  set.Keep(set.Plan(3), 3, Second(2));
  EXPECT_FALSE(set.MarkLeaving(1));
  EXPECT_FALSE(set.MarkLeaving(3));
  EXPECT_FALSE(set.MarkLeaving(-1));
  EXPECT_EQ(set.Ordinals(), (std::vector<Ordinal>{0, 2}));
}

TEST(InFlightSetTest, WhenTheCommitFailsTheMarkedAreInFlightAsBefore) {
  InFlightSet set = Claimed(3);
  EXPECT_TRUE(set.MarkLeaving(0));
  EXPECT_TRUE(set.MarkLeaving(2));
  set.Unmark();
  EXPECT_EQ(set.Ordinals(), (std::vector<Ordinal>{0, 1, 2}));
  EXPECT_EQ(set.size(), 3);
  EXPECT_TRUE(set.MarkLeaving(0));
}

TEST(InFlightSetTest, TheMarkFollowsTheOldestInFlight) {
  InFlightSet set = Claimed(5);
  Finish(set, 1);
  EXPECT_EQ(set.Plan(5).low, 0);
  Finish(set, 0);
  EXPECT_EQ(set.Plan(5).low, 2);
  for (const Ordinal ordinal : {2, 3, 4}) Finish(set, ordinal);
  EXPECT_EQ(set.Plan(5).low, 5);
  EXPECT_EQ(set.size(), 0);
}

TEST(InFlightSetTest, TheCursorMovesBackOverWhatWasNeverHandedOver) {
  InFlightSet set = Claimed(5);
  Finish(set, 0);
  set.Keep(set.Plan(3), 3, Second(3));
  EXPECT_EQ(set.next(), 3);
  EXPECT_EQ(set.Ordinals(), (std::vector<Ordinal>{1, 2}));
  EXPECT_FALSE(set.MarkLeaving(4));
}

TEST(InFlightSetTest, AStragglerDoesNotHoldTheMarkBackForever) {
  InFlightSet set = Claimed(1);
  Ordinal next = 1;
  for (; next < 5000; ++next) {  // ordinal 0 stays, each other one ends at once
    set.Keep(set.Plan(next + 1), next + 1, Second(next));
    Finish(set, next);
  }
  const auto plan = set.Plan(next);
  EXPECT_EQ(plan.stragglers, (std::vector<Ordinal>{0}));
  EXPECT_EQ(plan.low, next);
  EXPECT_TRUE(set.Contains(0));
  EXPECT_EQ(set.ClaimedAt(0), Second(1));
  Finish(set, 0);
  EXPECT_TRUE(set.Plan(next).stragglers.empty());
  EXPECT_EQ(set.size(), 0);
}

TEST(InFlightSetTest, AStragglerThatLeavesIsBackWhenTheCommitFails) {
  InFlightSet set = InFlightSet::Restore(100, 103, {3, 101});
  EXPECT_TRUE(set.MarkLeaving(3));
  EXPECT_FALSE(set.MarkLeaving(3));
  set.Unmark();
  EXPECT_TRUE(set.Contains(3));
  EXPECT_TRUE(set.MarkLeaving(3));
}

TEST(InFlightSetTest, MoreStragglersThanTheRowHoldsKeepTheMarkBack) {
  constexpr Ordinal kStay = 200;
  InFlightSet set = Claimed(6000);
  for (Ordinal ordinal = 0; ordinal < 6000; ++ordinal) {
    const bool stays = ordinal % 10 == 0 && ordinal / 10 < kStay;
    if (!stays) {
      ASSERT_TRUE(set.MarkLeaving(ordinal));
    }
  }
  set.Keep(set.Plan(6000), 6000, Second(2));
  const auto plan = set.Plan(6000);
  EXPECT_EQ(plan.stragglers.size(), kMaxStragglers);
  EXPECT_EQ(plan.low, static_cast<Ordinal>(kMaxStragglers) * 10);
  EXPECT_EQ(set.size(), kStay);
}

TEST(InFlightSetTest, RestoredFromItsRowHoldsTheSameWithoutTheInstants) {
  const std::vector<Ordinal> in_flight = {2, 7, 12, 19};
  const InFlightSet set = InFlightSet::Restore(10, 20, in_flight);
  EXPECT_EQ(set.Ordinals(), in_flight);
  EXPECT_EQ(set.size(), 4);
  EXPECT_EQ(set.next(), 20);
  EXPECT_TRUE(set.Contains(7));
  EXPECT_FALSE(set.Contains(8));
  EXPECT_FALSE(set.Contains(13));
  EXPECT_EQ(set.ClaimedAt(12), std::nullopt);
  EXPECT_EQ(set.Plan(20).stragglers, (std::vector<Ordinal>{2, 7}));
  EXPECT_EQ(set.Plan(20).low, 12);
}

/// The same in a std::map and a std::set, as plainly as it can be said.
class Naive {
 public:
  bool Mark(Ordinal ordinal) {
    return in_flight_.count(ordinal) == 1 && leaving_.insert(ordinal).second;
  }
  void Keep(Ordinal next, absl::Time now) {
    for (const Ordinal ordinal : leaving_) in_flight_.erase(ordinal);
    leaving_.clear();
    for (; next_ < next; ++next_) in_flight_[next_] = now;
    in_flight_.erase(in_flight_.lower_bound(next), in_flight_.end());
    next_ = next;
  }
  void Unmark() { leaving_.clear(); }
  std::vector<Ordinal> Ordinals() const {
    std::vector<Ordinal> ordinals;
    for (const auto& [ordinal, at] : in_flight_) ordinals.push_back(ordinal);
    return ordinals;
  }
  std::vector<Ordinal> Staying() const {
    std::vector<Ordinal> ordinals;
    for (const Ordinal ordinal : Ordinals()) {
      if (leaving_.count(ordinal) == 0) ordinals.push_back(ordinal);
    }
    return ordinals;
  }
  Ordinal next() const { return next_; }
  /// The first ordinal that may be taken back: what is above has neither finished nor is leaving.
  Ordinal FirstUntouched() const {
    Ordinal at = next_;
    while (at > 0 && in_flight_.count(at - 1) == 1 && leaving_.count(at - 1) == 0) --at;
    return at;
  }
  const std::map<Ordinal, absl::Time>& in_flight() const { return in_flight_; }

 private:
  std::map<Ordinal, absl::Time> in_flight_;
  std::set<Ordinal> leaving_;
  Ordinal next_ = 0;
};

class InFlightRandomTest : public testing::TestWithParam<int> {};

TEST_P(InFlightRandomTest, AgreesWithAPlainSetOverRandomSteps) {
  SCOPED_TRACE(GetParam());
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<Ordinal>(random() % n); };
  InFlightSet set;
  Naive naive;
  const std::size_t keep_back = 1 + random() % 90;  // so many never end: stragglers
  bool moved = true;
  for (int step = 0; step < 300; ++step) {
    // Some leave, the newest rather than the oldest.
    const std::vector<Ordinal> staying = naive.Staying();
    for (Ordinal n = below(60); n > 0; --n) {
      Ordinal ordinal = below(static_cast<std::size_t>(naive.next()) + 3);
      if (staying.size() > keep_back) {
        ordinal = staying[keep_back + static_cast<std::size_t>(below(staying.size() - keep_back))];
      }
      ASSERT_EQ(set.MarkLeaving(ordinal), naive.Mark(ordinal)) << ordinal;
    }
    if (below(10) == 0) {
      set.Unmark();
      naive.Unmark();
      moved = false;
    } else {
      Ordinal next = naive.next() + below(40);
      if (below(8) == 0) {
        const Ordinal first = naive.FirstUntouched();
        next = first + below(static_cast<std::size_t>(naive.next() - first) + 1);
      }
      const InFlightSet::LowWater plan = set.Plan(next);
      set.Keep(plan, next, Second(step));
      naive.Keep(next, Second(step));
      moved = true;
      // What the row says: below `low` all are finished but for the stragglers.
      ASSERT_LE(plan.stragglers.size(), kMaxStragglers);
      ASSERT_LE(plan.low, next);
      std::vector<Ordinal> below_low;
      for (const Ordinal ordinal : naive.Ordinals()) {
        if (ordinal < plan.low) below_low.push_back(ordinal);
      }
      ASSERT_EQ(plan.stragglers, below_low);
    }
    ASSERT_EQ(set.next(), naive.next());
    ASSERT_EQ(set.size(), static_cast<std::int64_t>(naive.in_flight().size()));
    ASSERT_EQ(set.Ordinals(), naive.Ordinals());
    if (step % 10 == 0) {
      for (const auto& [ordinal, at] : naive.in_flight()) ASSERT_EQ(set.ClaimedAt(ordinal), at);
    }
    // A new life that reads the row holds the same.
    if (moved && step % 50 == 0) {
      const auto plan = set.Plan(set.next());
      const InFlightSet restored = InFlightSet::Restore(plan.low, set.next(), set.Ordinals());
      ASSERT_EQ(restored.Ordinals(), naive.Ordinals());
      ASSERT_EQ(restored.size(), set.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InFlightRandomTest, testing::Range(1, 11));

}  // namespace
}  // namespace lull
