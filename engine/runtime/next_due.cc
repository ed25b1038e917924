#include "engine/runtime/next_due.h"

#include "engine/base/status.h"

namespace lull {

absl::StatusOr<std::optional<absl::Time>> NextToOpen(RunReader& runs, const WindowId& window,
                                                     const Schedule& schedule, absl::Time after) {
  auto next = schedule.NextAfter(after);
  for (int steps = 0; next && steps < kMaxStepsOver; ++steps) {
    LULL_ASSIGN_OR_RETURN(const bool taken, runs.HasOccurrence(window, *next));
    if (!taken) break;
    next = schedule.NextAfter(*next);
  }
  return next;
}

}  // namespace lull
