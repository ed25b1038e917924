#pragma once

#include "absl/status/status.h"
#include "storage/sqlite/connection.h"

namespace lull::storage {

/// The newest schema version: the number of the last file in migrations/.
int NewestSchemaVersion();

/// Looks whether the file is Lull's, and of a version that can be read; writes nothing.
/// Errors: kFailedPrecondition: another program's database, or a newer Lull's; kInternal: damaged
/// or no database. An empty file is fine.
absl::Status RecogniseFile(Connection& connection);

/// Brings an older schema to version `to`, one transaction a step. REQUIRES: RecogniseFile was OK;
/// `to` is the newest version, in a test maybe an older one. Errors: as SqliteError.
absl::Status Migrate(Connection& connection, int to = NewestSchemaVersion());

/// For readers, who can't migrate. Errors: kFailedPrecondition: the schema is not the newest.
absl::Status RequireNewestSchema(Connection& connection);

}  // namespace lull::storage
