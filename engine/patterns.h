#pragma once

#include <string_view>

namespace lull {

/// The API's regular expressions, matched by hand: linear in the value's length, without recursion
/// and without state (std::regex recurses once a character and overflows the stack on long input).

/// Tells whether the whole of `value` matches.
using PatternMatcher = bool (*)(std::string_view value);

/// Returns the matcher for `pattern`, spelled exactly as in proto/shapes.proto, or null for a
/// pattern that none was written for. Any thread.
PatternMatcher FindPattern(std::string_view pattern);

}  // namespace lull
