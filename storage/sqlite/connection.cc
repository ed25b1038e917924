#include "storage/sqlite/connection.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "storage/sqlite/errors.h"

namespace lull::storage {
namespace {

/// Memory statistics cost a global lock at each allocation (a tenth of the speed). Has an effect
/// only when nobody in this process has used SQLite before; when somebody has, nothing but speed is
/// lost.
void ConfigureLibraryOnce() {
  static const int result = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(result);
}

/// The path as an URI that says so: there is no other way to ask for it.
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      absl::StrAppend(&uri, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Options& options) {
  ConfigureLibraryOnce();
  // NOMUTEX: one thread at a time per connection is our own business. NOFOLLOW is not asked for: a
  // link to a database on another disk is a fair set-up.
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (options.access == Access::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  if (options.access == Access::kReadWrite && !options.vfs.empty()) flags |= SQLITE_OPEN_CREATE;
  if (options.immutable) flags |= SQLITE_OPEN_URI;
  LULL_CHECK(!options.immutable || options.access == Access::kReadOnly);
  sqlite3* handle = nullptr;
  const std::string name = options.immutable ? ImmutableUri(options.path) : options.path;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) {
    absl::Status error =
        SqliteError(code, options.path, handle != nullptr ? sqlite3_errmsg(handle) : "no memory");
    sqlite3_close(handle);
    return error;
  }
  sqlite3_busy_timeout(handle, static_cast<int>(absl::ToInt64Milliseconds(options.busy_timeout)));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return std::unique_ptr<Connection>(new Connection(handle, options.path));
}

Connection::Connection(sqlite3* handle, std::string path)
    : handle_(handle), path_(std::move(path)) {}

Connection::~Connection() {
  const int code = sqlite3_close(handle_);
  LULL_CHECK(code != SQLITE_BUSY);  // a statement outlived its connection
}

absl::Status Connection::Execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Error(code);
}

absl::StatusOr<std::int64_t> Connection::QueryNumber(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return Error(code);
  code = sqlite3_step(statement);
  const std::int64_t number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  absl::Status error;
  if (code != SQLITE_ROW && code != SQLITE_DONE) error = Error(code);
  sqlite3_finalize(statement);
  if (!error.ok()) return error;
  return number;
}

std::int64_t Connection::changed_rows() const { return sqlite3_changes64(handle_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

absl::Status Connection::Error(int code) const {
  return SqliteError(code, path_, sqlite3_errmsg(handle_));
}

}  // namespace lull::storage
