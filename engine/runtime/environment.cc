#include "engine/runtime/environment.h"

#include <sys/random.h>
#include <time.h>

#include "engine/base/check.h"

namespace lull {
namespace {

timespec Read(clockid_t clock) {
  timespec now{};
  LULL_CHECK(clock_gettime(clock, &now) == 0);
  return now;
}

}  // namespace

absl::Time SystemClock::Now() const {
  const timespec now = Read(CLOCK_REALTIME);
  return absl::FromUnixMicros(now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

absl::Duration SystemClock::SinceBoot() const {
  return absl::DurationFromTimespec(Read(CLOCK_BOOTTIME));
}

std::uint64_t SystemIds::Bits() {
  std::uint64_t bits = 0;
  // Eight bytes are never interrupted nor short once the pool is ready (getrandom(2)).
  LULL_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits);
  return bits;
}

}  // namespace lull
