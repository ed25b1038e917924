#include "engine/schedule/schedule.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "engine/base/status.h"

namespace lull {
namespace {

constexpr std::size_t kMaxTimezoneBytes = 128;
/// Longer than any schedule that will ever be run, short enough that no sum overflows.
constexpr absl::Duration kMaxPeriod = absl::Hours(24 * 366 * 100);

constexpr char kSyntax[] =
    "Schedule expressions must have the following syntax: "
    "rate(<number>\\s?(minutes?|hours?|days?)), "
    "cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes exactly `width` digits off the front of `text`.
bool TakeDigits(std::string_view& text, std::size_t width, int& value) {
  if (text.size() < width) return false;
  value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!IsDigit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// `yyyy-MM-ddTHH:mm[:ss]`; refuses dates and times that no calendar has.
std::optional<absl::CivilSecond> TakeCivil(std::string_view& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TakeDigits(text, 4, year) || !Take(text, '-') || !TakeDigits(text, 2, month) ||
      !Take(text, '-') || !TakeDigits(text, 2, day) || !Take(text, 'T') ||
      !TakeDigits(text, 2, hour) || !Take(text, ':') || !TakeDigits(text, 2, minute)) {
    return std::nullopt;
  }
  if (Take(text, ':') && !TakeDigits(text, 2, second)) return std::nullopt;
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  // CivilSecond normalises; a date that changed was not a date.
  if (civil.month() != month || civil.day() != day || civil.hour() != hour ||
      civil.minute() != minute || civil.second() != second) {
    return std::nullopt;
  }
  return civil;
}

/// `+HH:MM` or `+HHMM`, 18 hours at most, as java.time has it.
std::optional<absl::Duration> TakeOffset(std::string_view& text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!TakeDigits(text, 2, hours)) return std::nullopt;
  Take(text, ':');
  if (!TakeDigits(text, 2, minutes) || hours > 18 || minutes > 59) return std::nullopt;
  const absl::Duration offset = absl::Hours(hours) + absl::Minutes(minutes);
  if (offset > absl::Hours(18)) return std::nullopt;
  return negative ? -offset : offset;
}

absl::StatusOr<absl::TimeZone> ParseTimezone(const std::string& name) {
  const auto bad = [&] {
    return Invalid(name,
                   " is a malformed timezone. Please refer to the IANA time zone database for a "
                   "valid timezones.");
  };
  if (name.empty() || name.size() > kMaxTimezoneBytes) return bad();
  std::string_view rest = name;
  if (const auto offset = TakeOffset(rest); offset && rest.empty()) {
    return absl::FixedTimeZone(static_cast<int>(absl::ToInt64Seconds(*offset)));
  }
  // A zone's name becomes a file's name below the zone database: only what such names are made of.
  if (!std::isalpha(static_cast<unsigned char>(name[0])) || name == "localtime") return bad();
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '+' &&
        c != '/')
      return bad();
  }
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) return bad();
  return zone;
}

/// The text between `word(` and `)`, when that is what `text` is; the word in any case.
std::optional<std::string_view> Inside(std::string_view text, std::string_view word) {
  if (text.size() < word.size() + 2 || text.back() != ')' || text[word.size()] != '(')
    return std::nullopt;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != word[i]) return std::nullopt;
  }
  return text.substr(word.size() + 1, text.size() - word.size() - 2);
}

absl::StatusOr<absl::Duration> ParsePeriod(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  std::string_view unit = text.substr(digits);
  if (digits == 0) return Invalid(kSyntax);
  Take(unit, ' ');
  absl::Duration each;
  if (unit == "minute" || unit == "minutes") {
    each = absl::Minutes(1);
  } else if (unit == "hour" || unit == "hours") {
    each = absl::Hours(1);
  } else if (unit == "day" || unit == "days") {
    each = absl::Hours(24);
  } else {
    return Invalid(kSyntax);
  }
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(text.substr(0, digits)), &number) || number < 1 ||
      number > kMaxPeriod / each) {
    return Invalid("Invalid schedule frequency");
  }
  return number * each;
}

}  // namespace

