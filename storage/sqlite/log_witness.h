#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"
#include "storage/sqlite/connection.h"

namespace lull::storage {

/// What SQLite can't know of its log: that there was more in it. A log that is deleted, cut short
/// or damaged is to SQLite one that ends there, and what was committed behind that point is gone
/// without a word. So the engine writes down, in a small file beside the database, how far the log
/// had come with the last commit: after the commit is durable and before anyone is told of it. It
/// is not synced: a kill loses nothing of it, and after a loss of power it may be behind the log,
/// never ahead of it. So it costs a commit some microseconds. That nothing is known is synced: a
/// log that is made next has salts that an older note would take for another database's.
///
/// After a crash somebody may have opened the database with a shell of SQLite's, which empties the
/// log in order; so of the last page in the log it knows what was in it: a database that has that
/// page has all. It raises a false alarm when somebody empties the log in order after a loss of
/// power that has left an older note, or changes that page by hand after a crash.
class LogWitness {
 public:
  /// Compares the log of the database at `path` with what was written down. REQUIRES: no engine has
  /// the database open. Errors: kFailedPrecondition: commits are missing, or the log is another
  /// database's; the text says what to do. No word when nothing is written down.
  static absl::Status Examine(const std::string& path);

  /// RefuseLostDatabase and Examine, for those who only read; OK while an engine has the database
  /// open.
  static absl::Status ExamineAtRest(const std::string& path);

  /// Watches the log of the database that `connection` has open for writing, and makes the
  /// checkpoints of it, one each time it has grown by so many pages. It must outlive the
  /// connection. REQUIRES: Examine was OK. Errors: kUnavailable: the file can't be made or written.
  static absl::StatusOr<std::unique_ptr<LogWitness>> Watch(Connection& connection,
                                                           int autocheckpoint_pages);

  /// After the connection is gone: a log that SQLite has removed is one that nothing is known of.
  ~LogWitness();
  LogWitness(const LogWitness&) = delete;
  LogWitness& operator=(const LogWitness&) = delete;

  /// Nothing is known of the log until the next commit: it is about to be emptied in order, or was.
  void Forget();

  /// OK while database and log are the files that have their names: else a commit is one that no
  /// next start finds. As of the last commit. Errors: kUnavailable for the log: what is in it can
  /// still be brought into the database; kUnknown for the database. The texts say what to do.
  const absl::Status& names() const { return names_; }

 private:
  LogWitness(const std::string& path, int autocheckpoint_pages)
      : path_(path), autocheckpoint_pages_(autocheckpoint_pages) {}

  static int OnCommit(void* witness, struct sqlite3* handle, const char* database, int frames);
  void Saw(int frames);
  absl::Status LookAtNames() const;

  const std::string path_;
  const int autocheckpoint_pages_;
  UniqueFd file_;
  UniqueFd log_;
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  Identity database_id_;
  Identity log_id_;
  absl::Status names_;
};

}  // namespace lull::storage
