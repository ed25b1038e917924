#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace lull {

/// Good expressions at random, from one seed.
class RandomSchedule {
 public:
  explicit RandomSchedule(std::uint64_t seed) : random_(seed) {}

  /// Seven fields of cron(...), seconds first.
  std::vector<std::string> Fields();

  std::int64_t Between(std::int64_t low, std::int64_t high) {
    // Not std's distributions: they differ from library to library.
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool OneIn(int n) { return Between(1, n) == 1; }

 private:
  std::string Value(int min, int max, const std::string& names);
  std::string Set(int min, int max, const std::string& names, bool wraps);
  std::string DaysOfMonth();
  std::string DaysOfWeek();
  std::string Years();

  std::mt19937_64 random_;
};

}  // namespace lull
