#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lull {

/// Bits of a seed: the same everywhere, as std's distributions are not.
using DiceBits = std::mt19937_64;

/// What the page cache does with un-synced writes when a sync has failed.
enum class AfterFailedSync {
  kKeep,    ///< they stay dirty: the next sync may yet write them
  kForget,  ///< some reached the disk; all are read back, but nothing will ever write the rest
  kDrop,    ///< some reached the disk, and what did not isn't read back either
};

/// A file as the page cache shows it, before a disk that has less: writes reach the disk by Sync,
/// and at a power loss piece by piece. Not thread-safe.
class MemoryFile {
 public:
  /// `content` is on the disk.
  explicit MemoryFile(std::string content = {}) : shown_(content), durable_(std::move(content)) {}

  /// Copies what there is of [offset, offset + size) to `data`; the result is how many bytes.
  std::size_t Read(std::size_t offset, char* data, std::size_t size) const;
  /// A gap before `offset` reads as zeros.
  void Write(std::size_t offset, std::string_view data);
  void Truncate(std::size_t size);

  void Sync();
  void FailSync(AfterFailedSync after, DiceBits& dice);

  /// The machine loses its power: of what was not synced, all, nothing, or each write is kept, lost
  /// or torn, sector by sector, by the dice. What was synced stays.
  void LosePower(DiceBits& dice);

  const std::string& content() const { return shown_; }

 private:
  /// A write, or with `truncates` the setting of the size to `offset`.
  struct Pending {
    std::size_t offset = 0;
    std::size_t bytes = 0;  // where they begin in bytes_
    std::size_t size = 0;
    bool truncates = false;
  };

  void Keep(const Pending& pending);
  void Tear(const Pending& pending, DiceBits& dice);
  void KeepSome(DiceBits& dice);
  void Forget();

  std::string shown_;
  std::string durable_;
  std::vector<Pending> pending_;  // in the order of the calls
  std::string bytes_;             // of all pending writes
};

}  // namespace lull
