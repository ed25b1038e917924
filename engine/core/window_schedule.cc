#include "engine/core/window_schedule.h"

namespace lull {

absl::StatusOr<Schedule> ScheduleOf(const Window& window) {
  return Schedule::Parse({window.schedule, window.schedule_timezone, window.schedule_offset,
                          window.start_date, window.end_date, window.rate_base_at});
}

Occurrence OccurrenceAt(const Window& window, absl::Time start) {
  return {start, start + absl::Hours(window.duration_hours - window.cutoff_hours),
          start + absl::Hours(window.duration_hours)};
}

}  // namespace lull
