#include "engine/base/utf8.h"

namespace lull {

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text[0]);
  size_t size = 1;
  char32_t point = lead;
  char32_t smallest = 0;
  if (lead >= 0xF0 && lead < 0xF8) {
    size = 4, point = lead & 0x07, smallest = 0x10000;
  } else if (lead >= 0xE0 && lead < 0xF0) {
    size = 3, point = lead & 0x0F, smallest = 0x800;
  } else if (lead >= 0xC0 && lead < 0xE0) {
    size = 2, point = lead & 0x1F, smallest = 0x80;
  } else if (lead >= 0x80) {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (next & 0x3F);
  }
  if (point < smallest || point > 0x10FFFF) return std::nullopt;
  if (point >= 0xD800 && point <= 0xDFFF) return std::nullopt;
  text.remove_prefix(size);
  return point;
}

std::optional<int64_t> CountCodePoints(std::string_view text) {
  int64_t count = 0;
  for (; !text.empty(); ++count) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {  // most of them
      text.remove_prefix(1);
    } else if (!TakeCodePoint(text).has_value())
      return std::nullopt;
  }
  return count;
}

std::string ToUtf8(std::string_view bytes, size_t max_points) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  for (size_t points = 0; points < max_points && !bytes.empty(); ++points) {
    const std::string_view before = bytes;
    if (TakeCodePoint(bytes).has_value()) {
      text += before.substr(0, before.size() - bytes.size());
    } else {
      text += kReplacement;
      bytes.remove_prefix(1);
    }
  }
  return text;
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t size = max_bytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace lull
