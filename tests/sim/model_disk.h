#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/disk.h"
#include "tests/support/model_store.h"

namespace lull::sim {

/// The reference store's disk. A call is a commit or a recovery; the one that dies half done was
/// applied or not, by the seed's dice. Power that fails loses nothing more: what it holds is
/// synced.
class ModelDisk : public Disk {
 public:
  explicit ModelDisk(std::uint64_t seed) : dice_(seed) {}

  absl::StatusOr<std::unique_ptr<Store>> Open() override;
  bool IsShared() const override { return true; }
  void DieAfter(std::int64_t calls) override { left_ = calls; }
  void Die() override { dead_ = true; }
  bool IsDead() const override { return dead_; }
  void Restart(Dice& dice, Loss loss) override;
  std::string Plant(Dice& dice) override;
  void Heal() override;
  std::int64_t commits() const override { return rows_->commits(); }
  const std::map<std::string, std::int64_t>& faults() const override { return faults_; }

 private:
  class DyingStore;

  /// Counts a call. What is to become of it: `kLast` dies in it.
  enum class Call { kAlive, kLast, kDead };
  Call NextCall();

  Dice dice_;
  std::shared_ptr<lull::ModelDisk> rows_ = std::make_shared<lull::ModelDisk>();
  std::int64_t left_ = -1;  ///< calls to the death; negative: it isn't planned
  bool dead_ = false;
  std::map<std::string, std::int64_t> faults_;
};

}  // namespace lull::sim
