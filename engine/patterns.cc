#include "engine/patterns.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/utf8.h"

namespace lull {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLowerHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsHex(char c) { return IsLowerHex(c) || (c >= 'A' && c <= 'F'); }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsOneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// Stands in for \p{L}, \p{N} and \p{Z} beyond ASCII. An approximation, on purpose: every code
/// point from U+00A0 on passes but for private use and noncharacters, so that some symbols pass
/// that the API refuses. What it refuses for a reason (controls, ASCII punctuation) is refused
/// here, too.
bool IsLetterNumberOrSpace(char32_t point) {
  if (point < 0x80) return point == ' ' || IsAlnum(static_cast<char>(point));
  if (point < 0xA0) return false;
  if (point >= 0xE000 && point <= 0xF8FF) return false;
  if (point >= 0xFDD0 && point <= 0xFDEF) return false;
  return point < 0xF0000 && (point & 0xFFFE) != 0xFFFE;
}

bool AllLettersNumbersSpacesOr(std::string_view value, std::string_view others) {
  while (!value.empty()) {
    const std::optional<char32_t> point = TakeCodePoint(value);
    if (!point.has_value()) return false;
    const bool other = *point < 0x80 && IsOneOf(static_cast<char>(*point), others);
    if (!other && !IsLetterNumberOrSpace(*point)) return false;
  }
  return true;
}

bool MatchesWindowId(std::string_view value) {
  return value.size() == 20 && value.starts_with("mw-") &&
         std::all_of(value.begin() + 3, value.end(), IsLowerHex);
}

bool MatchesUuid(std::string_view value) {
  if (value.size() != 36) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !IsHex(value[i])) return false;
  }
  return true;
}

bool MatchesName(std::string_view value) {
  return value.size() >= 3 && value.size() <= 128 &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return IsAlnum(c) || IsOneOf(c, "_-."); });
}

/// [1-9][0-9]*
bool MatchesPositive(std::string_view value) {
  return !value.empty() && value[0] != '0' && std::all_of(value.begin(), value.end(), IsDigit);
}

/// [1-9]% or [1-9][0-9]% or 100%
bool MatchesPositivePercentage(std::string_view value) {
  if (!value.ends_with('%')) return false;
  value.remove_suffix(1);
  return value == "100" || (value.size() <= 2 && MatchesPositive(value));
}

bool MatchesMaxConcurrency(std::string_view value) {
  return MatchesPositive(value) || MatchesPositivePercentage(value);
}

bool MatchesMaxErrors(std::string_view value) {
  return value == "0" || value == "0%" || MatchesMaxConcurrency(value);
}

bool MatchesTagText(std::string_view value) { return AllLettersNumbersSpacesOr(value, "_.:/=+-@"); }

/// The pattern's other two branches (resource-groups:...) are within the first.
bool MatchesTargetKey(std::string_view value) {
  return AllLettersNumbersSpacesOr(value, "_.:/=-@");
}

bool MatchesDocumentVersion(std::string_view value) {
  return value == "$LATEST" || value == "$DEFAULT" || MatchesPositive(value);
}

/// Not blank, and on one line.
bool MatchesAlarmName(std::string_view value) {
  const auto blank = [](char c) { return IsOneOf(c, " \t\n\v\f\r"); };
  return !std::all_of(value.begin(), value.end(), blank) &&
         value.find_first_of("\n\r") == std::string_view::npos;
}

struct Pattern {
  std::string_view text;
  PatternMatcher matches;
};

constexpr std::array kPatterns = {
    Pattern{"^mw-[0-9a-f]{17}$", MatchesWindowId},
    Pattern{R"(^[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}$)",
            MatchesUuid},
    Pattern{R"(^[a-zA-Z0-9_\-.]{3,128}$)", MatchesName},
    Pattern{"^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$", MatchesMaxConcurrency},
    Pattern{"^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$", MatchesMaxErrors},
    Pattern{R"(^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$)", MatchesTagText},
    Pattern{R"(^[\p{L}\p{Z}\p{N}_.:/=\-@]*$|resource-groups:ResourceTypeFilters|)"
            "resource-groups:Name",
            MatchesTargetKey},
    Pattern{"([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)", MatchesDocumentVersion},
    Pattern{R"(^(?!\s*$).+)", MatchesAlarmName},
};

}  // namespace

PatternMatcher FindPattern(std::string_view pattern) {
  for (const Pattern& known : kPatterns) {
    if (known.text == pattern) return known.matches;
  }
  return nullptr;
}

}  // namespace lull
