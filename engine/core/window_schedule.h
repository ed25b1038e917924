#pragma once

#include "absl/status/statusor.h"
#include "engine/model/definitions.h"
#include "engine/schedule/schedule.h"

namespace lull {

/// The schedule of a window, as Schedule::Parse reads it. Errors as Parse's.
absl::StatusOr<Schedule> ScheduleOf(const Window& window);

}  // namespace lull
