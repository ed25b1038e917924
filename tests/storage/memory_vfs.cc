#include "tests/storage/memory_vfs.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/check.h"

namespace lull {
namespace {

constexpr int kLongestPath = 512;                              // bytes
constexpr sqlite3_int64 kMillisOfUnixEpoch = 210866760000000;  // Julian day 2440587.5
constexpr sqlite3_int64 kUnixMillis = 1700000000000;           // where time stands

std::string NewName() {
  static std::atomic<int> made{0};
  return "lull-memory-" + std::to_string(++made);
}

FileKind KindOf(int flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return FileKind::kDatabase;
  if ((flags & SQLITE_OPEN_WAL) != 0) return FileKind::kLog;
  return FileKind::kOther;
}

}  // namespace

/// A file, whether or not a name leads to it.
struct MemoryVfs::Node {
  explicit Node(std::string content = {}) : file(std::move(content)) {}

  MemoryFile file;
  FileLevels levels;
  SharedIndex index;
  bool durable_name = false;
};

/// What SQLite allocates for each opening of a file.
struct MemoryVfs::OpenFile {
  sqlite3_file base = {};  // first: SQLite sees no more
  MemoryVfs* vfs = nullptr;
  std::shared_ptr<Node> node;
  std::string path;  // empty: temporary
  FileKind kind = FileKind::kOther;
  int level = SQLITE_LOCK_NONE;
  bool mapped = false;
  std::uint8_t shared = 0;     // locks of the index
  std::uint8_t exclusive = 0;  // locks of the index
};

/// The functions that SQLite calls.
struct MemoryVfsMethods {
  using Vfs = MemoryVfs;
  using File = MemoryVfs::OpenFile;
  using Node = MemoryVfs::Node;

  static File& Of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static Vfs& Of(sqlite3_vfs* vfs) { return *static_cast<Vfs*>(vfs->pAppData); }

  static int Close(sqlite3_file* base) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    if (file.mapped) {
      file.node->index.Unlock(0xFF, file.shared, file.exclusive);
      file.node->index.Leave();
    }
    file.node->levels.Lower(&file, file.level, SQLITE_LOCK_NONE);
    --file.vfs->open_;
    file.~File();
    return SQLITE_OK;
  }

