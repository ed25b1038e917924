#include "runners/documents/placeholders.h"

#include <algorithm>
#include <optional>

namespace lull::runners {
namespace {

constexpr std::size_t kMaxNameBytes = 100;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameByte(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool IsParameterName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && IsLetter(name.front()) &&
         std::all_of(name.begin(), name.end(), IsNameByte);
}

std::vector<TextPiece> SplitPlaceholders(std::string_view text) {
  std::vector<TextPiece> pieces;
  std::size_t plain = 0;  // where the piece that is being read begins
  std::size_t close = text.find("}}");
  for (std::size_t open = text.find("{{"); open != text.npos && close != text.npos;
       open = text.find("{{", open)) {
    if (close < open + 2) {
      close = text.find("}}", open + 2);
      continue;
    }
    const std::string_view name = Trimmed(text.substr(open + 2, close - open - 2));
    if (!IsParameterName(name)) {
      ++open;
      continue;
    }
    if (open > plain) pieces.push_back({false, text.substr(plain, open - plain)});
    pieces.push_back({true, name});
    plain = open = close + 2;
  }
  if (plain < text.size()) pieces.push_back({false, text.substr(plain)});
  return pieces;
}

}  // namespace lull::runners
