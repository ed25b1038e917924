#include "storage/sqlite/pragmas.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::storage {

absl::StatusOr<std::int64_t> ReadApplicationId(Connection& connection) {
  return connection.QueryNumber("PRAGMA application_id");
}

absl::StatusOr<std::int64_t> ReadSchemaVersion(Connection& connection) {
  return connection.QueryNumber("PRAGMA user_version");
}

absl::Status WriteApplicationId(Connection& connection) {
  static_assert(kApplicationId == 1282763884);
  return connection.Execute("PRAGMA application_id = 1282763884");
}

absl::Status WriteSchemaVersion(Connection& connection, int version) {
  // A PRAGMA takes no parameters.
  return connection.Execute(absl::StrCat("PRAGMA user_version = ", version).c_str());
}

absl::Status ConfigureWriter(Connection& connection, int autocheckpoint_pages) {
  LULL_CHECK(autocheckpoint_pages > 0);
  // The page size has an effect on an empty file only. Temporary data, the undo log of savepoints
  // among it, stays in memory.
  LULL_RETURN_IF_ERROR(
      connection.Execute("PRAGMA page_size = 4096;"
                         "PRAGMA journal_mode = WAL;"
                         "PRAGMA synchronous = FULL;"
                         "PRAGMA foreign_keys = ON;"
                         "PRAGMA trusted_schema = OFF;"
                         "PRAGMA temp_store = MEMORY"));
  sqlite3_wal_autocheckpoint(connection.handle(), autocheckpoint_pages);
  return absl::OkStatus();
}

absl::Status ConfigureReader(Connection& connection) {
  return connection.Execute(
      "PRAGMA query_only = ON;"
      "PRAGMA trusted_schema = OFF;"
      "PRAGMA temp_store = MEMORY");
}

absl::Status CheckpointAll(Connection& connection) {
  const int code = sqlite3_wal_checkpoint_v2(connection.handle(), nullptr,
                                             SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : connection.Error(code);
}

}  // namespace lull::storage
