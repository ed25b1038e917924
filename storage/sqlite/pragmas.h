#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace lull::storage {

// The only PRAGMAs. Errors of all: as SqliteError.

/// Marks a file as Lull's: "Lull" in ASCII. Never changes.
inline constexpr std::int64_t kApplicationId = 0x4C756C6C;

absl::StatusOr<std::int64_t> ReadApplicationId(Connection& connection);
absl::StatusOr<std::int64_t> ReadSchemaVersion(Connection& connection);

/// Both are part of the current transaction.
absl::Status WriteApplicationId(Connection& connection);
absl::Status WriteSchemaVersion(Connection& connection, int version);

/// A writer: WAL, each commit durable when it returns, small checkpoints by the writer itself.
/// REQUIRES: the file is Lull's or empty: from here on it is written.
absl::Status ConfigureWriter(Connection& connection, int autocheckpoint_pages);

absl::Status ConfigureReader(Connection& connection);

/// Moves all that is committed from the WAL into the database file, durably, and empties the WAL,
/// so that no half-written commit is left in it. Errors: kUnavailable too when a reader is in the
/// way.
absl::Status CheckpointAll(Connection& connection);

}  // namespace lull::storage
