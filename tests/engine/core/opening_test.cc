#include "engine/core/opening.h"

#include <string>

#include "gtest/gtest.h"

namespace lull {
namespace {

const absl::Time kStart = absl::FromCivil(absl::CivilMinute(2026, 1, 1), absl::UTCTimeZone());
constexpr MisfireRule kOpen{Misfire::kOpen};
constexpr MisfireRule kSkip{Misfire::kSkip};

absl::Time At(absl::Duration since) { return kStart + since; }

/// `rate` counts from kStart: occurrences at kStart + n periods, n > 0.
Schedule Every(const std::string& rate) {
  ScheduleText text;
  text.expression = rate;
  text.counts_from = kStart;
  return *Schedule::Parse(text);
}

void ExpectPlan(const OpeningPlan& plan, bool open, std::optional<absl::Time> next) {
  EXPECT_EQ(plan.open, open);
  EXPECT_EQ(plan.next, next);
}

TEST(PlanOpening, InTimeItOpensAndTheNextOneFollows) {
  for (const MisfireRule& rule : {kOpen, kSkip}) {
    ExpectPlan(PlanOpening(Every("rate(1 day)"), At(absl::Hours(24)), absl::Hours(2),
                           At(absl::Hours(24) + absl::Seconds(1)), rule),
               true, At(absl::Hours(48)));
  }
}

TEST(PlanOpening, LateButBeforeItsCutoffItOpensOrIsMissedByTheRule) {
  const absl::Time due = At(absl::Hours(24));
  const absl::Time now = due + absl::Hours(2) - absl::Microseconds(1);
  ExpectPlan(PlanOpening(Every("rate(1 day)"), due, absl::Hours(2), now, kOpen), true,
             At(absl::Hours(48)));
  ExpectPlan(PlanOpening(Every("rate(1 day)"), due, absl::Hours(2), now, kSkip), false,
             At(absl::Hours(48)));
}

TEST(PlanOpening, ALessThanTheGraceIsNotLate) {
  const absl::Time due = At(absl::Hours(24));
  const auto plan = [&](absl::Duration behind) {
    return PlanOpening(Every("rate(1 day)"), due, absl::Hours(2), due + behind, kSkip).open;
  };
  EXPECT_TRUE(plan(kSkip.grace - absl::Microseconds(1)));
  EXPECT_FALSE(plan(kSkip.grace));
}

TEST(PlanOpening, AtItsCutoffItIsMissed) {
  const absl::Time due = At(absl::Hours(24));
  for (const MisfireRule& rule : {kOpen, kSkip}) {
    ExpectPlan(PlanOpening(Every("rate(1 day)"), due, absl::Hours(2), due + absl::Hours(2), rule),
               false, At(absl::Hours(48)));
  }
}

TEST(PlanOpening, OfManyThatHavePassedOnlyTheNewestMayOpen) {
  // 5, 10, 15... minutes; now it is 61 minutes: the one at 60 is on.
  const absl::Time now = At(absl::Minutes(61));
  ExpectPlan(
      PlanOpening(Every("rate(5 minutes)"), At(absl::Minutes(5)), absl::Hours(1), now, kOpen),
      false, At(absl::Minutes(60)));
  ExpectPlan(
      PlanOpening(Every("rate(5 minutes)"), At(absl::Minutes(60)), absl::Hours(1), now, kOpen),
      true, At(absl::Minutes(65)));
}

TEST(PlanOpening, TheNewestIsFoundAfterYearsAtEveryDistance) {
  const Schedule schedule = Every("rate(7 minutes)");
  for (int k = 1; k < 4'000'000; k += 1 + k / 3) {
    for (const absl::Duration behind :
         {absl::ZeroDuration(), absl::Minutes(7) - absl::Microseconds(1)}) {
      const absl::Time newest = At(k * absl::Minutes(7));
      const OpeningPlan plan =
          PlanOpening(schedule, At(absl::Minutes(7)), absl::Hours(1), newest + behind, kOpen);
      ExpectPlan(plan, k == 1, k == 1 ? At(absl::Minutes(14)) : newest);
    }
  }
}

TEST(PlanOpening, WhatComesOnceIsMissedOnce) {
  ScheduleText text;
  text.expression = "at(2026-01-02T00:00:00)";
  const Schedule once = *Schedule::Parse(text);
  const absl::Time due = At(absl::Hours(24));
  ExpectPlan(PlanOpening(once, due, absl::Hours(1), due, kOpen), true, {});
  ExpectPlan(PlanOpening(once, due, absl::Hours(1), due + absl::Hours(24 * 365), kOpen), false, {});
}

}  // namespace
}  // namespace lull
