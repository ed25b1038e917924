#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/ports/store.h"
#include "tests/sim/world.h"

namespace lull::sim {

/// What dies with a crash besides the process.
enum class Loss {
  kProcess,  ///< kill -9: what was written stays, synced or not
  kPower,    ///< what was not synced is kept, lost or torn, piece by piece, by the dice
};

/// What a simulated machine keeps over crashes, and all that can go wrong with it. Two exist: the
/// reference store's (no SQL, fast) and the production SQLite store's on a file system in memory.
/// Threads: one.
class Disk {
 public:
  virtual ~Disk() = default;

  /// A store over what is there. It must be gone before Restart and before the disk.
  virtual absl::StatusOr<std::unique_ptr<Store>> Open() = 0;

  /// Whether a second store may be opened beside the first, as two engines on one database would.
  virtual bool IsShared() const = 0;

  /// The process dies after `calls` more calls of this disk (a commit or a recovery of the
  /// reference store; an I/O of SQLite): the last is left half done. From then on every call fails,
  /// changes nothing, and IsDead. What an engine does after that, nobody ever sees.
  virtual void DieAfter(std::int64_t calls) = 0;
  /// The process dies now.
  virtual void Die() = 0;
  virtual bool IsDead() const = 0;

  /// The machine after a crash, or `loss` of a process that went on well till now.
  /// REQUIRES: no store is open.
  virtual void Restart(Dice& dice, Loss loss) = 0;

  /// One fault by the dice, at once or at one of the next calls; its name is for the trace.
  virtual std::string Plant(Dice& dice) = 0;
  /// No fault is left, of those planted too.
  virtual void Heal() = 0;

  /// Transactions that were begun for writing, failed ones too: a cancel must be one (R1).
  virtual std::int64_t commits() const = 0;
  /// How often each fault came to pass, by its name.
  virtual const std::map<std::string, std::int64_t>& faults() const = 0;
};

}  // namespace lull::sim
