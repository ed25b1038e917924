#include "engine/schedule/cron.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "engine/schedule/schedule.h"
#include "gtest/gtest.h"
#include "tests/engine/schedule/random_schedule.h"

namespace lull {
namespace {

TEST(CronExpressionTest, CanonicalFormParsesBackToTheSameValueAndIsItsOwn) {
  RandomSchedule random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = absl::StrJoin(random.Fields(), " ");
    const auto cron = CronExpression::Parse(text);
    ASSERT_TRUE(cron.ok()) << text;
    const std::string canonical = cron->Canonical();
    const auto again = CronExpression::Parse(canonical);
    ASSERT_TRUE(again.ok()) << text << " became " << canonical;
    EXPECT_EQ(*again, *cron) << text << " became " << canonical;
    EXPECT_EQ(again->Canonical(), canonical) << text;
  }
}

TEST(CronExpressionTest, WhatComesNextMatchesAndNothingBetweenDoes) {
  RandomSchedule random(2);
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = absl::StrJoin(random.Fields(), " ");
    const auto cron = CronExpression::Parse(text);
    ASSERT_TRUE(cron.ok()) << text;
    const absl::CivilSecond from(random.Between(1970, 2199), random.Between(1, 12),
                                 random.Between(1, 31), random.Between(0, 23),
                                 random.Between(0, 59));
    const auto next = cron->NextAtOrAfter(from);
    if (!next) continue;
    EXPECT_GE(*next, from) << text;
    EXPECT_TRUE(cron->Matches(*next)) << text << " at " << *next;
    for (int k = 0; k < 50 && from < *next; ++k) {
      const absl::CivilSecond between = from + random.Between(0, *next - from - 1);
      EXPECT_FALSE(cron->Matches(between)) << text << " at " << between;
    }
  }
}

TEST(CronExpressionTest, BitsSayWhichValuesMatch) {
  const auto cron = CronExpression::Parse("5 0,59 22-1 L,3W,7 FEB ? 1970,2199");
  ASSERT_TRUE(cron.ok());
  EXPECT_EQ(cron->seconds(), std::uint64_t{1} << 5);
  EXPECT_EQ(cron->minutes(), 1 | std::uint64_t{1} << 59);
  EXPECT_EQ(cron->hours(), 0b11 | std::uint64_t{0b11} << 22);
  EXPECT_EQ(cron->months(), 1u << 2);
  EXPECT_EQ(cron->years().count(), 2u);
  const auto& days = std::get<DaysOfMonth>(cron->days());
  EXPECT_EQ(days, (DaysOfMonth{.days = 1u << 7, .near = 1u << 3, .before_last = 1}));
}

TEST(CronExpressionTest, OnlyHashAndLInTheDayOfTheWeekTakeAnOffset) {
  for (const char* text : {"0 0 ? * MON#1 *", "0 0 ? * MONL *", "0 0 ? * L *"}) {
    EXPECT_TRUE(CronExpression::Parse(text)->TakesOffset()) << text;
  }
  for (const char* text : {"0 0 ? * MON *", "0 0 ? * SAT *", "0 0 L * ? *", "0 0 * * ? *"}) {
    EXPECT_FALSE(CronExpression::Parse(text)->TakesOffset()) << text;
  }
}

TEST(ScheduleTest, AnInstantWithAFractionIsBeforeTheSecondThatFollows) {
  ScheduleText text;
  text.expression = "cron(* * * * * ? *)";
  const auto schedule = Schedule::Parse(text);
  ASSERT_TRUE(schedule.ok());
  const absl::Time second = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(schedule->NextAfter(second - absl::Nanoseconds(1)), second);
  EXPECT_EQ(schedule->NextAfter(second - absl::Nanoseconds(0.25)), second);
  EXPECT_EQ(schedule->NextAfter(second), second + absl::Seconds(1));
  EXPECT_EQ(schedule->NextAfter(second + absl::Nanoseconds(0.25)), second + absl::Seconds(1));
  EXPECT_EQ(schedule->NextAfter(second + absl::Nanoseconds(1)), second + absl::Seconds(1));
  EXPECT_EQ(schedule->NextAfter(absl::FromUnixSeconds(-1) + absl::Milliseconds(1)),
            absl::UnixEpoch());
}

TEST(ScheduleTest, AnyInstantMayBeAskedFor) {
  for (const char* expression : {"cron(0 2 ? * THU#3 *)", "rate(7 days)", "at(2026-01-01T00:00)"}) {
    ScheduleText text;
    text.expression = expression;
    text.timezone = "Europe/Berlin";
    const auto schedule = Schedule::Parse(text);
    ASSERT_TRUE(schedule.ok());
    EXPECT_TRUE(schedule->NextAfter(absl::InfinitePast())) << expression;
    EXPECT_FALSE(schedule->NextAfter(absl::InfiniteFuture())) << expression;
  }
}

TEST(ScheduleTest, WhatNeverComesIsFoundOutAtOnce) {
  for (const char* expression :
       {"cron(0 0 31 2 ? *)", "cron(0 0 31 2,4,6,9,11 ? *)", "cron(0 0 30W FEB ? *)",
        "cron(0 0 L-30 2-2 ? *)", "cron(0 0 29 2 ? 2100,2199)"}) {
    ScheduleText text;
    text.expression = expression;
    text.timezone = "America/New_York";
    const auto schedule = Schedule::Parse(text);
    ASSERT_TRUE(schedule.ok());
    double best = 1;  // the benchmark is strict; this may be a sanitizer's build on a busy node
    for (int i = 0; i < 20; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_FALSE(schedule->NextAfter(absl::InfinitePast())) << expression;
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      best = std::min(best, taken.count());
    }
    EXPECT_LT(best, 0.02) << expression;
  }
}

TEST(OccurrencesTest, HaveNoneAfterTheLast) {
  ScheduleText text;
  text.expression = "cron(0 0 31 12 ? 2199)";
  auto occurrences = Occurrences(*Schedule::Parse(text), absl::UnixEpoch());
  EXPECT_TRUE(occurrences.Next());
  EXPECT_FALSE(occurrences.Next());
  EXPECT_FALSE(occurrences.Next());
}

}  // namespace
}  // namespace lull
