#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lull {

/// SQLite's locks of one database file, by levels (SQLITE_LOCK_NONE to _EXCLUSIVE). A holder is
/// known by its address. Not thread-safe.
class FileLevels {
 public:
  /// Raises `holder`, who has `level`, to `wanted`; false: somebody is in the way. On the way to
  /// exclusive it may stay at pending, which keeps new readers out.
  bool Raise(const void* holder, int& level, int wanted);
  /// Lowers to shared or none.
  void Lower(const void* holder, int& level, int wanted);
  /// Whether anybody is at reserved or above.
  bool IsReserved() const { return reserved_ != nullptr || pending_ != nullptr; }

 private:
  int shared_ = 0;
  const void* reserved_ = nullptr;
  const void* pending_ = nullptr;  // or exclusive: its level says
};

/// The shared memory of a write-ahead log's index, with its eight locks. It lives as long as
/// somebody has it mapped. Not thread-safe.
class SharedIndex {
 public:
  static constexpr int kLocks = 8;

  void Join() { ++users_; }
  void Leave();
  /// Region `number` of `size` bytes; null when there is none and `extend` is false.
  char* Region(std::size_t number, std::size_t size, bool extend);

  /// Takes the locks of the numbers in `mask`, all or none. `shared` and `exclusive` are the masks
  /// of what the asking one has.
  bool LockShared(std::uint8_t mask, std::uint8_t& shared);
  bool LockExclusive(std::uint8_t mask, std::uint8_t shared, std::uint8_t& exclusive);
  void Unlock(std::uint8_t mask, std::uint8_t& shared, std::uint8_t& exclusive);

 private:
  int users_ = 0;
  std::vector<std::unique_ptr<char[]>> regions_;
  std::array<int, kLocks> holders_ = {};  // -1: one, exclusively
};

}  // namespace lull
