#include "engine/core/window_schedule.h"

namespace lull {

absl::StatusOr<Schedule> ScheduleOf(const Window& window) {
  return Schedule::Parse({window.schedule, window.schedule_timezone, window.schedule_offset,
                          window.start_date, window.end_date, window.rate_base_at});
}

}  // namespace lull
