#pragma once

#include <cstdint>
#include <string>

#include "tests/storage/memory_vfs.h"

namespace lull {

/// One thing that goes wrong in one place of an operation: its n-th I/O of a kind, its n-th
/// allocation, or the life of its process. Fault loops try each, n = 1.. until the operation ends
/// before it.
class Trouble {
 public:
  enum class Kind { kIo, kMemory, kDeath };

  static Trouble OfIo(IoFault fault, bool lasting);
  static Trouble OfMemory(bool lasting);
  static Trouble OfDeath();

  /// From here on its calls count, to the n-th.
  void Begin(MemoryVfs& vfs, std::int64_t n);
  /// Nothing fails any more, but a dead process is.
  void End(MemoryVfs& vfs);
  /// Whether it came to pass between Begin and End.
  bool has_hit() const { return has_hit_; }

  Kind kind() const { return kind_; }
  bool is_lasting() const { return lasting_; }
  std::string Describe() const;

 private:
  Trouble(Kind kind, IoFault fault, bool lasting) : kind_(kind), fault_(fault), lasting_(lasting) {}

  IoFault Decide(const IoCall& call, std::int64_t n);

  Kind kind_;
  IoFault fault_;
  bool lasting_;  // all that come after it fail too
  std::int64_t seen_ = 0;
  bool has_hit_ = false;
};

}  // namespace lull
