#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace lull {

/// What a schedule with a cron expression must answer, found the slow and obvious way: walk the
/// days, test the day fields; in days that match walk the seconds. Shares nothing with
/// engine/schedule: it reads the fields itself, has a calendar of its own, and asks the zone only
/// what its offset is at an instant. The rules are those of docs/time.md.
///
/// All instants are seconds since 1970-01-01T00:00:00Z.
class ScheduleOracle {
 public:
  struct Question {
    std::vector<std::string> fields;  ///< seven, seconds first
    absl::TimeZone zone;
    int offset_days = 0;
    std::int64_t counts_from = 0;  ///< with an offset
    std::int64_t start = 0;        ///< StartDate
    std::int64_t end = 0;          ///< EndDate
  };

  /// REQUIRES: the fields are good.
  explicit ScheduleOracle(const Question& question);

  std::optional<std::int64_t> NextAfter(std::int64_t after);

 private:
  struct Date {
    std::int64_t year;
    int month;
    int day;
    int weekday;  ///< 1 is Sunday
    int length;   ///< of the month
  };

  static Date DateOf(std::int64_t day);
  static Date DayAfter(Date date);
  bool DayMatches(const Date& date) const;
  int OffsetAt(std::int64_t instant) const;
  /// The offsets that the zone has while any clock on earth may show `day`, an hour more on each
  /// side.
  std::vector<int> OffsetsAround(std::int64_t day) const;
  std::int64_t Resolve(std::int64_t local, const std::vector<int>& offsets) const;

  Question question_;
  std::vector<char> months_, years_;  ///< by value: does it match?
  std::vector<int> times_;            ///< the seconds of a day that match
};

}  // namespace lull
