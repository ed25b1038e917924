#include "tests/support/schedule_oracle.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace lull {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kLastDay = 84006;  // 2199-12-31

/// `text` as a number or as one of `names`, three letters each; the first of them is `min`.
int Value(const std::string& text, const std::string& names, int min) {
  if (std::isdigit(static_cast<unsigned char>(text[0]))) return std::atoi(text.c_str());
  return min + static_cast<int>(names.find(text)) / 3;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Does `value` belong to the list `field`, whose values go from `min` to `max`?
bool Has(const std::string& field, int value, int min, int max, const std::string& names = "") {
  for (const std::string& item : Split(field, ',')) {
    const auto by_step = Split(item, '/');
    const auto ends = Split(by_step[0], '-');
    const int step = by_step.size() > 1 ? std::atoi(by_step[1].c_str()) : 1;
    int first = min, last = max;
    if (ends[0] != "*") {
      first = Value(ends[0], names, min);
      if (ends.size() > 1) {
        last = Value(ends[1], names, min);
      } else if (by_step.size() == 1) {
        last = first;
      }
    }
    const int size = max - min + 1;
    const int from_first = (value - first + size) % size;
    const int length = (last - first + size) % size;
    if (from_first <= length && from_first % step == 0) return true;
  }
  return false;
}

const char kMonths[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
const char kWeekdays[] = "SUNMONTUEWEDTHUFRISAT";

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool IsLeap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int MonthLength(std::int64_t year, int month) {
  if (month == 2) return IsLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

}  // namespace

ScheduleOracle::ScheduleOracle(const Question& question) : question_(question) {
  for (std::string& field : question_.fields) field = Upper(field);
  const auto table = [](const std::string& field, int min, int max, const std::string& names) {
    std::vector<char> matches(static_cast<std::size_t>(max) + 1);
    for (int value = min; value <= max; ++value)
      matches[value] = Has(field, value, min, max, names);
    return matches;
  };
  const auto seconds = table(question_.fields[0], 0, 59, "");
  const auto minutes = table(question_.fields[1], 0, 59, "");
  const auto hours = table(question_.fields[2], 0, 23, "");
  months_ = table(question_.fields[4], 1, 12, kMonths);
  years_ = table(question_.fields[6], 1970, 2199, "");
  for (int minute = 0; minute < 24 * 60; ++minute) {
    if (!hours[minute / 60] || !minutes[minute % 60]) continue;
    for (int second = 0; second < 60; ++second) {
      if (seconds[second]) times_.push_back(minute * 60 + second);
    }
  }
}

ScheduleOracle::Date ScheduleOracle::DateOf(std::int64_t day) {
  // Whole years from 1968 on (walks begin in 1969), then whole months.
  Date date{1968, 1, 1, 0, 0};
  std::int64_t rest = day + 366 + 365;
  while (rest >= (IsLeap(date.year) ? 366 : 365)) rest -= IsLeap(date.year++) ? 366 : 365;
  while (rest >= MonthLength(date.year, date.month)) rest -= MonthLength(date.year, date.month++);
  date.day = static_cast<int>(rest) + 1;
  date.weekday = static_cast<int>((day + 4 + 7000) % 7) + 1;  // 1970-01-01 was a Thursday
  date.length = MonthLength(date.year, date.month);
  return date;
}

ScheduleOracle::Date ScheduleOracle::DayAfter(Date date) {
  date.weekday = date.weekday % 7 + 1;
  if (++date.day > date.length) {
    date.day = 1;
    if (++date.month > 12) {
      date.month = 1;
      ++date.year;
    }
    date.length = MonthLength(date.year, date.month);
  }
  return date;
}

bool ScheduleOracle::DayMatches(const Date& date) const {
  if (date.year < 1970 || date.year > 2199 || !years_[date.year] || !months_[date.month]) {
    return false;
  }
  const std::string& in_month = question_.fields[3];
  const std::string& in_week = question_.fields[5];
  if (in_month == "?") {
    if (in_week == "L") return date.weekday == 7;
    if (in_week.find('#') != std::string::npos) {
      const auto parts = Split(in_week, '#');
      return date.weekday == Value(parts[0], kWeekdays, 1) &&
             (date.day - 1) / 7 + 1 == std::atoi(parts[1].c_str());
    }
    if (in_week.back() == 'L') {
      return date.weekday == Value(in_week.substr(0, in_week.size() - 1), kWeekdays, 1) &&
             date.day + 7 > date.length;
    }
    return Has(in_week, date.weekday, 1, 7, kWeekdays);
  }
  // The Monday to Friday of this month that is fewest days away from `day`.
  const auto nearest = [&date](int day) {
    int best = 0;
    for (int other = 1; other <= date.length; ++other) {
      const int weekday = (date.weekday - 1 + other - date.day + 700) % 7 + 1;
      if (weekday == 1 || weekday == 7) continue;
      if (best == 0 || std::abs(other - day) < std::abs(best - day)) best = other;
    }
    return best;
  };
  for (const std::string& item : Split(in_month, ',')) {
    if (item == "L") {
      if (date.day == date.length) return true;
    } else if (item == "LW") {
      if (date.day == nearest(date.length)) return true;
    } else if (item[0] == 'L') {
      if (date.day == date.length - std::atoi(item.c_str() + 2)) return true;
    } else if (item.back() == 'W') {
      const int day = std::atoi(item.c_str());
      if (day <= date.length && date.day == nearest(day)) return true;
    } else if (Has(item, date.day, 1, 31)) {
      return true;
    }
  }
  return false;
}

int ScheduleOracle::OffsetAt(std::int64_t instant) const {
  return question_.zone.At(absl::FromUnixSeconds(instant)).offset;
}

std::vector<int> ScheduleOracle::OffsetsAround(std::int64_t day) const {
  std::vector<int> offsets;
  for (std::int64_t at = day * kDay - 27 * 3600; at <= day * kDay + 51 * 3600; at += 3600) {
    const int offset = OffsetAt(at);
    if (std::find(offsets.begin(), offsets.end(), offset) == offsets.end()) {
      offsets.push_back(offset);
    }
  }
  return offsets;
}

std::int64_t ScheduleOracle::Resolve(std::int64_t local, const std::vector<int>& offsets) const {
  if (offsets.size() == 1) return local - offsets[0];
  std::optional<std::int64_t> earliest;
  for (const int offset : offsets) {
    const std::int64_t instant = local - offset;
    if (OffsetAt(instant) == offset) earliest = std::min(earliest.value_or(instant), instant);
  }
  if (earliest) return *earliest;
  // No clock shows it: forward by the gap, which is what the offset from before the gap says.
  const int ahead = *std::max_element(offsets.begin(), offsets.end());
  return local - OffsetAt(local - ahead);
}

std::optional<std::int64_t> ScheduleOracle::NextAfter(std::int64_t after) {
  after = std::max(after, question_.start - 1);
  std::optional<std::int64_t> best;
  const std::int64_t first_day = std::max<std::int64_t>(after / kDay - 3, -3);
  Date date = DateOf(first_day - question_.offset_days);  // of the base
  for (std::int64_t day = first_day; day <= kLastDay + question_.offset_days;
       ++day, date = DayAfter(date)) {
    if (!DayMatches(date)) continue;
    const std::vector<int> offsets = OffsetsAround(day);
    std::vector<int> base_offsets = offsets;
    if (question_.offset_days != 0) base_offsets = OffsetsAround(day - question_.offset_days);
    for (const int second : times_) {
      const std::int64_t instant = Resolve(day * kDay + second, offsets);
      if (instant <= after || (best && *best <= instant)) continue;
      if (question_.offset_days != 0) {
        const std::int64_t base =
            Resolve((day - question_.offset_days) * kDay + second, base_offsets);
        if (base <= question_.counts_from || base < question_.start) continue;
      }
      best = instant;
      if (offsets.size() == 1) break;
    }
    // Later days may hold an earlier instant only where the clocks change.
    if (best && (offsets.size() == 1 || day * kDay > *best + 3 * kDay)) break;
  }
  if (best && *best > question_.end) return std::nullopt;
  return best;
}

}  // namespace lull
