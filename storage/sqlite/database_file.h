#pragma once

#include <string>

#include "absl/status/status.h"

namespace lull::storage {

/// Creates an empty file with mode 0600 at `path` where there is none, durably; SQLite gives its
/// own files beside it the same mode. Errors: kUnavailable.
absl::Status EnsureDatabaseFile(const std::string& path);

/// Errors: kNotFound when there is no file at `path`, or an empty one.
absl::Status RequireDatabaseFile(const std::string& path);

}  // namespace lull::storage
