#include "engine/core/limits.h"

#include "gtest/gtest.h"

namespace lull {
namespace {

struct Row {
  const char* text;
  Ordinal count;
  std::int64_t limit;
};

TEST(ConcurrencyLimitTest, NumbersStandPercentagesAreRoundedDownToOneAtLeast) {
  constexpr Row kRows[] = {{"1", 50, 1},
                           {"10", 50, 10},
                           {"10", 3, 10},
                           {"10%", 50, 5},
                           {"10%", 59, 5},
                           {"10%", 5, 1},
                           {"10%", 1, 1},
                           {"1%", 99, 1},
                           {"1%", 199, 1},
                           {"1%", 200, 2},
                           {"100%", 7, 7},
                           {"99%", 100, 99},
                           {"50%", 3, 1},
                           {"50%", 0, 1},
                           {"9999999", 10, 9999999},
                           {"100%", kMaxTargetsPerTask, kMaxTargetsPerTask}};
  for (const Row& row : kRows) {
    EXPECT_EQ(ConcurrencyLimit(row.text, row.count), row.limit) << row.text << " of " << row.count;
  }
}

TEST(ErrorLimitTest, NumbersStandPercentagesAreRoundedDown) {
  constexpr Row kRows[] = {{"0", 50, 0},   {"3", 50, 3},   {"3", 1, 3},   {"10%", 50, 5},
                           {"10%", 59, 5}, {"10%", 9, 0},  {"0%", 50, 0}, {"100%", 50, 50},
                           {"9%", 100, 9}, {"33%", 10, 3}, {"50%", 1, 0}, {"100%", 0, 0}};
  for (const Row& row : kRows) {
    EXPECT_EQ(ErrorLimit(row.text, row.count), row.limit) << row.text << " of " << row.count;
  }
}

TEST(LimitsTest, TextThatNoValidationLetsPassIsTheCautiousLimit) {
  for (const char* text : {"", "%", "x", "-1", "-1%", "1.5", "1 0", "99999999999999999999"}) {
    EXPECT_EQ(ConcurrencyLimit(text, 50), 1) << text;
    EXPECT_EQ(ErrorLimit(text, 50), 0) << text;
  }
  EXPECT_EQ(ConcurrencyLimit("500%", 50), 50);
}

}  // namespace
}  // namespace lull
