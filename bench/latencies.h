#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lull::bench {

/// How often something took how long: buckets that grow with what they hold, so that any number of
/// times fits in a few kilobytes, each known to 1 part in 128. A value; one thread at a time.
class Latencies {
 public:
  void Add(double seconds);
  void Add(const Latencies& others);

  std::int64_t count() const { return count_; }
  double max() const { return max_; }  ///< seconds, exact

  /// The seconds that `share` (0 to 1) of all took at most, up to a bucket; 0 when there is none.
  double Quantile(double share) const;

  /// The whole distribution, in milliseconds, as HdrHistogram prints it and its plotters read it: a
  /// line a bucket with its value, percentile, total count and 1/(1 - percentile).
  std::string Distribution() const;

 private:
  static constexpr int kStepBits = 7;                       // of steps a doubling
  static constexpr std::size_t kBuckets = 40 << kStepBits;  // microseconds, up to days

  std::vector<std::int64_t> counts_;  // up to the greatest bucket that holds something
  std::int64_t count_ = 0;
  double max_ = 0;
};

}  // namespace lull::bench
