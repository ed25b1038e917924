#include "engine/runtime/due_index.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

absl::Time At(std::int64_t second) { return absl::FromUnixSeconds(second); }

TEST(DueIndexTest, EmptyIsNeverDue) {
  const DueIndex<int> index;
  EXPECT_EQ(index.Earliest(), absl::InfiniteFuture());
  EXPECT_TRUE(index.DueAt(absl::InfiniteFuture(), 10).empty());
}

TEST(DueIndexTest, GivesWhatIsDueEarliestFirstUpToTheLimit) {
  DueIndex<int> index;
  index.Set(1, At(30));
  index.Set(2, At(10));
  index.Set(3, At(20));
  EXPECT_EQ(index.Earliest(), At(10));
  EXPECT_TRUE(index.DueAt(At(9), 10).empty());
  EXPECT_EQ(index.DueAt(At(10), 10), (std::vector<int>{2}));
  EXPECT_EQ(index.DueAt(At(30), 10), (std::vector<int>{2, 3, 1}));
  EXPECT_EQ(index.DueAt(At(30), 2), (std::vector<int>{2, 3}));
  EXPECT_TRUE(index.DueAt(At(30), 0).empty());
}

TEST(DueIndexTest, AnOwnerHasOneInstantThatMovesAndGoes) {
  DueIndex<int> index;
  index.Set(1, At(10));
  index.Set(1, At(20));
  EXPECT_EQ(index.DueAt(At(100), 10), (std::vector<int>{1}));
  EXPECT_EQ(index.Earliest(), At(20));
  index.Set(1, At(5));
  EXPECT_EQ(index.Earliest(), At(5));
  index.Set(1, std::nullopt);
  EXPECT_EQ(index.Earliest(), absl::InfiniteFuture());
  index.Set(1, std::nullopt);  // one that is not there
  index.Set(2, At(1));
  index.Clear();
  EXPECT_EQ(index.Earliest(), absl::InfiniteFuture());
}

TEST(DueIndexTest, AgreesWithAPlainMapOverRandomSteps) {
  std::mt19937_64 random(11);
  DueIndex<int> index;
  std::map<int, absl::Time> plain;
  for (int step = 0; step < 3000; ++step) {
    const int owner = static_cast<int>(random() % 20);
    if (random() % 3 == 0) {
      index.Set(owner, std::nullopt);
      plain.erase(owner);
    } else {
      const absl::Time at = At(static_cast<std::int64_t>(random() % 50));
      index.Set(owner, at);
      plain[owner] = at;
    }
    std::vector<std::pair<absl::Time, int>> sorted;
    for (const auto& [who, at] : plain) sorted.emplace_back(at, who);
    std::sort(sorted.begin(), sorted.end());
    const absl::Time now = At(static_cast<std::int64_t>(random() % 60));
    std::vector<int> due;
    for (const auto& [at, who] : sorted) {
      if (at <= now) due.push_back(who);
    }
    ASSERT_EQ(index.DueAt(now, 100), due);
    ASSERT_EQ(index.Earliest(), sorted.empty() ? absl::InfiniteFuture() : sorted.front().first);
  }
}

}  // namespace
}  // namespace lull
