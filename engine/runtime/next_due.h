#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "engine/ports/store.h"
#include "engine/schedule/schedule.h"

namespace lull {

/// The first occurrence after `after` that has no execution yet: one that was skipped, or that
/// opened before the clock was set back, is stepped over. Looks at kMaxStepsOver of them and
/// returns the next as it is: the store refuses a second execution anyway. Errors: the store's.
inline constexpr int kMaxStepsOver = 100;
absl::StatusOr<std::optional<absl::Time>> NextToOpen(RunReader& runs, const WindowId& window,
                                                     const Schedule& schedule, absl::Time after);

}  // namespace lull