  static int Read(sqlite3_file* base, void* data, int size, sqlite3_int64 offset) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    const IoFault fault = file.vfs->Begin({Io::kRead, file.kind});
    const auto wanted = static_cast<std::size_t>(size);
    const std::size_t asked = fault == IoFault::kPart ? file.vfs->dice_() % wanted : wanted;
    if (fault != IoFault::kNone && fault != IoFault::kPart) return SQLITE_IOERR_READ;
    const std::size_t got = file.node->file.Read(offset, static_cast<char*>(data), asked);
    if (fault == IoFault::kPart) return SQLITE_IOERR_READ;
    if (got == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(data) + got, 0, wanted - got);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int Write(sqlite3_file* base, const void* data, int size, sqlite3_int64 offset) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    const IoFault fault = file.vfs->Begin({Io::kWrite, file.kind});
    std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
    // A process that is killed in a write has written a part, or all of it and not heard of it.
    const bool part = fault == IoFault::kPart || file.vfs->dying_;
    if (part) bytes = bytes.substr(0, file.vfs->dice_() % (bytes.size() + file.vfs->dying_));
    if (part || fault == IoFault::kNone) file.node->file.Write(offset, bytes);
    if (fault == IoFault::kNone) return SQLITE_OK;
    return fault == IoFault::kError ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  }

  static int Truncate(sqlite3_file* base, sqlite3_int64 size) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    const bool fails = file.vfs->Begin({Io::kTruncate, file.kind}) != IoFault::kNone;
    if (!fails || file.vfs->IsDoneUnheard()) file.node->file.Truncate(size);
    return fails ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
  }

  static int Sync(sqlite3_file* base, int) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    MemoryFile& content = file.node->file;
    switch (file.vfs->Begin({Io::kSync, file.kind})) {
      case IoFault::kNone:
        content.Sync();
        // As on Unix, where the first sync of a new log or journal is one of the folder too.
        if (!file.node->durable_name) file.vfs->SyncFolder();
        return SQLITE_OK;
      case IoFault::kSyncLies:
        return SQLITE_OK;
      case IoFault::kSyncForgets:
        content.FailSync(AfterFailedSync::kForget, file.vfs->dice_);
        break;
      case IoFault::kSyncDrops:
        content.FailSync(AfterFailedSync::kDrop, file.vfs->dice_);
        break;
      default:
        if (file.vfs->IsDoneUnheard()) content.Sync();
        content.FailSync(AfterFailedSync::kKeep, file.vfs->dice_);
    }
    return SQLITE_IOERR_FSYNC;
  }

  static int Size(sqlite3_file* base, sqlite3_int64* size) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    if (file.vfs->Begin({Io::kSize, file.kind}) != IoFault::kNone) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(file.node->file.content().size());
    return SQLITE_OK;
  }

  static int Lock(sqlite3_file* base, int level) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    if (file.vfs->Begin({Io::kLock, file.kind}) != IoFault::kNone) return SQLITE_IOERR_LOCK;
    return file.node->levels.Raise(&file, file.level, level) ? SQLITE_OK : SQLITE_BUSY;
  }

  static int Unlock(sqlite3_file* base, int level) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    file.node->levels.Lower(&file, file.level, level);
    return SQLITE_OK;
  }

  static int CheckReserved(sqlite3_file* base, int* out) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    if (file.vfs->Begin({Io::kLock, file.kind}) != IoFault::kNone) {
      return SQLITE_IOERR_CHECKRESERVEDLOCK;
    }
    *out = file.node->levels.IsReserved() ? 1 : 0;
    return SQLITE_OK;
  }

  static int MapIndex(sqlite3_file* base, int number, int size, int extend, void volatile** out) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    *out = nullptr;
    if (file.vfs->Begin({Io::kMap, file.kind}) != IoFault::kNone) return SQLITE_IOERR_SHMMAP;
    if (!file.mapped) file.node->index.Join();
    file.mapped = true;
    *out = file.node->index.Region(number, size, extend != 0);
    return SQLITE_OK;
  }

  static int LockIndex(sqlite3_file* base, int offset, int n, int flags) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    SharedIndex& index = file.node->index;
    const auto mask = static_cast<std::uint8_t>(((1 << n) - 1) << offset);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      index.Unlock(mask, file.shared, file.exclusive);
      return SQLITE_OK;
    }
    if (file.vfs->Begin({Io::kLock, file.kind}) != IoFault::kNone) return SQLITE_IOERR_SHMLOCK;
    const bool taken = (flags & SQLITE_SHM_SHARED) != 0
                           ? index.LockShared(mask, file.shared)
                           : index.LockExclusive(mask, file.shared, file.exclusive);
    return taken ? SQLITE_OK : SQLITE_BUSY;
  }

  static int UnmapIndex(sqlite3_file* base, int) {
    File& file = Of(base);
    MutexLock lock(file.vfs->mutex_);
    if (!file.mapped) return SQLITE_OK;
    file.node->index.Unlock(0xFF, file.shared, file.exclusive);
    file.node->index.Leave();
    file.mapped = false;
    return SQLITE_OK;
  }

  static int Open(sqlite3_vfs* base_vfs, const char* path, sqlite3_file* base, int flags,
                  int* out_flags) {
    base->pMethods = nullptr;
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    const FileKind kind = KindOf(flags);
    if (vfs.Begin({Io::kOpen, kind}) != IoFault::kNone) return SQLITE_CANTOPEN;
    std::shared_ptr<Node> node;
    if (path == nullptr) {
      node = std::make_shared<Node>();
    } else if (const auto found = vfs.nodes_.find(path); found != vfs.nodes_.end()) {
      node = found->second;
    } else if ((flags & SQLITE_OPEN_CREATE) != 0) {
      node = vfs.nodes_[path] = std::make_shared<Node>();
    } else {
      return SQLITE_CANTOPEN;
    }
    File& file = *new (base) File;
    file.base.pMethods = &kFileMethods;
    file.vfs = &vfs;
    file.node = std::move(node);
    if (path != nullptr) file.path = path;
    file.kind = kind;
    ++vfs.open_;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs* base_vfs, const char* path, int sync_folder) {
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    const bool fails = vfs.Begin({Io::kDelete, FileKind::kOther}) != IoFault::kNone;
    if (fails && !vfs.IsDoneUnheard()) return SQLITE_IOERR_DELETE;
    const auto found = vfs.nodes_.find(path);
    if (found == vfs.nodes_.end()) return SQLITE_IOERR_DELETE_NOENT;
    if (found->second->durable_name) vfs.removed_[path] = found->second;
    vfs.nodes_.erase(found);
    if (sync_folder != 0) vfs.SyncFolder();
    return fails ? SQLITE_IOERR_DELETE : SQLITE_OK;
  }

  static int Access(sqlite3_vfs* base_vfs, const char* path, int flags, int* out) {
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    if (vfs.Begin({Io::kAccess, FileKind::kOther}) != IoFault::kNone) return SQLITE_IOERR_ACCESS;
    const auto found = vfs.nodes_.find(path);
    *out = found != vfs.nodes_.end() ? 1 : 0;
    // As on Unix: a file without content does not exist (a journal that says nothing).
    if (flags == SQLITE_ACCESS_EXISTS && *out == 1) {
      *out = found->second->file.content().empty() ? 0 : 1;
    }
    return SQLITE_OK;
  }

  static int FullPath(sqlite3_vfs*, const char* path, int size, char* out) {
    const std::string full = path[0] == '/' ? path : std::string("/") + path;
    if (full.size() >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, full.c_str(), full.size() + 1);
    return SQLITE_OK;
  }

  static int Random(sqlite3_vfs* base_vfs, int size, char* out) {
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    for (int i = 0; i < size; ++i) out[i] = static_cast<char>(vfs.dice_());
    return size;
  }

  static int Sleep(sqlite3_vfs* base_vfs, int micros) {
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    vfs.slept_ += absl::Microseconds(micros);
    return micros;
  }

  static int Now(sqlite3_vfs* base_vfs, sqlite3_int64* out) {
    Vfs& vfs = Of(base_vfs);
    MutexLock lock(vfs.mutex_);
    *out = kMillisOfUnixEpoch + kUnixMillis + absl::ToInt64Milliseconds(vfs.slept_);
    return SQLITE_OK;
  }

  static int NowInDays(sqlite3_vfs* base_vfs, double* out) {
    sqlite3_int64 millis = 0;
    const int code = Now(base_vfs, &millis);
    *out = static_cast<double>(millis) / 86400000.0;
    return code;
  }

  static const sqlite3_io_methods kFileMethods;
};