absl::StatusOr<absl::Time> ParseDateTime(std::string_view text) {
  const auto bad = [&] {
    return Invalid("DateTime ", ToAbsl(text.substr(0, 64)),
                   " is malformed, format either must contain an offset - e.g. "
                   "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'");
  };
  std::string_view rest = text;
  const auto civil = TakeCivil(rest);
  if (!civil) return bad();
  absl::Duration fraction;
  if (Take(rest, '.')) {
    absl::Duration unit = absl::Seconds(1);
    std::size_t digits = 0;
    for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1), ++digits) {
      unit /= 10;
      fraction += (rest.front() - '0') * unit;
    }
    if (digits == 0 || digits > 9) return bad();
  }
  absl::Duration offset;
  if (!Take(rest, 'Z')) {
    const auto taken = TakeOffset(rest);
    if (!taken) return bad();
    offset = *taken;
  }
  if (!rest.empty()) return bad();
  return absl::FromCivil(*civil, absl::UTCTimeZone()) + fraction - offset;
}

absl::StatusOr<Schedule> Schedule::Parse(const ScheduleText& text) {
  Schedule schedule;
  if (text.timezone) {
    LULL_ASSIGN_OR_RETURN(schedule.timezone_, ParseTimezone(*text.timezone));
  }
  if (text.start_date) {
    LULL_ASSIGN_OR_RETURN(schedule.start_, ParseDateTime(*text.start_date));
  }
  if (text.end_date) {
    LULL_ASSIGN_OR_RETURN(schedule.end_, ParseDateTime(*text.end_date));
  }
  if (text.start_date && text.end_date && schedule.start_ >= schedule.end_) {
    return Invalid("Window start date must be before window end date");
  }
  if (const auto at = Inside(text.expression, "at")) {
    std::string_view rest = *at;
    const auto civil = TakeCivil(rest);
    if (!civil || !rest.empty()) return Invalid("Invalid schedule at DateTime expression");
    // In a gap the local time moves forward by the gap, in an overlap the earlier of the two
    // counts: both are the offset from before the transition (java.time's rule, spec C.4).
    schedule.at_ = schedule.timezone_.At(*civil).pre;
  } else if (const auto rate = Inside(text.expression, "rate")) {
    LULL_ASSIGN_OR_RETURN(schedule.period_, ParsePeriod(*rate));
    schedule.first_ =
        schedule.start_ > text.rate_base ? schedule.start_ : text.rate_base + schedule.period_;
  } else if (Inside(text.expression, "cron")) {
    return Invalid("cron(...) schedules are not supported yet. Use at(yyyy-MM-dd'T'HH:mm:ss) or ",
                   "rate(<number> minutes|hours|days).");
  } else {
    return Invalid(kSyntax);
  }
  if (text.offset) return Invalid("An offset can't be added to the specified schedule.");
  return schedule;
}

std::optional<absl::Time> Schedule::NextAfter(absl::Time after) const {
  absl::Time next;
  if (at_) {
    next = *at_;
    if (next <= after) return std::nullopt;
  } else {
    next = first_;
    if (next <= after) {
      absl::Duration rest;
      const std::int64_t periods = absl::IDivDuration(after - first_, period_, &rest);
      next = first_ + (periods + 1) * period_;
    }
  }
  if (next < start_ || next > end_) return std::nullopt;
  return next;
}

absl::StatusOr<Schedule> ScheduleOf(const Window& window) {
  return Schedule::Parse({window.schedule, window.schedule_timezone, window.schedule_offset,
                          window.start_date, window.end_date, window.rate_base_at});
}

std::string FormatOccurrence(absl::Time at, absl::TimeZone zone) {
  const absl::TimeZone::CivilInfo info = zone.At(at);
  std::string text = absl::FormatTime("%Y-%m-%d%ET%H:%M", at, zone);
  const std::int64_t nanos = absl::ToInt64Nanoseconds(info.subsecond);
  if (info.cs.second() != 0 || nanos != 0)
    absl::StrAppend(&text, absl::FormatTime(":%S", at, zone));
  if (nanos != 0) {
    const char* format = nanos % 1000000 == 0 ? "%E3f" : nanos % 1000 == 0 ? "%E6f" : "%E9f";
    absl::StrAppend(&text, ".", absl::FormatTime(format, at, zone));
  }
  absl::StrAppend(&text, info.offset == 0 ? "Z" : absl::FormatTime("%Ez", at, zone));
  return text;
}

}  // namespace lull
