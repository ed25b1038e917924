#include "engine/core/opening.h"

#include "engine/base/check.h"

namespace lull {
namespace {

/// The newest occurrence in [occurrence, now], by bisection: schedules only look forward.
absl::Time NewestUntil(const Schedule& schedule, absl::Time occurrence, absl::Time now) {
  absl::Time beyond = now;  // no occurrence in (beyond, now]
  for (;;) {
    const auto following = schedule.NextAfter(occurrence);
    if (!following || *following > now) return occurrence;
    occurrence = *following;
    // Half of what is left goes at each turn: either an occurrence beyond the middle, or none.
    while (beyond - occurrence > absl::Milliseconds(1)) {
      const absl::Time middle = occurrence + (beyond - occurrence) / 2;
      const auto later = schedule.NextAfter(middle);
      if (later && *later <= now) {
        occurrence = *later;
        break;
      }
      beyond = middle;
    }
  }
}

}  // namespace

OpeningPlan PlanOpening(const Schedule& schedule, absl::Time due_at, absl::Duration admits,
                        absl::Time now, const MisfireRule& rule) {
  LULL_CHECK(due_at <= now);
  const absl::Time newest = NewestUntil(schedule, due_at, now);
  const bool late = now - newest >= rule.grace;
  const bool opens = now < newest + admits && !(late && rule.misfire == Misfire::kSkip);
  if (opens && newest == due_at) return {true, schedule.NextAfter(newest)};
  if (opens) return {false, newest};
  return {false, schedule.NextAfter(newest)};
}

}  // namespace lull
