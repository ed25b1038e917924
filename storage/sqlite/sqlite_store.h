#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/store.h"

namespace lull::storage {

enum class StoreAccess {
  kReadWrite,
  /// For tools: takes no lock, creates and migrates nothing; Commit is kUnavailable.
  kReadOnly,
};

struct SqliteOptions {
  /// Of the database. Its folder exists. Beside it (beside the file itself, when `path` is a
  /// symbolic link) stand `path`-wal and `path`-shm (SQLite's), `path`-lock and `path`-witness
  /// (log_witness.h). All are created with mode 0600.
  std::string path;
  StoreAccess access = StoreAccess::kReadWrite;
  /// A checkpoint each time the write-ahead log has grown by so many pages of 4 KiB. Small ones
  /// keep commits short: a cancel may have to wait for one.
  int autocheckpoint_pages = 200;
  /// How long to wait for another program's lock (a backup, a shell) before kUnavailable.
  absl::Duration busy_timeout = absl::Seconds(1);
  /// Connections for reads at most; a read that finds all of them busy waits.
  std::size_t max_readers = 8;
  /// Name of a VFS that was registered with SQLite; empty: the system's files. For tests of faults:
  /// with it, `path` is the VFS's business alone (it may have no files at all), so no lock is
  /// taken, and that no second store has it open for writing is the caller's.
  std::string vfs;
};

/// The Store in one SQLite file. Threads: as Store has it. Starts no thread of its own.
class SqliteStore : public Store {
 public:
  /// Opens the store at `options.path`, and creates it where there is none. Takes the same time
  /// however much is stored; 0.4 ms more for each MB of write-ahead log that a crash has left.
  /// REQUIRES: autocheckpoint_pages > 0, max_readers > 0.
  /// Errors, each naming the path, what is wrong and what to do:
  ///   kInvalidArgument     no path
  ///   kNotFound            read-only, and there is no file
  ///   kFailedPrecondition  another engine has it open; it has hard links, or is no regular file;
  ///                        another program's database; a newer Lull's; what was stored last, or
  ///                        all, is missing (LogWitness::Examine, RefuseLostDatabase)
  ///   kUnavailable         can't be created, read or written for now (permissions, disk full,
  ///   busy) kInternal            damaged, or not a database
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const SqliteOptions& options);

  ~SqliteStore() override;

  /// Of the newest schema, which Open brings every file to.
  static int SchemaVersion();

  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override;
  absl::Status Recover() override;
  DefinitionReader& definitions() override;
  RunReader& runs() override;
  NodeReader& nodes() override;
  OutboxReader& outbox() override;
  AuditReader& audit() override;

 private:
  class Definitions;
  class Runs;
  class Nodes;
  class Outbox;
  class Audit;
  struct Parts;

  explicit SqliteStore(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace lull::storage
