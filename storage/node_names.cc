#include "storage/node_names.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/model/runs.h"
#include "storage/numbers.h"

namespace lull::storage {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 16;

/// The value of each byte as a digit.
constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint8_t ValueOf(char digit) { return kValues[static_cast<unsigned char>(digit)]; }

bool IsHex(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return ValueOf(c) != kNoDigit; });
}

void PutHex(std::string_view digits, std::string& bytes) {
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int low = i + 1 < digits.size() ? ValueOf(digits[i + 1]) : 0;
    bytes += static_cast<char>(ValueOf(digits[i]) << 4 | low);
  }
}

void GetHex(std::string_view bytes, std::size_t count, char* digits) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i / 2]);
    digits[i] = kDigits[i % 2 == 0 ? byte >> 4 : byte & 0xF];
  }
}

void PutName(std::string_view before, std::string_view name, std::string& bytes) {
  const std::size_t least = std::min(before.size(), name.size());
  std::size_t first = 0;
  while (first < least && before[first] == name[first]) ++first;
  std::size_t last = 0;
  while (last < least - first && *(before.end() - 1 - last) == *(name.end() - 1 - last)) ++last;
  const std::string_view between = name.substr(first, name.size() - first - last);
  const bool is_hex = IsHex(between);
  PutNumber(first, bytes);
  PutNumber(last, bytes);
  PutNumber(between.size() * 2 + (is_hex ? 1 : 0), bytes);
  if (is_hex) {
    PutHex(between, bytes);
  } else {
    bytes += between;
  }
}

}  // namespace

std::string PackNames(const std::vector<std::string>& names) {
  std::string bytes;
  std::string_view before;
  for (const std::string& name : names) {
    LULL_CHECK(name.size() <= kMaxNodeNameBytes);
    PutName(before, name, bytes);
    before = name;
  }
  return bytes;
}

bool NameScanner::Next() {
  if (rest_.empty() || !status_.ok()) return false;
  if (packing_ == NamePacking::kTexts ? TakeText() : TakeShared()) return true;
  status_ = absl::InternalError("the names of a stored chunk are damaged");
  return false;
}

bool NameScanner::TakeText() {
  std::uint64_t size = 0;
  if (!TakeNumber(rest_, size) || size > rest_.size()) return false;
  name_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool NameScanner::TakeShared() {
  std::uint64_t first = 0, last = 0, number = 0;
  if (!TakeNumber(rest_, first) || !TakeNumber(rest_, last) || !TakeNumber(rest_, number)) {
    return false;
  }
  if (first > name_.size() || last > name_.size() - first) return false;
  const std::uint64_t size = number / 2;
  const bool is_hex = number % 2 != 0;
  const std::uint64_t bytes = is_hex ? (size + 1) / 2 : size;
  if (size > kMaxNodeNameBytes - first - last || bytes > rest_.size()) return false;
  const std::size_t replaced = name_.size() - first - last;
  if (is_hex) {
    name_.replace(first, replaced, size, '0');
    GetHex(rest_, size, name_.data() + first);
  } else {
    name_.replace(first, replaced, rest_.substr(0, size));
  }
  rest_.remove_prefix(bytes);
  return true;
}

}  // namespace lull::storage
