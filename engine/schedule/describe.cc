#include "engine/schedule/describe.h"

#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/schedule/date_time.h"
#include "engine/schedule/values.h"

namespace lull {
namespace {

/// So many times of day are listed; more are told as a pattern.
constexpr std::size_t kMaxTimesListed = 6;
/// From so many on, values with even steps between them are told as `every 10th ...`.
constexpr std::size_t kMinStepped = 4;

constexpr const char* kMonths[] = {"",        "January",  "February", "March",  "April",
                                   "May",     "June",     "July",     "August", "September",
                                   "October", "November", "December"};
constexpr const char* kWeekdays[] = {"",          "Sunday",   "Monday", "Tuesday",
                                     "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* kNth[] = {"", "first", "second", "third", "fourth", "fifth"};

/// `02:00`, `02:00:30`.
std::string TimeOfDay(int hour, int minute, int second) {
  if (second == 0) return absl::StrFormat("%02d:%02d", hour, minute);
  return absl::StrFormat("%02d:%02d:%02d", hour, minute, second);
}

std::string Ordinal(int number) {
  const int last = number / 10 % 10 == 1 ? 0 : number % 10;
  return absl::StrCat(number, last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

/// `a`, `a and b`, `a, b and c`.
std::string Listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) absl::StrAppend(&text, i + 1 == items.size() ? " and " : ", ");
    absl::StrAppend(&text, items[i]);
  }
  return text;
}

/// Values and stretches of them, each value as `name` has it: `1, 5 through 9 and 11`.
template <class Name>
std::vector<std::string> Items(const std::vector<Stretch>& stretches, const Name& name) {
  std::vector<std::string> items;
  for (const Stretch& stretch : stretches) {
    const bool two = stretch.last == stretch.first + 1;
    if (stretch.first == stretch.last || two) items.push_back(name(stretch.first));
    if (two) items.push_back(name(stretch.last));
    if (stretch.last != stretch.first && !two) {
      items.push_back(absl::StrCat(name(stretch.first), " through ", name(stretch.last)));
    }
  }
  return items;
}

/// Whether `values` are three or more neighbours, the field's end joined to its beginning.
bool IsOneStretch(const std::vector<int>& values, int min, int max, Stretch& found) {
  return (IsStepped(values, found) && found.step == 1) || IsWrapped(values, min, max, found);
}

bool IsManyStepped(const std::vector<int>& values, Stretch& found) {
  return values.size() >= kMinStepped && IsStepped(values, found) && found.step > 1;
}

/// One of the fields that count in a time of day.
struct TimeField {
  const char* unit;
  int size;
  std::vector<int> values;

  bool all() const { return values.size() == static_cast<std::size_t>(size); }
  bool zero() const { return values.size() == 1 && values[0] == 0; }

  /// `minute 5`, `minutes 1, 2 and 7`, `every 10th minute from 1 through 51`.
  std::string Members() const {
    Stretch found;
    if (IsManyStepped(values, found)) {
      return absl::StrCat("every ", Ordinal(found.step), " ", unit, " from ", found.first,
                          " through ", found.last);
    }
    const auto items = Items(StretchesOf(values), [](int value) { return absl::StrCat(value); });
    return absl::StrCat(unit, values.size() == 1 ? " " : "s ", Listed(items));
  }

  /// Whether the values come round evenly, over and over: `every 5 minutes`.
  bool Evenly(int& step) const {
    step = size / static_cast<int>(values.size());
    if (size % step != 0) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != static_cast<int>(i) * step) return false;
    }
    return static_cast<int>(values.size()) * step == size && values.size() > 1;
  }

  std::string Often() const {
    int step = 1;
    if (!Evenly(step)) return absl::StrCat("at ", Members());
    return step == 1 ? absl::StrCat("every ", unit) : absl::StrCat("every ", step, " ", unit, "s");
  }
};

/// `from 08:00 through 17:59`, `of hours 8, 12 and 17`.
std::string WithinHours(const TimeField& hours) {
  Stretch found;
  const auto stretches = StretchesOf(hours.values);
  const bool wrapped = IsWrapped(hours.values, 0, 23, found);
  if (!wrapped && stretches.size() != 1) return absl::StrCat(" of ", hours.Members());
  if (!wrapped) found = stretches[0];
  return absl::StrCat(" from ", TimeOfDay(found.first, 0, 0), " through ",
                      TimeOfDay(found.last, 59, 0));
}

