#pragma once

#include <string>
#include <string_view>

namespace lull {

/// Returns `text` as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD: the result
/// is always JSON. Any thread.
std::string JsonString(std::string_view text);

}  // namespace lull
