#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct sqlite3;

namespace lull::storage {

enum class Access { kReadWrite, kReadOnly };

/// One open connection to a SQLite database. Not thread-safe; its statements belong to it and must
/// be gone before it is. On the system's own files it never creates one.
class Connection {
 public:
  struct Options {
    std::string path;
    Access access = Access::kReadWrite;
    absl::Duration busy_timeout;
    /// Of SQLite's registered ones; empty: the default. One that is named makes the file, if need
    /// be, when it is opened for writing.
    std::string vfs;
    /// kReadOnly only, and nobody writes to the file: then no file is made beside it. A log that is
    /// there is not read.
    bool immutable = false;
  };

  /// Errors: as SqliteError. SQLite itself reads nothing yet: a file that is no database is found
  /// out by the first statement.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Options& options);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs constant SQL text of any number of statements, and drops the rows they give.
  absl::Status Execute(const char* sql);

  /// The first column of the first row of constant SQL text, a number; 0 when there is no row.
  absl::StatusOr<std::int64_t> QueryNumber(const char* sql);

  /// Rows that the last statement inserted, updated or deleted; cascades are not counted.
  std::int64_t changed_rows() const;

  bool in_transaction() const;

  /// `code` as an error that names this database.
  absl::Status Error(int code) const;

  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

 private:
  Connection(sqlite3* handle, std::string path);

  sqlite3* const handle_;
  const std::string path_;
};

}  // namespace lull::storage
