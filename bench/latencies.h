#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lull::bench {

/// How often something took how long: buckets that grow with what they hold, so that any number of
/// times fits in a few kilobytes, each known to 1 part in 16. A value; one thread at a time.
class Latencies {
 public:
  void Add(double seconds);
  void Add(const Latencies& others);

  std::int64_t count() const { return count_; }
  double max() const { return max_; }  ///< seconds, exact

  /// The seconds that `share` (0 to 1) of all took at most, up to a bucket; 0 when there is none.
  double Quantile(double share) const;

 private:
  static constexpr int kStepBits = 4;                       // of steps a doubling
  static constexpr std::size_t kBuckets = 40 << kStepBits;  // microseconds, up to days

  std::array<std::int64_t, kBuckets> counts_{};
  std::int64_t count_ = 0;
  double max_ = 0;
};

}  // namespace lull::bench
