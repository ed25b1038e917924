#include "engine/schedule/schedule.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/schedule/describe.h"
#include "engine/schedule/scan.h"

namespace lull {
namespace {

/// Longer than any schedule that will ever be run, short enough that no sum overflows.
constexpr absl::Duration kMaxPeriod = absl::Hours(24 * 366 * 100);
constexpr std::int64_t kMaxOffsetDays = 6;
constexpr std::int64_t kSecondsADay = 24 * 60 * 60;

constexpr char kSyntax[] =
    "Schedule expressions must have the following syntax: "
    "rate(<number>\\s?(minutes?|hours?|days?)), "
    "cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).";

/// The text between `word(` and `)`, when that is what `text` is; the word in any case.
std::optional<std::string_view> Inside(std::string_view text, std::string_view word) {
  if (text.size() < word.size() + 2 || text.back() != ')' || text[word.size()] != '(')
    return std::nullopt;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (absl::ascii_tolower(text[i]) != word[i]) return std::nullopt;
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

/// `90 minutes`, `1 day`: in the longest unit that it is a whole number of.
std::string FormatPeriod(absl::Duration period) {
  const std::int64_t minutes = absl::ToInt64Minutes(period);
  const bool days = minutes % (24 * 60) == 0;
  const bool hours = minutes % 60 == 0;
  const std::int64_t number = days ? minutes / (24 * 60) : hours ? minutes / 60 : minutes;
  const char* unit = days ? "day" : hours ? "hour" : "minute";
  return absl::StrCat(number, " ", unit, number == 1 ? "" : "s");
}

/// `at`, within what cron expressions and their offsets reach.
absl::Time Clamp(absl::Time at) {
  constexpr absl::CivilDay kEarliest(CronExpression::kFirstYear, 1, 1);
  constexpr absl::CivilDay kLatest(CronExpression::kLastYear + 1, 1, 1);
  static const absl::Time earliest = absl::FromCivil(kEarliest - 7, absl::UTCTimeZone());
  static const absl::Time latest = absl::FromCivil(kLatest + 14, absl::UTCTimeZone());
  return std::clamp(at, earliest, latest);
}

/// The first whole second strictly after `at`.
std::int64_t SecondAfter(absl::Time at) { return absl::ToUnixSeconds(Clamp(at)) + 1; }

/// The first whole second at or after `at`.
std::int64_t SecondAtOrAfter(absl::Time at) {
  const std::int64_t before = absl::ToUnixSeconds(Clamp(at));
  return absl::FromUnixSeconds(before) >= Clamp(at) ? before : before + 1;
}

/// `time`, or the first microsecond after it.
absl::Time AtWholeMicrosecond(absl::Time time) {
  const absl::Time floor = absl::FromUnixMicros(absl::ToUnixMicros(time));
  return floor < time ? floor + absl::Microseconds(1) : floor;
}

}  // namespace

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
  bool takes_offset = false;
  if (const auto at = Inside(text.expression, "at")) {
    const auto local = ParseLocalDateTime(*at);
    if (!local) return Invalid("Invalid schedule at DateTime expression");
    const LocalTime time = ZoneClock(schedule.timezone_).Resolve(*local);
    schedule.expression_ = At{*local, absl::FromUnixSeconds(time.instant)};
  } else if (const auto rate = Inside(text.expression, "rate")) {
    LULL_ASSIGN_OR_RETURN(const absl::Duration period, ParsePeriod(*rate));
    const bool starts_later = schedule.start_ > text.counts_from;
    schedule.expression_.emplace<Rate>(Rate{
        period, AtWholeMicrosecond(starts_later ? schedule.start_ : text.counts_from + period)});
  } else if (const auto fields = Inside(text.expression, "cron")) {
    LULL_ASSIGN_OR_RETURN(CronExpression cron, CronExpression::Parse(*fields));
    takes_offset = cron.TakesOffset();
    schedule.expression_ = cron;
  } else {
    return Invalid(kSyntax);
  }
  if (text.offset) {
    if (!takes_offset || *text.offset < 1 || *text.offset > kMaxOffsetDays) {
      return Invalid("An offset can't be added to the specified schedule.");
    }
    schedule.offset_days_ = static_cast<int>(*text.offset);
    schedule.bases_ =
        ZoneClock(schedule.timezone_)
            .From(std::max(SecondAfter(text.counts_from), SecondAtOrAfter(schedule.start_)));
  }
  return schedule;
}

std::optional<absl::Time> Schedule::NextAfter(absl::Time after) const {
  ZoneClock clock(timezone_);
  return NextAfter(after, clock);
}

std::optional<absl::Time> Schedule::NextAfter(absl::Time after, ZoneClock& clock) const {
  if (after >= end_ || after == absl::InfiniteFuture()) return std::nullopt;
  std::optional<absl::Time> next;
  if (const auto* cron = std::get_if<CronExpression>(&expression_)) {
    next = NextCron(*cron, after, clock);
  } else if (const auto* rate = std::get_if<Rate>(&expression_)) {
    next = rate->first;
    if (*next <= after) {
      absl::Duration rest;
      const std::int64_t periods = absl::IDivDuration(after - rate->first, rate->period, &rest);
      next = rate->first + (periods + 1) * rate->period;
    }
  } else {
    next = std::get<At>(expression_).instant;
  }
  if (!next || *next <= after || *next < start_ || *next > end_) return std::nullopt;
  return next;
}

std::optional<absl::Time> Schedule::NextCron(const CronExpression& cron, absl::Time after,
                                             ZoneClock& clock) const {
  const LocalTimesFrom times = clock.From(std::max(SecondAfter(after), SecondAtOrAfter(start_)));
  std::optional<std::int64_t> next;
  const auto offer = [&](absl::CivilSecond local) {
    const LocalTime time = clock.Resolve(local);
    next = std::min(next.value_or(time.instant), time.instant);
    return time;
  };
  if (times.gap_from < times.gap_to) {
    const auto moved = NextLocal(cron, times.gap_from);
    if (moved && *moved < times.gap_to) offer(*moved);
  }
  if (const auto local = NextLocal(cron, times.from)) {
    const LocalTime time = offer(*local);
    // What is moved out of a gap may come after what the clocks show behind it.
    if (time.kind == LocalTime::Kind::kSkipped) {
      if (const auto shown = NextLocal(cron, time.gap_end)) offer(*shown);
    }
  }
  if (!next) return std::nullopt;
  return absl::FromUnixSeconds(*next);
}

std::optional<absl::CivilSecond> Schedule::NextLocal(const CronExpression& cron,
                                                     absl::CivilSecond from) const {
  if (offset_days_ == 0) return cron.NextAtOrAfter(from);
  const std::int64_t offset = offset_days_ * kSecondsADay;
  from -= offset;
  if (bases_.gap_from < bases_.gap_to && from < bases_.gap_to) {
    const auto base = cron.NextAtOrAfter(std::max(from, bases_.gap_from));
    if (base && *base < bases_.gap_to) return *base + offset;
  }
  const auto base = cron.NextAtOrAfter(std::max(from, bases_.from));
  if (!base) return std::nullopt;
  return *base + offset;
}

std::string Schedule::Canonical() const {
  if (const auto* at = std::get_if<At>(&expression_)) {
    return absl::StrCat("at(", FormatLocalDateTime(at->local), ")");
  }
  if (const auto* rate = std::get_if<Rate>(&expression_)) {
    return absl::StrCat("rate(", FormatPeriod(rate->period), ")");
  }
  return absl::StrCat("cron(", std::get<CronExpression>(expression_).Canonical(), ")");
}

std::string Schedule::Describe() const {
  std::string text;
  if (const auto* at = std::get_if<At>(&expression_)) {
    text = absl::StrCat("once, ", lull::Describe(at->local));
  } else if (const auto* rate = std::get_if<Rate>(&expression_)) {
    const std::string period = FormatPeriod(rate->period);
    text = absl::StrCat("every ", absl::StartsWith(period, "1 ") ? period.substr(2) : period);
  } else {
    text = lull::Describe(std::get<CronExpression>(expression_), offset_days_);
  }
  if (!std::holds_alternative<Rate>(expression_)) {
    absl::StrAppend(&text, ", ", TimezoneName(timezone_));
  }
  if (start_ != absl::InfinitePast()) {
    absl::StrAppend(&text, ", from ", FormatRfc3339(start_, timezone_));
  }
  if (end_ != absl::InfiniteFuture()) {
    absl::StrAppend(&text, ", until ", FormatRfc3339(end_, timezone_));
  }
  return text;
}

}  // namespace lull
