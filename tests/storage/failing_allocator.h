#pragma once

#include <cstdint>

namespace lull {

/// SQLite's memory, which can run out: of the whole process. Threads: one.
class FailingAllocator {
 public:
  /// REQUIRES: nobody in this process has used SQLite before.
  static void Install();

  /// The `n`-th allocation from now fails, and with `lasting` all after it, until Heal.
  static void FailAt(std::int64_t n, bool lasting);
  static void Heal();
  /// Whether one has failed since FailAt.
  static bool HasFailed();
};

}  // namespace lull
