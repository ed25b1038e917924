// Reads cron expressions; the grammar stands in docs/time.md.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "engine/base/status.h"
#include "engine/schedule/cron.h"
#include "engine/schedule/scan.h"

namespace lull {
namespace {

/// Upper-case fields in the order of the seven-field form. What follows them is ignored.
using Fields = std::array<std::string_view, 7>;

/// The values of a field.
struct Range {
  int min;
  int max;
  std::string_view names = {};  ///< three letters each, from `min` on
  bool wraps = true;            ///< FRI-MON
};
constexpr Range kSeconds{0, 59};
constexpr Range kMinutes{0, 59};
constexpr Range kHours{0, 23};
constexpr Range kDaysOfMonth{1, 31};
constexpr Range kMonths{1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"};
constexpr Range kDaysOfWeek{1, 7, "SUNMONTUEWEDTHUFRISAT"};
constexpr Range kYears{CronExpression::kFirstYear, CronExpression::kLastYear, {}, false};

constexpr DaysOfMonth kEveryDay{.days = 0xFFFFFFFE};

absl::Status BadExpression() { return Invalid("Invalid CRON expression"); }

std::optional<int> TakeNumber(std::string_view& text, int max) {
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  int number = 0;
  for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1)) {
    number = number * 10 + (text.front() - '0');
    if (number > max) return std::nullopt;
  }
  return number;
}

/// A number or a name of the field's.
std::optional<int> TakeValue(std::string_view& text, const Range& range) {
  if (const auto number = TakeNumber(text, range.max)) {
    return *number >= range.min ? number : std::nullopt;
  }
  if (text.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < range.names.size(); i += 3) {
    if (text.substr(0, 3) == range.names.substr(i, 3)) {
      text.remove_prefix(3);
      return range.min + static_cast<int>(i / 3);
    }
  }
  return std::nullopt;
}

void Set(std::uint32_t& bits, int bit) { bits |= 1u << bit; }
void Set(std::uint64_t& bits, int bit) { bits |= std::uint64_t{1} << bit; }
void Set(CronExpression::Years& bits, int bit) { bits[bit - CronExpression::kFirstYear] = true; }

/// Adds one of `*`, `a` or `a-b`, each with or without a step, to `bits`.
template <class Bits>
bool AddItem(std::string_view text, const Range& range, Bits& bits) {
  int first = range.min, last = range.max, step = 1;
  bool alone = false;
  if (!Take(text, '*')) {
    const auto value = TakeValue(text, range);
    if (!value) return false;
    first = *value;
    if (Take(text, '-')) {
      const auto end = TakeValue(text, range);
      if (!end) return false;
      last = *end;
    } else {
      alone = true;
    }
  }
  if (Take(text, '/')) {
    const auto number = TakeNumber(text, range.max);
    if (!number || *number == 0) return false;
    step = *number;
  } else if (alone) {
    last = first;
  }
  if (!text.empty()) return false;
  const int size = range.max - range.min + 1;
  if (last < first) {
    if (!range.wraps) return false;
    last += size;
  }
  for (int value = first; value <= last; value += step) {
    Set(bits, value > range.max ? value - size : value);
  }
  return true;
}

/// Calls `add` with each part of a list, until one says no.
template <class Add>
bool ForEachItem(std::string_view list, const Add& add) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (!add(list.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

template <class Bits>
bool ParseSet(std::string_view list, const Range& range, Bits& bits) {
  return ForEachItem(list, [&](std::string_view item) { return AddItem(item, range, bits); });
}

/// One of `L`, `L-3`, `LW`, `15W` or what any field has.
bool AddDayOfMonth(std::string_view item, DaysOfMonth& days) {
  if (item == "LW") {
    days.last_weekday = true;
    return true;
  }
  if (Take(item, 'L')) {
    int before = 0;
    if (Take(item, '-')) {
      const auto number = TakeNumber(item, 30);
      if (!number) return false;
      before = *number;
    }
    days.before_last |= 1u << before;
    return item.empty();
  }
  if (!item.empty() && item.back() == 'W') {
    item.remove_suffix(1);
    const auto day = TakeNumber(item, kDaysOfMonth.max);
    if (!day || *day == 0 || !item.empty()) return false;
    days.near |= 1u << *day;
    return true;
  }
  return AddItem(item, kDaysOfMonth, days.days);
}

bool ParseDaysOfMonth(std::string_view list, DaysOfMonth& days) {
  return ForEachItem(list, [&](std::string_view item) { return AddDayOfMonth(item, days); });
}

/// `L`, `FRIL`, `FRI#2`, each alone in the field, or what any field has.
bool ParseDaysOfWeek(std::string_view text, DaysOfWeek& days) {
  if (text == "L") {
    days.which = DaysOfWeek::Which::kEnding;
    days.days = 1u << kDaysOfWeek.max;
    return true;
  }
  std::string_view rest = text;
  if (const auto day = TakeValue(rest, kDaysOfWeek)) {
    days.days = static_cast<std::uint8_t>(1u << *day);
    if (rest == "L") {
      days.which = DaysOfWeek::Which::kLast;
      return true;
    }
    if (Take(rest, '#')) {
      days.which = DaysOfWeek::Which::kNth;
      const auto nth = TakeNumber(rest, 5);
      days.nth = nth.value_or(0);
      return days.nth != 0 && rest.empty();
    }
  }
  std::uint32_t bits = 0;
  const bool good = ParseSet(text, kDaysOfWeek, bits);
  days.days = static_cast<std::uint8_t>(bits);
  return good;
}

/// Splits at blanks and tabs. Returns how many fields there are, seven at most.
std::size_t Split(std::string_view text, Fields& fields) {
  constexpr std::string_view kBlanks = " \t";
  std::size_t count = 0;
  std::size_t at = text.find_first_not_of(kBlanks);
  while (at != std::string_view::npos && count < fields.size()) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    fields[count++] = text.substr(at, end - at);
    at = text.find_first_not_of(kBlanks, end);
  }
  return count;
}

}  // namespace

absl::StatusOr<CronExpression> CronExpression::Parse(std::string_view fields) {
  std::string upper(fields);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  Fields split;
  const std::size_t count = Split(upper, split);
  if (count < 6) return BadExpression();
  if (count == 6) {
    for (std::size_t i = 6; i > 0; --i) split[i] = split[i - 1];
    split[0] = "0";
  }
  const auto& [seconds, minutes, hours, days_of_month, months, days_of_week, years] = split;

  CronExpression cron;
  DaysOfMonth in_month;
  DaysOfWeek in_week;
  const bool any_in_month = days_of_month == "?";
  const bool any_in_week = days_of_week == "?";
  if (!ParseSet(seconds, kSeconds, cron.seconds_) || !ParseSet(minutes, kMinutes, cron.minutes_) ||
      !ParseSet(hours, kHours, cron.hours_) ||
      !(any_in_month || ParseDaysOfMonth(days_of_month, in_month)) ||
      !ParseSet(months, kMonths, cron.months_) ||
      !(any_in_week || ParseDaysOfWeek(days_of_week, in_week)) ||
      !ParseSet(years, kYears, cron.years_) || (any_in_month && any_in_week)) {
    return BadExpression();
  }
  if (!any_in_month && !any_in_week) {
    return Invalid(
        "Invalid CRON expression: error at position 0, details: Specifying both a day-of-week AND "
        "a "
        "day-of-month parameter is not supported.");
  }
  if (any_in_week) {
    // What else the list has adds nothing to all days.
    cron.days_ = in_month.days == kEveryDay.days ? kEveryDay : in_month;
  } else if (in_week == DaysOfWeek{.days = 0xFE}) {
    cron.days_ = kEveryDay;
  } else {
    cron.days_ = in_week;
  }
  return cron;
}

}  // namespace lull
