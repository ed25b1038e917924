#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "engine/schedule/scan.h"

namespace lull {

/// Takes `+HH:MM` or `+HHMM`, or with a minus, off the front of `text`: 18 hours at most, as
/// java.time has it. On nothing `text` is not to be used on.
inline std::optional<absl::Duration> TakeOffset(std::string_view& text) {
  const bool negative = Take(text, '-');
  if (!negative && !Take(text, '+')) return std::nullopt;
  int hours = 0, minutes = 0;
  if (!TakeDigits(text, 2, hours)) return std::nullopt;
  Take(text, ':');
  if (!TakeDigits(text, 2, minutes) || minutes > 59) return std::nullopt;
  const absl::Duration offset = absl::Hours(hours) + absl::Minutes(minutes);
  if (offset > absl::Hours(18)) return std::nullopt;
  return negative ? -offset : offset;
}

}  // namespace lull
