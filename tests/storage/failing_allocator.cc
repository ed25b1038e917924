#include "tests/storage/failing_allocator.h"

#include <sqlite3.h>

#include "engine/base/check.h"

namespace lull {
namespace {

sqlite3_mem_methods real = {};
std::int64_t left = 0;  // allocations until the one that fails; 0: none does
bool fails_on = false;
bool failed = false;

bool Fails() {
  if (failed) return fails_on;
  if (left == 0 || --left > 0) return false;
  failed = true;
  return true;
}

void* Allocate(int size) { return Fails() ? nullptr : real.xMalloc(size); }
void* Reallocate(void* memory, int size) { return Fails() ? nullptr : real.xRealloc(memory, size); }

}  // namespace

void FailingAllocator::Install() {
  LULL_CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) == SQLITE_OK);
  sqlite3_mem_methods methods = real;
  methods.xMalloc = Allocate;
  methods.xRealloc = Reallocate;
  LULL_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}

void FailingAllocator::FailAt(std::int64_t n, bool lasting) {
  left = n;
  fails_on = lasting;
  failed = false;
}

void FailingAllocator::Heal() {
  left = 0;
  fails_on = false;
}

bool FailingAllocator::HasFailed() { return failed; }

}  // namespace lull
