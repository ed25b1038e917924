#pragma once

#include <optional>

#include "absl/time/time.h"
#include "engine/schedule/schedule.h"

namespace lull {

/// What becomes of an occurrence that the engine comes to late, because it was down or its clock
/// was set forward, while its cutoff is still to come.
enum class Misfire {
  kOpen,  ///< it opens late, and ends when it would have
  kSkip,  ///< it is recorded as missed
};

struct MisfireRule {
  Misfire misfire = Misfire::kOpen;
  /// An occurrence is late when the engine comes to it this long after its start.
  absl::Duration grace = absl::Minutes(1);
};

/// What to do with a window that is due.
struct OpeningPlan {
  bool open = false;  ///< the occurrence that is due opens; otherwise it is missed
  /// What is due next: of a missed one, the occurrence that still opens or the first that is yet to
  /// come; those between are missed with it. Nothing: the schedule has come to its end.
  std::optional<absl::Time> next;
};

/// Decides on the occurrence `due_at`. Of several that have passed only the newest may open: the
/// window that is on now. `admits` is the time from an occurrence's start to its cutoff.
/// REQUIRES: due_at <= now. Pure.
OpeningPlan PlanOpening(const Schedule& schedule, absl::Time due_at, absl::Duration admits,
                        absl::Time now, const MisfireRule& rule);

}  // namespace lull
