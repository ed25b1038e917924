#pragma once

#include <cstddef>
#include <string_view>

namespace lull {

// Taking a text apart from its front, for the readers of this package.

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes `c` off the front of `text`, if it is there.
inline bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes exactly `width` digits off the front of `text`; on false `text` is not to be used on.
/// REQUIRES: `width` <= 9.
inline bool TakeDigits(std::string_view& text, std::size_t width, int& value) {
  if (text.size() < width) return false;
  value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!IsDigit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

}  // namespace lull