/// `at 02:00 and 14:00`: all of them.
std::string ListTimes(const TimeField& hours, const TimeField& minutes, const TimeField& seconds) {
  std::vector<std::string> times;
  for (const int hour : hours.values) {
    for (const int minute : minutes.values) {
      for (const int second : seconds.values) times.push_back(TimeOfDay(hour, minute, second));
    }
  }
  return absl::StrCat("at ", Listed(times));
}

/// When in a day.
struct TimesText {
  std::string text;         ///< `at 02:00`, `every 5 minutes`, `at minute 15 of every hour`
  bool is_pattern = false;  ///< not a list of times
  bool round_the_clock = false;
};

TimesText Times(const TimeField& hours, const TimeField& minutes, const TimeField& seconds) {
  const std::size_t in_an_hour = minutes.values.size() * seconds.values.size();
  if (in_an_hour * hours.values.size() <= kMaxTimesListed) {
    return {ListTimes(hours, minutes, seconds)};
  }
  Stretch found;
  if (in_an_hour == 1) {
    const int minute = minutes.values[0], second = seconds.values[0];
    int step = 1;
    if (minute == 0 && second == 0 && hours.Evenly(step)) return {hours.Often(), true, true};
    if (!hours.all() && !IsStepped(hours.values, found)) {
      return {ListTimes(hours, minutes, seconds)};
    }
    if (!hours.all()) {
      return {absl::StrCat("every ", found.step == 1 ? "hour" : absl::StrCat(found.step, " hours"),
                           " from ", TimeOfDay(found.first, minute, second), " through ",
                           TimeOfDay(found.last, minute, second)),
              true, false};
    }
  }
  if (hours.values.size() == 1 && seconds.values.size() == 1 && IsStepped(minutes.values, found)) {
    const int hour = hours.values[0], second = seconds.values[0];
    return {
        absl::StrCat("every ", found.step == 1 ? "minute" : absl::StrCat(found.step, " minutes"),
                     " from ", TimeOfDay(hour, found.first, second), " through ",
                     TimeOfDay(hour, found.last, second)),
        true, false};
  }
  // From the smallest field up; once it says `every`, larger fields that leave nothing out are not
  // named.
  const TimeField& smallest = seconds.zero() ? minutes : seconds;
  int step = 1;
  bool says_every = smallest.Evenly(step);
  std::string text = smallest.Often();
  if (!seconds.zero() && !minutes.all()) {
    absl::StrAppend(&text, " of ", minutes.Members());
    says_every = false;
  } else if (!seconds.zero() && !says_every) {
    absl::StrAppend(&text, " of every minute");
    says_every = true;
  }
  if (!says_every && hours.values.size() == 1) {
    return {absl::StrCat(text, " of the hour from ", TimeOfDay(hours.values[0], 0, 0)), true,
            false};
  }
  const bool one_piece =
      StretchesOf(hours.values).size() == 1 || IsWrapped(hours.values, 0, 23, found);
  if (!says_every && one_piece) absl::StrAppend(&text, " of every hour");
  if (!hours.all()) absl::StrAppend(&text, WithinHours(hours));
  return {text, true, hours.all()};
}

std::string MonthName(int month) { return kMonths[month]; }

std::string Months(const std::vector<int>& months) {
  return Listed(Items(StretchesOf(months), MonthName));
}

/// ` from November through February`, ` in June and July`, nothing for all of them.
std::string InMonths(const std::vector<int>& months) {
  Stretch found;
  if (months.size() == 12) return "";
  if (!IsOneStretch(months, 1, 12, found)) return absl::StrCat(" in ", Months(months));
  return absl::StrCat(" from ", MonthName(found.first), " through ", MonthName(found.last));
}

std::string WeekdayName(int day) { return kWeekdays[day]; }

std::string Weekdays(const std::vector<int>& days) {
  Stretch found;
  if (IsWrapped(days, 1, 7, found)) return Listed(Items({found}, WeekdayName));
  return Listed(Items(StretchesOf(days), WeekdayName));
}

/// A kind of day in each month.
struct DayText {
  std::string day;         ///< `the third Thursday`
  const char* where = "";  ///< ` that has one`: there are months without
};

/// `every month from June through August that has one`, `June and July`.
std::string MonthsOf(const DayText& text, const std::vector<int>& months) {
  Stretch found;
  if (months.size() < 12 && !IsOneStretch(months, 1, 12, found)) return Months(months);
  return absl::StrCat("every month", InMonths(months), text.where);
}

