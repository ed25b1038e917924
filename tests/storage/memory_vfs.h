#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "tests/storage/memory_file.h"
#include "tests/storage/memory_locks.h"

namespace lull {

/// What SQLite asks of its files.
enum class Io { kOpen, kDelete, kAccess, kRead, kWrite, kTruncate, kSync, kSize, kMap, kLock };

enum class FileKind { kDatabase, kLog, kOther };

struct IoCall {
  Io io = Io::kRead;
  FileKind file = FileKind::kOther;
};

/// What becomes of one call. Faults that don't fit the call are kError.
enum class IoFault {
  kNone,
  kError,        ///< nothing is done
  kFull,         ///< of a write, a size, a map: no room
  kPart,         ///< a part is done: of a read, then an error; of a write, then no room
  kSyncForgets,  ///< an error, and AfterFailedSync::kForget
  kSyncDrops,    ///< an error, and AfterFailedSync::kDrop
  kSyncLies,     ///< OK, and nothing was synced: the disk that nothing can be built on
};

/// A file system for SQLite in memory, of its own name, with a power switch and faults on demand.
/// Deterministic: time, random bits and pieces that survive come from the seed and the calls.
/// Threads: SQLite may call from several; the rest is for one.
class MemoryVfs {
 public:
  /// Called before each call but closing and unlocking, under a lock: it may not use SQLite or
  /// this.
  using Hook = std::function<IoFault(const IoCall& call)>;

  explicit MemoryVfs(std::uint64_t seed);
  /// REQUIRES: nothing is open.
  ~MemoryVfs();
  MemoryVfs(const MemoryVfs&) = delete;
  MemoryVfs& operator=(const MemoryVfs&) = delete;

  /// For sqlite3_open_v2 and SqliteOptions::vfs.
  const std::string& name() const { return name_; }

  void SetHook(Hook hook);

  /// Calls up to now of the kinds that a hook sees.
  std::int64_t calls() const { return calls_; }

  /// The process dies at the `calls`-th call from now, which is left half done; from then on each
  /// call is an error and changes nothing, till Restart.
  void DieAfter(std::int64_t calls) { last_call_ = calls_ + calls; }
  void Die() { dead_ = true; }
  bool IsDead() const { return dead_; }

  /// A new process on the machine, after a power loss too: what was not synced is kept, lost or
  /// torn by the dice, names of files that were made or removed as well.
  /// REQUIRES: nothing is open.
  void Restart();
  void LosePower(std::uint64_t seed);

  /// All files, by path, as a process sees them; and as many durable ones in their place.
  /// REQUIRES of the second: nothing is open.
  std::map<std::string, std::string> files() const;
  void SetFiles(const std::map<std::string, std::string>& files);

  /// What SQLite has slept, waiting for a lock: none of it in real time.
  absl::Duration slept() const { return slept_; }

 private:
  struct Node;
  struct OpenFile;
  friend struct MemoryVfsMethods;

  /// Whether the call goes through, and how. A dead process gets kError.
  IoFault Begin(IoCall call);

  /// Whether the call at hand, in which the process dies, comes to its end all the same.
  bool IsDoneUnheard() { return dying_ && dice_() % 2 == 0; }

  /// Names are on the disk as they are now; they stand in one folder.
  void SyncFolder();

  std::string name_;
  sqlite3_vfs vfs_ = {};

  mutable Mutex mutex_;  // of all below
  DiceBits dice_;
  Hook hook_;
  std::int64_t calls_ = 0;
  std::int64_t last_call_ = -1;
  bool dying_ = false;  // the call at hand is the last
  bool dead_ = false;
  int open_ = 0;
  absl::Duration slept_;
  std::map<std::string, std::shared_ptr<Node>> nodes_;
  std::map<std::string, std::shared_ptr<Node>> removed_;  // durable names that may come back
};

}  // namespace lull
