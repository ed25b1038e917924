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

/// Brings the schema to the newest version, one transaction a step. REQUIRES: RecogniseFile was OK.
/// Errors: as SqliteError.
absl::Status Migrate(Connection& connection);

/// For readers, who can't migrate. Errors: kFailedPrecondition: the schema is not the newest.
absl::Status RequireNewestSchema(Connection& connection);

}  // namespace lull::storage
