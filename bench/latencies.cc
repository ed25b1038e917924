#include "bench/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/strings/str_format.h"

namespace lull::bench {
namespace {

constexpr double kMicroseconds = 1e6;

/// Below two doublings' worth of steps each microsecond has its own bucket; above, each doubling
/// has as many buckets as the last.
std::size_t BucketOf(std::uint64_t value, int step_bits) {
  const int width = std::bit_width(value);
  const int shift = std::max(0, width - step_bits - 1);
  return (static_cast<std::size_t>(shift) << step_bits) + static_cast<std::size_t>(value >> shift);
}

/// The greatest value of a bucket.
std::uint64_t TopOf(std::size_t bucket, int step_bits) {
  const std::size_t steps = std::size_t{1} << step_bits;
  if (bucket < 2 * steps) return bucket;
  const std::size_t shift = bucket / steps - 1;
  return ((steps + bucket % steps + 1) << shift) - 1;
}

}  // namespace

void Latencies::Add(double seconds) {
  const auto value = static_cast<std::uint64_t>(std::max(0.0, seconds) * kMicroseconds);
  const std::size_t bucket = std::min(BucketOf(value, kStepBits), kBuckets - 1);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  ++counts_[bucket];
  ++count_;
  max_ = std::max(max_, seconds);
}

void Latencies::Add(const Latencies& others) {
  counts_.resize(std::max(counts_.size(), others.counts_.size()));
  for (std::size_t i = 0; i < others.counts_.size(); ++i) counts_[i] += others.counts_[i];
  count_ += others.count_;
  max_ = std::max(max_, others.max_);
}

double Latencies::Quantile(double share) const {
  const auto rank = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count_)));
  std::int64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below >= rank && below > 0) {
      return std::min(max_, static_cast<double>(TopOf(i, kStepBits) + 1) / kMicroseconds);
    }
  }
  return 0;
}

std::string Latencies::Distribution() const {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  std::int64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    below += counts_[i];
    const double value =
        std::min(max_, static_cast<double>(TopOf(i, kStepBits) + 1) / kMicroseconds);
    const double share = static_cast<double>(below) / static_cast<double>(count_);
    absl::StrAppendFormat(&text, "%12.3f %14.12f %10d", value * 1e3, share, below);
    if (below < count_) absl::StrAppendFormat(&text, " %14.2f", 1 / (1 - share));
    text += '\n';
  }
  absl::StrAppendFormat(&text, "#[Max     = %12.3f, Total count    = %12d]\n", max_ * 1e3, count_);
  return text;
}

}  // namespace lull::bench
