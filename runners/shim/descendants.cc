#include "runners/shim/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "runners/shim/text.h"

namespace lull::runners::shim {
namespace {

/// What a look at /proc sees. Never touched, so without memory, before the first look.
struct Seen {
  pid_t id;
  pid_t parent;
  pid_t group;
  bool taken;
};
constexpr int kMaxSeen = 32768;
Seen seen[kMaxSeen];
Descendant scratch[kMaxDescendants];

/// As the kernel has it in getdents64(2).
struct Entry {
  unsigned long long inode;
  long long offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

/// Reads `id (name) state parent group ...`; the name may hold anything.
bool ReadStat(int proc, const char* id, Seen& process) {
  Name path;
  path.Add(id).Add("/stat");
  const int file = ::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[512];
  const ssize_t n = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (n <= 0) return false;
  text[n] = '\0';
  const char* after_name = std::strrchr(text, ')');
  if (after_name == nullptr || std::strlen(after_name) < 4) return false;
  char* next = nullptr;
  process.id = std::atoi(id);
  process.parent = static_cast<pid_t>(std::strtol(after_name + 4, &next, 10));
  process.group = static_cast<pid_t>(std::strtol(next, nullptr, 10));
  process.taken = false;
  return true;
}

int LookAtAll() {
  const int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return 0;
  alignas(Entry) static char entries[16 << 10];
  int count = 0;
  long size = 0;
  while (count < kMaxSeen &&
         (size = ::syscall(SYS_getdents64, proc, entries, sizeof(entries))) > 0) {
    for (long at = 0; at < size && count < kMaxSeen;) {
      const Entry* entry = reinterpret_cast<const Entry*>(entries + at);
      at += entry->size;
      if (entry->name[0] < '0' || entry->name[0] > '9') continue;
      if (ReadStat(proc, entry->name, seen[count])) ++count;
    }
  }
  ::close(proc);
  return count;
}

bool IsAmong(pid_t id, const Descendant* found, int count) {
  for (int i = 0; i < count; ++i) {
    if (found[i].id == id) return true;
  }
  return false;
}

}  // namespace

int FindDescendants(Descendant* found) {
  const int all = LookAtAll();
  const pid_t self = ::getpid();
  int count = 0;
  for (bool more = true; more;) {
    more = false;
    for (int i = 0; i < all && count < kMaxDescendants; ++i) {
      if (seen[i].taken) continue;
      if (seen[i].parent != self && !IsAmong(seen[i].parent, found, count)) continue;
      seen[i].taken = true;
      found[count++] = {seen[i].id, seen[i].group};
      more = true;
    }
  }
  return count;
}

int SignalDescendants(int number, pid_t except) {
  const int count = FindDescendants(scratch);
  for (int i = 0; i < count; ++i) {
    if (scratch[i].group != except) ::kill(scratch[i].id, number);
  }
  return count;
}

}  // namespace lull::runners::shim
