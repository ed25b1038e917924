#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/disk.h"
#include "tests/storage/memory_vfs.h"

namespace lull::sim {

/// The production SQLite store's disk: a file system in memory. One engine at a time, as the lock
/// of a real file has it. Each is as one from the seed and its calls, but for the bits of SQLite's
/// own generator when several are used by turns.
class SqliteDisk : public Disk {
 public:
  explicit SqliteDisk(std::uint64_t seed);

  absl::StatusOr<std::unique_ptr<Store>> Open() override;
  bool IsShared() const override { return false; }
  void DieAfter(std::int64_t calls) override { vfs_.DieAfter(calls); }
  void Die() override { vfs_.Die(); }
  bool IsDead() const override { return vfs_.IsDead(); }
  void Restart(Dice& dice, Loss loss) override;
  std::string Plant(Dice& dice) override;
  void Heal() override { planted_.clear(); }
  std::int64_t commits() const override { return commits_; }
  const std::map<std::string, std::int64_t>& faults() const override { return faults_; }

 private:
  class CountingStore;

  /// Of calls of one kind, the `countdown`-th and `more` after it fail.
  struct Planted {
    const char* name = "";
    IoCall call;
    IoFault fault = IoFault::kNone;
    std::int64_t countdown = 0;
    std::int64_t more = 0;
  };

  IoFault Decide(const IoCall& call);

  MemoryVfs vfs_;
  std::vector<Planted> planted_;
  std::int64_t commits_ = 0;
  std::map<std::string, std::int64_t> faults_;
};

}  // namespace lull::sim
