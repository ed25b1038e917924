#include "tests/storage/memory_locks.h"

#include <sqlite3.h>

#include "engine/base/check.h"

namespace lull {
namespace {

bool Has(std::uint8_t mask, int number) { return (mask >> number & 1) != 0; }

}  // namespace

bool FileLevels::Raise(const void* holder, int& level, int wanted) {
  if (level >= wanted) return true;
  if (level == SQLITE_LOCK_NONE) {
    LULL_CHECK(wanted == SQLITE_LOCK_SHARED);
    if (pending_ != nullptr) return false;
    ++shared_;
    level = SQLITE_LOCK_SHARED;
    return true;
  }
  if (reserved_ != nullptr && reserved_ != holder) return false;
  if (pending_ != nullptr && pending_ != holder) return false;
  if (wanted == SQLITE_LOCK_RESERVED) {
    reserved_ = holder;
    level = SQLITE_LOCK_RESERVED;
    return true;
  }
  pending_ = holder;
  level = shared_ == 1 ? SQLITE_LOCK_EXCLUSIVE : SQLITE_LOCK_PENDING;
  return level == SQLITE_LOCK_EXCLUSIVE;
}

void FileLevels::Lower(const void* holder, int& level, int wanted) {
  if (level <= wanted) return;
  if (reserved_ == holder) reserved_ = nullptr;
  if (pending_ == holder) pending_ = nullptr;
  if (wanted == SQLITE_LOCK_NONE) --shared_;
  level = wanted;
}

void SharedIndex::Leave() {
  if (--users_ == 0) regions_.clear();
}

char* SharedIndex::Region(std::size_t number, std::size_t size, bool extend) {
  while (extend && regions_.size() <= number) {
    regions_.push_back(std::make_unique<char[]>(size));  // zeros
  }
  return number < regions_.size() ? regions_[number].get() : nullptr;
}

bool SharedIndex::LockShared(std::uint8_t mask, std::uint8_t& shared) {
  const std::uint8_t more = mask & ~shared;
  for (int number = 0; number < kLocks; ++number) {
    if (Has(more, number) && holders_[number] < 0) return false;
  }
  for (int number = 0; number < kLocks; ++number) {
    if (Has(more, number)) ++holders_[number];
  }
  shared |= more;
  return true;
}

bool SharedIndex::LockExclusive(std::uint8_t mask, std::uint8_t shared, std::uint8_t& exclusive) {
  LULL_CHECK((mask & shared) == 0);  // SQLite never raises one
  const std::uint8_t more = mask & ~exclusive;
  for (int number = 0; number < kLocks; ++number) {
    if (Has(more, number) && holders_[number] != 0) return false;
  }
  for (int number = 0; number < kLocks; ++number) {
    if (Has(more, number)) holders_[number] = -1;
  }
  exclusive |= more;
  return true;
}

void SharedIndex::Unlock(std::uint8_t mask, std::uint8_t& shared, std::uint8_t& exclusive) {
  for (int number = 0; number < kLocks; ++number) {
    if (Has(mask & shared, number)) --holders_[number];
    if (Has(mask & exclusive, number)) holders_[number] = 0;
  }
  shared &= ~mask;
  exclusive &= ~mask;
}

}  // namespace lull
