#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"

namespace lull::server {

/// How many requests a caller may send.
struct Rate {
  std::int64_t requests_per_second = 0;  ///< on average; 1 to kMaxRequestsPerSecond
  std::int64_t burst = 0;                ///< at once, after a rest; 1 to kMaxRequestsPerSecond
};
inline constexpr std::int64_t kMaxRequestsPerSecond = 1'000'000;

/// A token bucket for each caller, kept as one number: the instant at which it will be full again.
/// One that is full is not kept. Thread-safe.
class Throttle {
 public:
  /// Callers with a bucket that is not full, at most; others that come then are refused. More than
  /// there can be keys.
  static constexpr std::size_t kMaxCallers = 4096;

  /// REQUIRES: `rate` within its bounds.
  explicit Throttle(Rate rate);

  /// Takes a token of `caller`'s bucket, if there is one. `now` is of a clock that is never set,
  /// and may differ a little between threads.
  bool Admit(std::string_view caller, absl::Duration now);

 private:
  const absl::Duration interval_;   // in which a bucket gets a token
  const absl::Duration tolerance_;  // how far ahead of `now` the instant may be
  Mutex mutex_;
  std::unordered_map<std::string, absl::Duration> full_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull::server
