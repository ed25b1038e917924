#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace lull::storage {

/// The one place where SQLite's result codes become errors of ours.
///   kUnavailable  for now: disk full, busy, read-only, out of memory, an I/O error
///   kInternal     for good: the file is damaged or is no database; anything unexpected
/// REQUIRES: `code` is an (extended) result code other than SQLITE_OK, SQLITE_ROW, SQLITE_DONE. The
/// text names `path`, what went wrong, and `detail` (SQLite's own words).
absl::Status SqliteError(int code, std::string_view path, std::string_view detail);

}  // namespace lull::storage
