#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace lull {

/// Two clocks (R-rules speak of the wall; time-outs of boot time, which no one sets).
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;            ///< wall time, whole microseconds, may jump
  virtual absl::Duration SinceBoot() const = 0;  ///< never goes back
};

/// Random bits for ids. Thread-safe.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual std::uint64_t Bits() = 0;
};

}  // namespace lull
