#include "tests/storage/fault_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <utility>

#include "engine/base/check.h"

namespace lull {
namespace {

std::atomic<bool> disk_full{false};
std::atomic<bool> unreadable{false};
std::atomic<int> log_sync_faults{0};
std::atomic<int> database_sync_faults{0};

sqlite3_vfs* root = nullptr;

std::set<std::string> refused;
sqlite3* writer = nullptr;  // the one that was opened last

/// SQLite calls it at the end of each opening of a database.
int NoteWriter(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  if (sqlite3_db_readonly(connection, "main") == 0) writer = connection;
  return SQLITE_OK;
}

int Authorize(void*, int action, const char* first, const char*, const char*, const char*) {
  if (action != SQLITE_TRANSACTION && action != SQLITE_SAVEPOINT) return SQLITE_OK;
  return refused.contains(first) ? SQLITE_DENY : SQLITE_OK;
}

/// SQLite allocates it, with room for the real file behind it.
struct FaultFile {
  sqlite3_file base;
  int flags;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile* Of(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
const sqlite3_io_methods* Methods(sqlite3_file* file) { return Real(file)->pMethods; }

bool TakeOne(std::atomic<int>& faults) {
  if (faults == 0) return false;
  --faults;
  return true;
}

int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  if (unreadable) return SQLITE_IOERR_READ;
  return Methods(file)->xRead(Real(file), data, size, offset);
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (disk_full) return SQLITE_FULL;
  return Methods(file)->xWrite(Real(file), data, size, offset);
}

int Sync(sqlite3_file* file, int flags) {
  if ((Of(file)->flags & SQLITE_OPEN_WAL) != 0 && TakeOne(log_sync_faults)) {
    return SQLITE_IOERR_FSYNC;
  }
  if ((Of(file)->flags & SQLITE_OPEN_MAIN_DB) != 0 && TakeOne(database_sync_faults)) {
    return SQLITE_IOERR_FSYNC;
  }
  return Methods(file)->xSync(Real(file), flags);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,  // no memory map: each read comes by
    .xClose = [](sqlite3_file* f) { return Methods(f)->xClose(Real(f)); },
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return Methods(f)->xTruncate(Real(f), n); },
    .xSync = Sync,
    .xFileSize = [](sqlite3_file* f,
                    sqlite3_int64* n) { return Methods(f)->xFileSize(Real(f), n); },
    .xLock = [](sqlite3_file* f, int level) { return Methods(f)->xLock(Real(f), level); },
    .xUnlock = [](sqlite3_file* f, int level) { return Methods(f)->xUnlock(Real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return Methods(f)->xCheckReservedLock(Real(f), out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return Methods(f)->xFileControl(Real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return Methods(f)->xSectorSize(Real(f)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return Methods(f)->xDeviceCharacteristics(Real(f)); },
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return Methods(f)->xShmMap(Real(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return Methods(f)->xShmLock(Real(f), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { Methods(f)->xShmBarrier(Real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return Methods(f)->xShmUnmap(Real(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultFile* fault_file = Of(file);
  fault_file->flags = flags;
  fault_file->base.pMethods = nullptr;
  const int code = root->xOpen(root, name, fault_file->real(), flags, out_flags);
  if (fault_file->real()->pMethods != nullptr) fault_file->base.pMethods = &kMethods;
  return code;
}

}  // namespace

void RegisterFaultVfs() {
  disk_full = false;
  unreadable = false;
  log_sync_faults = 0;
  database_sync_faults = 0;
  if (root != nullptr) return;
  root = sqlite3_vfs_find(nullptr);
  LULL_CHECK(root != nullptr);
  static sqlite3_vfs vfs = *root;  // all but opening is the real one's
  vfs.zName = kFaultVfs;
  vfs.szOsFile += static_cast<int>(sizeof(FaultFile));
  vfs.xOpen = Open;
  vfs.pNext = nullptr;
  LULL_CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
  LULL_CHECK(sqlite3_auto_extension(reinterpret_cast<void (*)()>(NoteWriter)) == SQLITE_OK);
}

void SetDiskFull(bool on) { disk_full = on; }
void FailLogSyncs(int count) { log_sync_faults = count; }
void FailDatabaseSyncs(int count) { database_sync_faults = count; }
void SetUnreadable(bool on) { unreadable = on; }

void RefuseStatements(std::set<std::string> words) {
  LULL_CHECK(writer != nullptr);
  refused = std::move(words);
  // Setting it makes SQLite prepare every statement of the connection anew, and so ask.
  LULL_CHECK(sqlite3_set_authorizer(writer, Authorize, nullptr) == SQLITE_OK);
}

}  // namespace lull
