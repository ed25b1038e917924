#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/runs.h"
#include "engine/schedule/schedule.h"

namespace lull {

/// The schedule of a window, as Schedule::Parse reads it. Errors as Parse's.
absl::StatusOr<Schedule> ScheduleOf(const Window& window);

/// The occurrence of a window that starts at `start`.
Occurrence OccurrenceAt(const Window& window, absl::Time start);

}  // namespace lull
