#include "storage/sqlite/schema.h"

#include <array>
#include <cstdint>

#include "engine/base/status.h"
#include "storage/sqlite/pragmas.h"

namespace lull::storage {
namespace {

/// Step i brings version i to version i + 1. Append only; a released step never changes.
constexpr std::array kMigrations = {
#include "storage/sqlite/migrations.inc"
};

absl::Status MigrateOneStep(Connection& connection, int version) {
  LULL_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  absl::Status done = connection.Execute(kMigrations[version]);
  if (done.ok() && version == 0) done = WriteApplicationId(connection);
  if (done.ok()) done = WriteSchemaVersion(connection, version + 1);
  if (done.ok()) done = connection.Execute("COMMIT");
  if (!done.ok() && connection.in_transaction()) connection.Execute("ROLLBACK").IgnoreError();
  return done;
}

}  // namespace

int NewestSchemaVersion() { return static_cast<int>(kMigrations.size()); }

absl::Status RecogniseFile(Connection& connection) {
  LULL_ASSIGN_OR_RETURN(const std::int64_t application_id, ReadApplicationId(connection));
  LULL_ASSIGN_OR_RETURN(const std::int64_t version, ReadSchemaVersion(connection));
  if (application_id != kApplicationId) {
    LULL_ASSIGN_OR_RETURN(const std::int64_t has_tables,
                          connection.QueryNumber("SELECT 1 FROM sqlite_schema LIMIT 1"));
    if (application_id != 0 || version != 0 || has_tables != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(connection.path(),
                       ": this database belongs to another program; give Lull a "
                       "file of its own"));
    }
    return absl::OkStatus();
  }
  if (version < 1) {  // it is written with the application id
    return absl::InternalError(absl::StrCat(connection.path(),
                                            ": the database is damaged: its schema has version ",
                                            version, "; restore it from a backup"));
  }
  if (version > NewestSchemaVersion()) {
    return absl::FailedPreconditionError(
        absl::StrCat(connection.path(), ": written by a newer version of Lull (schema ", version,
                     ", this one knows ", NewestSchemaVersion(), "); run that version"));
  }
  return absl::OkStatus();
}

absl::Status Migrate(Connection& connection, int to) {
  LULL_ASSIGN_OR_RETURN(std::int64_t version, ReadSchemaVersion(connection));
  for (; version < to; ++version) {
    LULL_RETURN_IF_ERROR(MigrateOneStep(connection, static_cast<int>(version)));
  }
  return absl::OkStatus();
}

absl::Status RequireNewestSchema(Connection& connection) {
  LULL_ASSIGN_OR_RETURN(const std::int64_t version, ReadSchemaVersion(connection));
  if (version == NewestSchemaVersion()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(connection.path(), ": the schema is of version ", version, ", this Lull reads ",
                   NewestSchemaVersion(), "; let the engine open it once, which brings it up"));
}

}  // namespace lull::storage
