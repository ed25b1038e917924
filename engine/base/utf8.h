#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// Takes one code point off the front of `text`; nothing, and `text` as it was, when it does not
/// start with one. Strict: overlong forms, surrogates and what lies beyond U+10FFFF are not UTF-8.
std::optional<char32_t> TakeCodePoint(std::string_view& text);

/// Returns the number of code points of `text`, or nothing when it is not UTF-8.
std::optional<int64_t> CountCodePoints(std::string_view text);

/// Returns the longest prefix of `text` of at most `max_bytes` that does not split a code point.
/// REQUIRES: `text` is UTF-8 (of other bytes, some prefix of at most `max_bytes`).
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

/// The first code points of `bytes`, `max_points` at most. What is not UTF-8 becomes U+FFFD, one
/// for each byte.
std::string ToUtf8(std::string_view bytes, size_t max_points);

/// The most bytes that one code point takes.
inline constexpr size_t kMaxPointBytes = 4;

}  // namespace lull
