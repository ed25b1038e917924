#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lull::storage {

/// Creates an empty file with mode 0600 at `path` where there is none, durably; SQLite gives its
/// own files beside it the same mode. Errors: kUnavailable.
absl::Status EnsureDatabaseFile(const std::string& path);

/// What SQLite takes for a new database, or does not see: a store that was here and is gone, or
/// lost its end. Looks only at the sizes of files, and at what an engine leaves beside the
/// database. REQUIRES: no engine has it open. Errors: kFailedPrecondition: there is no file at
/// `path`, or an empty one, and there was more; kInternal: it ends inside of a page.
absl::Status RefuseLostDatabase(const std::string& path);

/// The absolute path of the file at `path` without symbolic links: what stands beside the database
/// is found by it, whichever of its paths an engine was given.
/// Errors: kFailedPrecondition when it is no regular file, or has other names (hard links), beside
/// which others would look; kUnavailable.
absl::StatusOr<std::string> RealDatabasePath(const std::string& path);

/// Errors: kNotFound when there is no file at `path`, or an empty one.
absl::Status RequireDatabaseFile(const std::string& path);

}  // namespace lull::storage
