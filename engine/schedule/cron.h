#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace lull {

/// Days of the month that match: the union of these.
struct DaysOfMonth {
  std::uint32_t days = 0;         ///< bits 1..31
  std::uint32_t near = 0;         ///< bits 1..31: the weekday (Monday to Friday) nearest, `15W`
  std::uint32_t before_last = 0;  ///< bits 0..30: so many days before the last, `L-3`
  bool last_weekday = false;      ///< `LW`

  friend bool operator==(const DaysOfMonth&, const DaysOfMonth&) = default;
};

/// Days of the week that match.
struct DaysOfWeek {
  enum class Which {
    kEvery,   ///< each of the days
    kEnding,  ///< the same, written as `L`: the last day of each week, Saturday
    kNth,     ///< `THU#3`: the nth of the month
    kLast,    ///< `THUL`: the last of the month
  };
  std::uint8_t days = 0;  ///< bits 1 (Sunday) to 7; one of them unless kEvery
  Which which = Which::kEvery;
  int nth = 0;  ///< 1..5, of kNth

  friend bool operator==(const DaysOfWeek&, const DaysOfWeek&) = default;
};

/// The inside of cron(...): which local times match (spec C.2). A small value, pure and
/// thread-safe; it knows nothing of zones.
///
/// Each field is a set of bits: bit n says that n matches. docs/time.md has the grammar.
class CronExpression {
 public:
  static constexpr int kFirstYear = 1970;
  static constexpr int kLastYear = 2199;

  /// Reads `fields`, six or seven of them (seconds first). Error: kInvalidArgument with the API's
  /// text (spec C.1).
  static absl::StatusOr<CronExpression> Parse(std::string_view fields);

  bool Matches(absl::CivilSecond at) const;

  /// The first local time at or after `from` that matches; nothing when there is none up to the end
  /// of 2199. Bounded: looks at each month once.
  std::optional<absl::CivilSecond> NextAtOrAfter(absl::CivilSecond from) const;

  /// One form for each value, however it was written: six fields where seconds are 0, names for
  /// days of the week and months, `?` where it belongs. Parse reads it back as an equal value.
  std::string Canonical() const;

  /// Whether ScheduleOffset may be added: the day of the week has `#` or `L` (spec A.1).
  bool TakesOffset() const;

  std::uint64_t seconds() const { return seconds_; }  ///< bits 0..59
  std::uint64_t minutes() const { return minutes_; }  ///< bits 0..59
  std::uint64_t hours() const { return hours_; }      ///< bits 0..23
  std::uint64_t months() const { return months_; }    ///< bits 1..12
  /// Bit n is the year kFirstYear + n.
  using Years = std::bitset<kLastYear - kFirstYear + 1>;
  const Years& years() const { return years_; }
  /// The field that is not `?`. Every day of the week is every day of the month.
  using Days = std::variant<DaysOfMonth, DaysOfWeek>;
  const Days& days() const { return days_; }

  friend bool operator==(const CronExpression&, const CronExpression&) = default;

 private:
  /// The days of `month` that match, bits 1..31.
  std::uint32_t DaysOf(absl::CivilMonth month) const;
  std::optional<absl::CivilDay> NextDay(absl::CivilDay from) const;

  std::uint64_t seconds_ = 0;
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t months_ = 0;
  Years years_;
  Days days_;
};

}  // namespace lull
