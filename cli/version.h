#pragma once

namespace lull::cli {

/// Of this program; the one place that says it. CHANGELOG.md has what changed.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace lull::cli
