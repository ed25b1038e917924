// Prints cron expressions so that cron_parse.cc reads them back.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/schedule/cron.h"
#include "engine/schedule/values.h"

namespace lull {
namespace {

constexpr const char* kMonths[] = {"",    "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr const char* kWeekdays[] = {"", "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Field {
  int min;
  int max;
  const char* const* names = nullptr;
  bool wraps = true;

  std::string Name(int value) const {
    return names == nullptr ? absl::StrCat(value) : std::string(names[value]);
  }
};

/// `*`, `*/5`, `3/10`, `8-17`, `22-3`, `1-9/2` or a list of values and ranges.
std::string Print(const std::vector<int>& values, const Field& field) {
  if (static_cast<int>(values.size()) == field.max - field.min + 1) return "*";
  Stretch found;
  if (field.names == nullptr && IsStepped(values, found) && found.step > 1) {
    if (found.last + found.step <= field.max) {
      return absl::StrCat(found.first, "-", found.last, "/", found.step);
    }
    if (found.first == field.min) return absl::StrCat("*/", found.step);
    return absl::StrCat(found.first, "/", found.step);
  }
  if (field.wraps && IsWrapped(values, field.min, field.max, found)) {
    return absl::StrCat(field.Name(found.first), "-", field.Name(found.last));
  }
  return absl::StrJoin(StretchesOf(values), ",", [&](std::string* out, const Stretch& part) {
    absl::StrAppend(out, field.Name(part.first));
    if (part.last > part.first) {
      absl::StrAppend(out, part.last > part.first + 1 ? "-" : ",", field.Name(part.last));
    }
  });
}

std::string Print(const DaysOfMonth& days) {
  std::vector<std::string> items;
  if (days.days != 0) items.push_back(Print(ValuesOf(days.days), {1, 31}));
  for (const int day : ValuesOf(days.near)) items.push_back(absl::StrCat(day, "W"));
  for (const int before : ValuesOf(days.before_last)) {
    items.push_back(before == 0 ? "L" : absl::StrCat("L-", before));
  }
  if (days.last_weekday) items.push_back("LW");
  return absl::StrJoin(items, ",");
}

std::string Print(const DaysOfWeek& days) {
  const std::string text = Print(ValuesOf(days.days), {1, 7, kWeekdays});
  switch (days.which) {
    case DaysOfWeek::Which::kEvery:
      return text;
    case DaysOfWeek::Which::kEnding:
      return "L";
    case DaysOfWeek::Which::kNth:
      return absl::StrCat(text, "#", days.nth);
    case DaysOfWeek::Which::kLast:
      break;
  }
  return absl::StrCat(text, "L");
}

}  // namespace

std::string CronExpression::Canonical() const {
  std::string text;
  if (seconds_ != 1) absl::StrAppend(&text, Print(ValuesOf(seconds_), {0, 59}), " ");
  absl::StrAppend(&text, Print(ValuesOf(minutes_), {0, 59}), " ", Print(ValuesOf(hours_), {0, 23}),
                  " ");
  const auto* in_month = std::get_if<DaysOfMonth>(&days_);
  const auto* in_week = std::get_if<DaysOfWeek>(&days_);
  absl::StrAppend(&text, in_month != nullptr ? Print(*in_month) : "?", " ");
  absl::StrAppend(&text, Print(ValuesOf(months_), {1, 12, kMonths}), " ");
  absl::StrAppend(&text, in_week != nullptr ? Print(*in_week) : "?", " ");
  absl::StrAppend(&text, Print(ValuesOf(years_), {kFirstYear, kLastYear, nullptr, false}));
  return text;
}

}  // namespace lull
