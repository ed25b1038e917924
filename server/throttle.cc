#include "server/throttle.h"

#include <algorithm>

#include "engine/base/check.h"

namespace lull::server {

Throttle::Throttle(Rate rate)
    : interval_(absl::Seconds(1) / rate.requests_per_second),
      tolerance_(interval_ * (rate.burst - 1)) {
  LULL_CHECK(rate.requests_per_second >= 1 && rate.requests_per_second <= kMaxRequestsPerSecond);
  LULL_CHECK(rate.burst >= 1 && rate.burst <= kMaxRequestsPerSecond);
}

bool Throttle::Admit(std::string_view caller, absl::Duration now) {
  MutexLock lock(mutex_);
  auto bucket = full_at_.find(std::string(caller));
  if (bucket == full_at_.end()) {
    if (full_at_.size() >= kMaxCallers) {
      std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
    }
    if (full_at_.size() >= kMaxCallers) return false;
    bucket = full_at_.emplace(caller, now).first;
  }
  const absl::Duration full_at = std::max(bucket->second, now);
  if (full_at - now > tolerance_) return false;
  bucket->second = full_at + interval_;
  return true;
}

}  // namespace lull::server
