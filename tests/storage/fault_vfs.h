#pragma once

#include <set>
#include <string>

namespace lull {

/// A layer over SQLite's files that fails on demand, of the whole process: a full disk, a disk that
/// does not write. Stores use it when SqliteOptions::vfs is kFaultVfs. Of statements that no file
/// can make fail, one connection's can be refused.
inline constexpr char kFaultVfs[] = "lull-faults";

/// Makes kFaultVfs known to SQLite; once is enough, more does no harm. All faults are off.
void RegisterFaultVfs();

/// While `on`, no write goes through: SQLITE_FULL.
void SetDiskFull(bool on);

/// The next `count` syncs of a write-ahead log fail, after the data has been handed to the kernel:
/// SQLITE_IOERR_FSYNC.
void FailLogSyncs(int count);

/// The next `count` syncs of a database file fail: a checkpoint's.
void FailDatabaseSyncs(int count);

/// While `on`, no read of a database or a log goes through: SQLITE_IOERR_READ.
void SetUnreadable(bool on);

/// From now on the connection that was opened last for writing refuses statements that begin with
/// one of `words` (of COMMIT, ROLLBACK, RELEASE): SQLITE_AUTH. REQUIRES: it is still open.
void RefuseStatements(std::set<std::string> words);

}  // namespace lull
