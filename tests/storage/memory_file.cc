#include "tests/storage/memory_file.h"

#include <algorithm>
#include <cstring>

namespace lull {
namespace {

/// What a disk writes whole or not at all, in bytes.
constexpr std::size_t kSector = 512;

void WriteTo(std::string& image, std::size_t offset, std::string_view data) {
  if (image.size() < offset + data.size()) image.resize(offset + data.size());
  std::memcpy(image.data() + offset, data.data(), data.size());
}

}  // namespace

std::size_t MemoryFile::Read(std::size_t offset, char* data, std::size_t size) const {
  if (offset >= shown_.size()) return 0;
  const std::size_t there = std::min(size, shown_.size() - offset);
  std::memcpy(data, shown_.data() + offset, there);
  return there;
}

void MemoryFile::Write(std::size_t offset, std::string_view data) {
  WriteTo(shown_, offset, data);
  pending_.push_back({.offset = offset, .bytes = bytes_.size(), .size = data.size()});
  bytes_.append(data);
}

void MemoryFile::Truncate(std::size_t size) {
  shown_.resize(size);
  pending_.push_back({.offset = size, .truncates = true});
}

void MemoryFile::Sync() {
  for (const Pending& pending : pending_) Keep(pending);
  Forget();
}

void MemoryFile::FailSync(AfterFailedSync after, DiceBits& dice) {
  if (after == AfterFailedSync::kKeep) return;
  KeepSome(dice);
  Forget();
  if (after == AfterFailedSync::kDrop) shown_ = durable_;
}

void MemoryFile::LosePower(DiceBits& dice) {
  KeepSome(dice);
  Forget();
  shown_ = durable_;
}

void MemoryFile::Keep(const Pending& pending) {
  if (pending.truncates) {
    durable_.resize(pending.offset);
  } else {
    WriteTo(durable_, pending.offset, std::string_view(bytes_).substr(pending.bytes, pending.size));
  }
}

void MemoryFile::Tear(const Pending& pending, DiceBits& dice) {
  const std::size_t end = pending.offset + pending.size;
  for (std::size_t from = pending.offset; from < end;) {
    const std::size_t to = std::min(end, (from / kSector + 1) * kSector);
    if (dice() % 2 == 0) {
      Keep({.offset = from, .bytes = pending.bytes + (from - pending.offset), .size = to - from});
    }
    from = to;
  }
}

void MemoryFile::KeepSome(DiceBits& dice) {
  const std::uint64_t how = dice() % 4;
  if (how == 0) return;  // nothing
  for (const Pending& pending : pending_) {
    const std::uint64_t piece = how == 1 ? 0 : dice() % 3;  // 1: all
    if (piece == 0) Keep(pending);
    if (piece == 1 && !pending.truncates) Tear(pending, dice);
  }
}

void MemoryFile::Forget() {
  pending_.clear();
  bytes_.clear();
}

}  // namespace lull
