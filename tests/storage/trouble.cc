#include "tests/storage/trouble.h"

#include "tests/storage/failing_allocator.h"

namespace lull {
namespace {

/// Where a fault is another than an error.
bool Fits(IoFault fault, Io io) {
  switch (fault) {
    case IoFault::kFull:
      return io == Io::kWrite;
    case IoFault::kPart:
      return io == Io::kWrite || io == Io::kRead;
    case IoFault::kSyncForgets:
    case IoFault::kSyncDrops:
      return io == Io::kSync;
    default:
      return true;
  }
}

const char* NameOf(IoFault fault) {
  switch (fault) {
    case IoFault::kFull:
      return "full";
    case IoFault::kPart:
      return "half done";
    case IoFault::kSyncForgets:
      return "a sync that forgets";
    case IoFault::kSyncDrops:
      return "a sync that drops";
    default:
      return "an error";
  }
}

}  // namespace

Trouble Trouble::OfIo(IoFault fault, bool lasting) { return {Kind::kIo, fault, lasting}; }
Trouble Trouble::OfMemory(bool lasting) { return {Kind::kMemory, IoFault::kNone, lasting}; }
Trouble Trouble::OfDeath() { return {Kind::kDeath, IoFault::kNone, false}; }

void Trouble::Begin(MemoryVfs& vfs, std::int64_t n) {
  seen_ = 0;
  has_hit_ = false;
  if (kind_ == Kind::kIo) vfs.SetHook([this, n](const IoCall& call) { return Decide(call, n); });
  if (kind_ == Kind::kMemory) FailingAllocator::FailAt(n, lasting_);
  if (kind_ == Kind::kDeath) vfs.DieAfter(n);
}

void Trouble::End(MemoryVfs& vfs) {
  vfs.SetHook(nullptr);
  if (kind_ == Kind::kMemory) has_hit_ = FailingAllocator::HasFailed();
  if (kind_ == Kind::kDeath) has_hit_ = vfs.IsDead();
  FailingAllocator::Heal();
  vfs.DieAfter(-1);
}

IoFault Trouble::Decide(const IoCall& call, std::int64_t n) {
  if (!Fits(fault_, call.io)) return IoFault::kNone;
  ++seen_;
  if (seen_ < n || (seen_ > n && !lasting_)) return IoFault::kNone;
  has_hit_ = true;
  return fault_;
}

std::string Trouble::Describe() const {
  const std::string more = lasting_ ? ", and all after it" : "";
  if (kind_ == Kind::kDeath) return "death at I/O";
  if (kind_ == Kind::kMemory) return "no memory" + more + ", allocation";
  return NameOf(fault_) + more + ", I/O";
}

}  // namespace lull