DayText DaysText(const DaysOfMonth& days) {
  const std::vector<int> plain = ValuesOf(days.days);
  const std::vector<int> near = ValuesOf(days.near);
  const std::vector<int> before_last = ValuesOf(days.before_last);
  Stretch found;
  const std::size_t count = plain.size() + near.size() + before_last.size() + days.last_weekday;
  const bool all_plain = plain.size() == count;
  if (all_plain && IsManyStepped(plain, found)) {
    return {absl::StrCat("every ", Ordinal(found.step), " day from the ", Ordinal(found.first),
                         " through the ", Ordinal(found.last))};
  }
  std::vector<std::string> items = Items(StretchesOf(plain), Ordinal);
  for (const int day : near) {
    items.push_back(absl::StrCat("weekday nearest the ", Ordinal(day)));
  }
  for (const int before : before_last) {
    items.push_back(before == 0 ? "last day" : absl::StrCat(Ordinal(before + 1), "-to-last day"));
  }
  if (days.last_weekday) items.push_back("last weekday");
  if (!all_plain) {
    for (std::size_t i = 1; i < items.size(); ++i) items[i].insert(0, "the ");
  }
  const bool rare = (!plain.empty() && plain.back() > 28) || (!near.empty() && near.back() > 28) ||
                    (!before_last.empty() && before_last.back() > 27);
  return {absl::StrCat("the ", Listed(items)), !rare        ? ""
                                               : count == 1 ? " that has one"
                                                            : ", where they exist"};
}

DayText DaysText(const DaysOfWeek& days) {
  const std::string name = Weekdays(ValuesOf(days.days));
  if (days.which == DaysOfWeek::Which::kLast) return {absl::StrCat("the last ", name)};
  return {absl::StrCat("the ", kNth[days.nth], " ", name), days.nth == 5 ? " that has one" : ""};
}

/// Which days, to stand behind the time: ` on the third Thursday of every month`.
std::string Days(const CronExpression& cron, const TimesText& times, int offset_days) {
  const std::vector<int> months = ValuesOf(cron.months());
  const std::string in_months = InMonths(months);
  const std::string after =
      offset_days == 0
          ? ""
          : absl::StrCat(", ", offset_days, offset_days == 1 ? " day" : " days", " after");
  const auto* in_month = std::get_if<DaysOfMonth>(&cron.days());
  const auto* in_week = std::get_if<DaysOfWeek>(&cron.days());
  if (in_month != nullptr && ValuesOf(in_month->days).size() == 31) {
    return absl::StrCat(times.round_the_clock ? ""
                        : times.is_pattern    ? ", every day"
                                              : " every day",
                        in_months);
  }
  if (in_week != nullptr && (in_week->which == DaysOfWeek::Which::kEvery ||
                             in_week->which == DaysOfWeek::Which::kEnding)) {
    return absl::StrCat(!after.empty()     ? after
                        : times.is_pattern ? ","
                                           : "",
                        " every ", Weekdays(ValuesOf(in_week->days)), in_months);
  }
  const DayText text = in_month != nullptr ? DaysText(*in_month) : DaysText(*in_week);
  return absl::StrCat(after.empty() ? " on" : after, " ", text.day, " of ", MonthsOf(text, months));
}

std::string Years(const std::vector<int>& years) {
  Stretch found;
  if (IsManyStepped(years, found)) {
    return absl::StrCat("in every ", Ordinal(found.step), " year from ", found.first, " through ",
                        found.last);
  }
  if (years.back() == CronExpression::kLastYear && StretchesOf(years).size() == 1 &&
      years.size() > 1) {
    return absl::StrCat("from ", years.front(), " on");
  }
  if (IsStepped(years, found) && found.step == 1) {
    return absl::StrCat("from ", found.first, " through ", found.last);
  }
  return absl::StrCat(
      "in ", Listed(Items(StretchesOf(years), [](int year) { return absl::StrCat(year); })));
}

}  // namespace

std::string Describe(absl::CivilSecond at) {
  return absl::StrCat("at ", TimeOfDay(at.hour(), at.minute(), at.second()), " on ",
                      FormatLocalDateTime(at).substr(0, 10));
}

std::string Describe(const CronExpression& cron, int offset_days) {
  const TimeField hours{"hour", 24, ValuesOf(cron.hours())};
  const TimeField minutes{"minute", 60, ValuesOf(cron.minutes())};
  const TimeField seconds{"second", 60, ValuesOf(cron.seconds())};
  const TimesText times = Times(hours, minutes, seconds);
  std::string text = absl::StrCat(times.text, Days(cron, times, offset_days));
  if (!cron.years().all()) absl::StrAppend(&text, ", ", Years(ValuesOf(cron.years())));
  return text;
}

}  // namespace lull
