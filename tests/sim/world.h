#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "engine/ports/environment.h"
#include "engine/ports/target_source.h"

namespace lull::sim {

/// 64 bits that depend on both numbers, and look random (SplitMix64).
std::uint64_t Mix(std::uint64_t a, std::uint64_t b);

/// The seed's dice: the same everywhere, which std's distributions are not, and made in no time,
/// for each action and each invocation has its own.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(Mix(seed, 1)) {}
  std::uint64_t Bits() { return Mix(++state_, 0); }
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(Bits() % static_cast<std::uint64_t>(n));
  }
  bool OneIn(std::int64_t n) { return Below(n) == 0; }
  bool Percent(std::int64_t chance) { return Below(100) < chance; }
  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(Below(static_cast<std::int64_t>(from.size())))];
  }

 private:
  std::uint64_t state_;
};

class VirtualClock : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  absl::Duration SinceBoot() const override { return boot_; }
  void Advance(absl::Duration by) {
    now_ += by;
    boot_ += by;
  }
  void Jump(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  absl::Duration boot_;
};

class SeededIds : public IdSource {
 public:
  explicit SeededIds(std::uint64_t seed) : dice_(seed) {}
  std::uint64_t Bits() override { return dice_.Bits(); }

 private:
  Dice dice_;
};

/// Nodes by the number in the first value of a task's targets ("37" gives 37 nodes); "error" fails.
class CountedTargets : public TargetSource {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override;
};

}  // namespace lull::sim
