#include "tests/storage/sqlite_pool.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "engine/base/check.h"

namespace lull {
namespace {

constexpr std::size_t kStripBytes = std::size_t{4} << 20;  // of a strip that is cut into blocks
constexpr int kLeastClass = 5;                             // a block has 1 << class bytes
constexpr int kClasses = 32;

/// Before what SQLite gets of a block.
struct alignas(8) Head {
  int size_class = 0;
  Head* next = nullptr;  // free ones
};

std::array<Head*, kClasses> unused = {};
std::size_t left = 0;  // of the last strip

int ClassOf(int size) {
  int size_class = kLeastClass;
  while ((std::size_t{1} << size_class) < static_cast<std::size_t>(size) + sizeof(Head)) {
    ++size_class;
  }
  return size_class;
}

int SizeOf(int size_class) {
  return static_cast<int>((std::size_t{1} << size_class) - sizeof(Head));
}

char* Cut(std::size_t bytes) {
  static auto* const strips = new std::vector<std::unique_ptr<char[]>>;
  if (bytes > left) {
    left = std::max(bytes, kStripBytes);
    strips->emplace_back(new char[left]);
  }
  left -= bytes;
  return strips->back().get() + left;
}

void* Allocate(int size) {
  const int size_class = ClassOf(size);
  Head* head = unused[size_class];
  if (head != nullptr) {
    unused[size_class] = head->next;
  } else {
    head = new (Cut(std::size_t{1} << size_class)) Head{size_class};
  }
  return head + 1;
}

void Free(void* memory) {
  Head* head = static_cast<Head*>(memory) - 1;
  head->next = unused[head->size_class];
  unused[head->size_class] = head;
}

int SizeOf(void* memory) { return SizeOf((static_cast<Head*>(memory) - 1)->size_class); }

void* Reallocate(void* memory, int size) {
  if (size <= SizeOf(memory)) return memory;
  void* larger = Allocate(size);
  std::memcpy(larger, memory, static_cast<std::size_t>(SizeOf(memory)));
  Free(memory);
  return larger;
}

}  // namespace

void PoolSqliteMemory() {
  static const sqlite3_mem_methods methods = {
      .xMalloc = Allocate,
      .xFree = Free,
      .xRealloc = Reallocate,
      .xSize = [](void* memory) { return SizeOf(memory); },
      .xRoundup = [](int size) { return SizeOf(ClassOf(size)); },
      .xInit = [](void*) { return SQLITE_OK; },
      .xShutdown = [](void*) {},
      .pAppData = nullptr,
  };
  LULL_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}

}  // namespace lull