const sqlite3_io_methods MemoryVfsMethods::kFileMethods = {
    .iVersion = 2,  // no memory map: each read comes by
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = Size,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReserved,
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    // What SQLite believes of a disk under Unix.
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = MapIndex,
    .xShmLock = LockIndex,
    .xShmBarrier = [](sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); },
    .xShmUnmap = UnmapIndex,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

MemoryVfs::MemoryVfs(std::uint64_t seed) : name_(NewName()), dice_(seed) {
  using Methods = MemoryVfsMethods;
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(OpenFile);
  vfs_.mxPathname = kLongestPath;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Methods::Open;
  vfs_.xDelete = Methods::Delete;
  vfs_.xAccess = Methods::Access;
  vfs_.xFullPathname = Methods::FullPath;
  vfs_.xRandomness = Methods::Random;
  vfs_.xSleep = Methods::Sleep;
  vfs_.xCurrentTime = Methods::NowInDays;
  vfs_.xCurrentTimeInt64 = Methods::Now;
  LULL_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  // The salts of a log come from SQLite's own generator, which belongs to the process and would ask
  // the system's files for its beginning.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 1'000'000 + 1), nullptr);
}

MemoryVfs::~MemoryVfs() {
  LULL_CHECK(open_ == 0);
  sqlite3_vfs_unregister(&vfs_);
}

void MemoryVfs::SetHook(Hook hook) {
  MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

IoFault MemoryVfs::Begin(IoCall call) {
  dying_ = false;
  if (dead_) return IoFault::kError;
  if (++calls_ == last_call_) {
    dying_ = dead_ = true;
    return IoFault::kError;
  }
  return hook_ ? hook_(call) : IoFault::kNone;
}

void MemoryVfs::SyncFolder() {
  for (auto& [path, node] : nodes_) node->durable_name = true;
  removed_.clear();
}

void MemoryVfs::Restart() {
  LULL_CHECK(open_ == 0);
  dead_ = dying_ = false;
  last_call_ = -1;
}

void MemoryVfs::LosePower(std::uint64_t seed) {
  LULL_CHECK(open_ == 0);
  DiceBits dice(seed);
  for (auto& [path, node] : removed_) {
    if (dice() % 2 == 0) nodes_.try_emplace(path, std::move(node));
  }
  removed_.clear();
  std::erase_if(nodes_, [&](auto& entry) {
    Node& node = *entry.second;
    if (!node.durable_name && dice() % 2 == 0) return true;
    node.durable_name = true;
    node.file.LosePower(dice);
    return false;
  });
}

std::map<std::string, std::string> MemoryVfs::files() const {
  std::map<std::string, std::string> files;
  for (const auto& [path, node] : nodes_) files[path] = node->file.content();
  return files;
}

void MemoryVfs::SetFiles(const std::map<std::string, std::string>& files) {
  LULL_CHECK(open_ == 0);
  nodes_.clear();
  removed_.clear();
  for (const auto& [path, content] : files) {
    const auto node = nodes_[path] = std::make_shared<Node>(content);
    node->durable_name = true;
  }
}

}  // namespace lull
