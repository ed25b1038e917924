#include "engine/schedule/cron.h"

#include <algorithm>
#include <bit>

namespace lull {
namespace {

constexpr std::uint32_t kAllDays = 0xFFFFFFFE;  // bits 1..31

/// The lowest bit of `bits` at or above `from`; -1 when there is none. REQUIRES: `from` <= 63.
int NextBit(std::uint64_t bits, int from) {
  const std::uint64_t rest = bits >> from;
  return rest == 0 ? -1 : from + std::countr_zero(rest);
}

/// 1 is Sunday, as in the expressions.
int WeekdayOf(absl::CivilDay day) { return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7 + 1; }

int LengthOf(absl::CivilMonth month) {
  if (month.month() == 2) {
    const auto year = month.year();
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  }
  constexpr std::uint64_t kLong = 0b1'0101'1010'1010;  // bits 1..12: 31 days
  return 30 + static_cast<int>(kLong >> month.month() & 1);
}

/// The weekday (Monday to Friday) nearest to `day` within a month of `length` days.
int NearestWeekday(int day, int weekday, int length) {
  if (weekday == 7) return day > 1 ? day - 1 : day + 2;       // Saturday
  if (weekday == 1) return day < length ? day + 1 : day - 2;  // Sunday
  return day;
}

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
};

/// The first time of day at or after `from` that the three sets allow.
std::optional<TimeOfDay> NextTime(std::uint64_t hours, std::uint64_t minutes, std::uint64_t seconds,
                                  TimeOfDay from) {
  int hour = NextBit(hours, from.hour);
  if (hour == from.hour) {
    int minute = NextBit(minutes, from.minute);
    if (minute == from.minute) {
      const int second = NextBit(seconds, from.second);
      if (second >= 0) return TimeOfDay{hour, minute, second};
      minute = NextBit(minutes, from.minute + 1);
    }
    if (minute >= 0) return TimeOfDay{hour, minute, NextBit(seconds, 0)};
    hour = NextBit(hours, from.hour + 1);
  }
  if (hour < 0) return std::nullopt;
  return TimeOfDay{hour, NextBit(minutes, 0), NextBit(seconds, 0)};
}

}  // namespace

std::uint32_t CronExpression::DaysOf(absl::CivilMonth month) const {
  const int length = LengthOf(month);
  const std::uint32_t present = kAllDays & (~0u >> (31 - length));
  const auto* in_month = std::get_if<DaysOfMonth>(&days_);
  if (in_month != nullptr && in_month->days == kAllDays) return present;
  const int first_weekday = WeekdayOf(absl::CivilDay(month));
  const auto weekday_of = [&](int day) { return (first_weekday - 1 + day - 1) % 7 + 1; };

  if (in_month != nullptr) {
    std::uint32_t days = in_month->days;
    for (int day = NextBit(in_month->near, 1); day >= 0 && day <= length;
         day = NextBit(in_month->near, day + 1)) {
      days |= 1u << NearestWeekday(day, weekday_of(day), length);
    }
    for (int before = NextBit(in_month->before_last, 0); before >= 0 && before < length;
         before = NextBit(in_month->before_last, before + 1)) {
      days |= 1u << (length - before);
    }
    if (in_month->last_weekday) days |= 1u << NearestWeekday(length, weekday_of(length), length);
    return days & present;
  }

  const auto& in_week = std::get<DaysOfWeek>(days_);
  std::uint32_t days = 0;
  for (int weekday = NextBit(in_week.days, 1); weekday >= 0;
       weekday = NextBit(in_week.days, weekday + 1)) {
    const int first = 1 + (weekday - first_weekday + 7) % 7;
    const std::uint32_t all = (0x10204081u << first) & present;  // every seventh from the first
    switch (in_week.which) {
      case DaysOfWeek::Which::kEvery:
      case DaysOfWeek::Which::kEnding:
        days |= all;
        break;
      case DaysOfWeek::Which::kNth:
        days |= all & (1u << std::min(first + 7 * (in_week.nth - 1), 31));
        break;
      case DaysOfWeek::Which::kLast:
        days |= std::bit_floor(all);
        break;
    }
  }
  return days;
}

std::optional<absl::CivilDay> CronExpression::NextDay(absl::CivilDay from) const {
  std::uint32_t not_before = ~0u << from.day();
  int first_month = from.month();
  for (auto year = from.year(); year <= kLastYear; ++year) {
    if (years_[year - kFirstYear]) {
      for (int month = NextBit(months_, first_month); month >= 0;
           month = NextBit(months_, month + 1)) {
        if (month != first_month) not_before = ~0u;
        const std::uint32_t days = DaysOf(absl::CivilMonth(year, month)) & not_before;
        if (days != 0) return absl::CivilDay(year, month, std::countr_zero(days));
      }
    }
    first_month = 1;
    not_before = ~0u;
  }
  return std::nullopt;
}

std::optional<absl::CivilSecond> CronExpression::NextAtOrAfter(absl::CivilSecond from) const {
  from = std::max(from, absl::CivilSecond(kFirstYear));
  auto day = NextDay(absl::CivilDay(from));
  if (!day) return std::nullopt;
  TimeOfDay earliest;
  if (*day == absl::CivilDay(from)) earliest = {from.hour(), from.minute(), from.second()};
  auto time = NextTime(hours_, minutes_, seconds_, earliest);
  if (!time) {
    day = NextDay(*day + 1);
    if (!day) return std::nullopt;
    time = NextTime(hours_, minutes_, seconds_, {});
  }
  return absl::CivilSecond(day->year(), day->month(), day->day(), time->hour, time->minute,
                           time->second);
}

bool CronExpression::Matches(absl::CivilSecond at) const { return NextAtOrAfter(at) == at; }

bool CronExpression::TakesOffset() const {
  const auto* in_week = std::get_if<DaysOfWeek>(&days_);
  return in_week != nullptr && in_week->which != DaysOfWeek::Which::kEvery;
}

}  // namespace lull
