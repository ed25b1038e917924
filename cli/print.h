#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lull::cli {

/// Writes `text` to `out`, and flushes it. Error: kUnavailable.
absl::Status Print(std::FILE* out, std::string_view text);

/// `text` without what a terminal would obey: control characters but line ends and tabs, and what
/// is not UTF-8, become U+FFFD.
std::string Printable(std::string_view text);

/// The same on one line: blanks for line ends and tabs.
std::string OneLine(std::string_view text);

/// Rows of cells in columns: each as wide as its widest cell, two blanks between, a line a row. All
/// rows have as many cells as the first.
std::string Table(const std::vector<std::vector<std::string>>& rows);

/// RFC 3339 in whole seconds at `zone`'s offset.
std::string TimeText(absl::Time at, absl::TimeZone zone = absl::UTCTimeZone());

/// `3 invocations`, `1 invocation`.
std::string Counted(std::int64_t count, std::string_view noun);

}  // namespace lull::cli
