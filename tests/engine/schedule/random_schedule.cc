#include "tests/engine/schedule/random_schedule.h"

#include <algorithm>

namespace lull {
namespace {

const char kMonths[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
const char kWeekdays[] = "SUNMONTUEWEDTHUFRISAT";

}  // namespace

std::string RandomSchedule::Value(int min, int max, const std::string& names) {
  const int value = static_cast<int>(Between(min, max));
  if (names.empty() || OneIn(2))
    return OneIn(8) ? "0" + std::to_string(value) : std::to_string(value);
  std::string name = names.substr((value - min) * 3, 3);
  if (OneIn(3))
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return static_cast<char>(c + 32); });
  return name;
}

std::string RandomSchedule::Set(int min, int max, const std::string& names, bool wraps) {
  std::string text;
  const std::int64_t items = OneIn(3) ? Between(2, 4) : 1;
  for (std::int64_t i = 0; i < items; ++i) {
    if (i > 0) text += ',';
    const std::int64_t kind = Between(0, 9);
    if (kind <= 4) {
      text += Value(min, max, names);
    } else if (kind == 5) {
      text += "*";
    } else {
      if (kind == 6) {
        text += "*";
      } else if (kind == 7 || !wraps) {
        text += Value(min, max, names);
      } else {
        text += Value(min, max, names) + "-" + Value(min, max, names);
      }
      if (kind != 9) text += "/" + std::to_string(Between(1, std::min(max, max - min + 1)));
    }
  }
  return text;
}

std::string RandomSchedule::DaysOfMonth() {
  std::string text;
  const std::int64_t items = OneIn(4) ? Between(2, 3) : 1;
  for (std::int64_t i = 0; i < items; ++i) {
    if (i > 0) text += ',';
    switch (Between(0, 7)) {
      case 0:
        text += OneIn(2) ? "L" : "l";
        break;
      case 1:
        text += "LW";
        break;
      case 2:
        text += "L-" + std::to_string(Between(0, 30));
        break;
      case 3:
        text += Value(1, 31, "") + "W";
        break;
      default:
        text += Set(1, 31, "", true);
    }
  }
  return text;
}

std::string RandomSchedule::DaysOfWeek() {
  switch (Between(0, 5)) {
    case 0:
      return "L";
    case 1:
      return Value(1, 7, kWeekdays) + "L";
    case 2:
    case 3:
      return Value(1, 7, kWeekdays) + "#" + std::to_string(Between(1, 5));
    default:
      return Set(1, 7, kWeekdays, true);
  }
}

std::string RandomSchedule::Years() {
  if (!OneIn(5)) return "*";
  const std::int64_t first = Between(1970, 2199);
  switch (Between(0, 3)) {
    case 0:
      return std::to_string(first);
    case 1:
      return std::to_string(first) + "-" + std::to_string(Between(first, 2199));
    case 2:
      return std::to_string(first) + "/" + std::to_string(Between(1, 30));
    default:
      return "*/" + std::to_string(Between(1, 30)) + "," + std::to_string(first);
  }
}

std::vector<std::string> RandomSchedule::Fields() {
  std::vector<std::string> fields(7, "*");
  // Mostly few times a day, often about when clocks change, sometimes very many.
  fields[0] = OneIn(20) ? Set(0, 59, "", true) : "0";
  fields[1] = OneIn(4) ? "*/" + std::to_string(Between(1, 30)) : Set(0, 59, "", true);
  fields[2] = OneIn(4) ? Value(0, 4, "") : Set(0, 23, "", true);
  fields[3] = "?";
  fields[4] = OneIn(2) ? "*" : Set(1, 12, kMonths, true);
  fields[5] = "?";
  if (OneIn(3)) {
    fields[OneIn(2) ? 3 : 5] = "*";
  } else if (OneIn(2)) {
    fields[3] = DaysOfMonth();
  } else {
    fields[5] = DaysOfWeek();
  }
  fields[6] = Years();
  return fields;
}

}  // namespace lull
