#include "storage/sqlite/errors.h"

#include <sqlite3.h>

#include "engine/base/status.h"

namespace lull::storage {

absl::Status SqliteError(int code, std::string_view path, std::string_view detail) {
  const auto text = [&](std::string_view what) {
    return absl::StrCat(ToAbsl(path), ": ", ToAbsl(what), " (SQLite: ", ToAbsl(detail), ", code ",
                        code, ")");
  };
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return absl::UnavailableError(text("the disk is full; free some space"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(text("busy: another program holds the database's write lock"));
    case SQLITE_READONLY:
      return absl::UnavailableError(
          text("the database can't be written: check the permissions of "
               "the file and its folder"));
    case SQLITE_IOERR:
      return absl::UnavailableError(text("I/O error; look at the system's log for the disk"));
    case SQLITE_CANTOPEN:
      return absl::UnavailableError(
          text("can't open the file; its folder must exist and be "
               "writable, and file descriptors left"));
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::UnavailableError(text("access denied"));
    case SQLITE_NOMEM:
      return absl::UnavailableError(text("out of memory"));
    case SQLITE_CORRUPT:
      return absl::InternalError(text("the database is damaged; restore it from a backup"));
    case SQLITE_NOTADB:
      return absl::InternalError(text("not a database of SQLite"));
    default:
      return absl::InternalError(text("unexpected error of SQLite"));
  }
}

}  // namespace lull::storage
