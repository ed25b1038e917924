#include "engine/base/json_text.h"

#include "absl/strings/str_format.h"
#include "engine/base/utf8.h"

namespace lull {
namespace {

/// Replaces each byte that does not belong to a code point.
std::string MakeUtf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    if (TakeCodePoint(text).has_value()) {
      out += before.substr(0, before.size() - text.size());
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string JsonString(std::string_view text) {
  if (!CountCodePoints(text).has_value()) return JsonString(MakeUtf8(text));
  std::string out = "\"";
  out.reserve(text.size() + 2);
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
  return out;
}

}  // namespace lull
