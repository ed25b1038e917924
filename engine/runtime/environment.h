#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "engine/ports/environment.h"

namespace lull {

/// The machine's clocks: CLOCK_REALTIME cut to microseconds, and CLOCK_BOOTTIME. Stateless.
class SystemClock : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration SinceBoot() const override;
};

/// The kernel's random bits (getrandom). Stateless.
class SystemIds : public IdSource {
 public:
  std::uint64_t Bits() override;
};

}  // namespace lull
