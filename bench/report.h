#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::bench {

/// What a figure should come to.
struct Goal {
  enum class Side { kAtMost, kAtLeast };
  enum class Of { kRatio, kValue };
  Side side = Side::kAtMost;
  Of of = Of::kRatio;
  double limit = 0;
};

constexpr Goal RatioAtMost(double limit) { return {Goal::Side::kAtMost, Goal::Of::kRatio, limit}; }
constexpr Goal RatioAtLeast(double limit) {
  return {Goal::Side::kAtLeast, Goal::Of::kRatio, limit};
}
constexpr Goal ValueAtMost(double limit) { return {Goal::Side::kAtMost, Goal::Of::kValue, limit}; }
constexpr Goal ValueAtLeast(double limit) {
  return {Goal::Side::kAtLeast, Goal::Of::kValue, limit};
}

/// One point of a curve: what work cost when there was so much of it.
struct Point {
  std::string curve;
  std::int64_t n = 0;
};

/// One measured number, beside the floor that it is compared with.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;   ///< one that ends in `/s`: more is better; any other: less is
  double ratio = 0;   ///< to `floor`, taken in the same minute
  std::string floor;  ///< what the ratio is to; empty: there is none
  std::optional<Goal> goal;
  std::optional<Point> point;
};

/// What a run has measured, in order. A name that comes again is another round of the same figure.
/// One thread.
class Report {
 public:
  void Add(Figure figure);

  /// The figure's value, or its ratio if it has a floor, in the newest round over that of `base`,
  /// as a figure of its own; nothing is added when one of the two was not measured.
  void AddGrowth(const std::string& name, const std::string& base, const std::string& grown,
                 std::optional<Goal> goal);

  /// A benchmark that has no figure, for what it measured was not done as it should be.
  void AddFailure(const std::string& benchmark, const std::string& why);

  /// One JSON object: what this program is made of, the figures, each with the values (and ratios)
  /// of all rounds, and the failures as texts.
  std::string Json() const;

 private:
  struct Rounds {
    Figure newest;
    std::vector<double> values;
    std::vector<double> ratios;
  };
  Rounds* Find(const std::string& name);

  std::vector<Rounds> figures_;
  std::vector<std::string> failures_;
};

/// The value below which `share` of the samples lie. REQUIRES: there are some.
double Quantile(std::vector<double> samples, double share);
double Median(std::vector<double> samples);

/// How many a second there were, one after the other.
double PerSecond(const std::vector<double>& seconds);

/// Adds median and 99th percentile of `seconds`, in microseconds, beside `commit`, the median of
/// bare commits of the same minute (c). `point`: its curve gets `, median` and `, p99`.
struct Latency {
  std::string name;
  std::vector<double> seconds;
  double commit = 0;
  std::optional<Goal> median;
  std::optional<Goal> tail;
  std::optional<Point> point;
};
void AddLatency(Report& report, const Latency& latency);

}  // namespace lull::bench
