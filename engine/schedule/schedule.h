#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "engine/schedule/cron.h"
#include "engine/schedule/date_time.h"
#include "engine/schedule/time_zone.h"
#include "engine/schedule/zone_clock.h"

namespace lull {

/// What says when a window opens, as the API was given it (spec C).
struct ScheduleText {
  std::string expression;               ///< cron(...), rate(...) or at(...)
  std::optional<std::string> timezone;  ///< IANA name or +HH:MM; UTC when absent
  std::optional<std::int64_t> offset;   ///< days from 1 to 6; needs cron with # or L in its weekday
  std::optional<std::string> start_date;
  std::optional<std::string> end_date;
  /// When the schedule came to be: rate(...) counts from it, and with an offset only what cron(...)
  /// matches after it.
  absl::Time counts_from;
};

/// A schedule that was read and found good: a value, pure, without a clock. Thread-safe.
///
/// Its occurrences here are instants: where each begins, in whole microseconds, so that a store can
/// keep them. How long one lasts is the window's affair.
class Schedule {
 public:
  /// Reads and checks all of `text`. Errors: kInvalidArgument with the API's own sentence.
  static absl::StatusOr<Schedule> Parse(const ScheduleText& text);

  /// The first occurrence strictly after `after`, within [StartDate, EndDate]; nothing when there
  /// is none. Any instant may be asked for, the infinite ones too. Bounded: well under a
  /// millisecond where nothing ever comes. To walk over many, Occurrences is quicker.
  std::optional<absl::Time> NextAfter(absl::Time after) const;

  absl::TimeZone timezone() const { return timezone_; }

  /// The expression in one form, however its fields were written: `cron(0 2 ? * THU#3 *)`. Parse
  /// reads it back, with the rest of the text unchanged, as a schedule of the same occurrences.
  /// Days that only the calendar makes equal (31 and L in January) stay apart. Sets without a
  /// pattern are listed: it can be longer than the 256 bytes that the API takes.
  std::string Canonical() const;

  /// A sentence for people: `at 02:00 on the third Thursday of every month, America/New_York`.
  std::string Describe() const;

 private:
  friend class Occurrences;
  struct At {
    absl::CivilSecond local;
    absl::Time instant;
  };
  struct Rate {
    absl::Duration period;
    absl::Time first;
  };

  std::optional<absl::Time> NextAfter(absl::Time after, ZoneClock& clock) const;
  std::optional<absl::Time> NextCron(const CronExpression& cron, absl::Time after,
                                     ZoneClock& clock) const;
  /// The first match at or after `from`, moved by the offset, whose own match counts.
  std::optional<absl::CivilSecond> NextLocal(const CronExpression& cron,
                                             absl::CivilSecond from) const;

  std::variant<At, Rate, CronExpression> expression_;
  int offset_days_ = 0;
  LocalTimesFrom bases_;  ///< with an offset: the matches that count
  absl::Time start_ = absl::InfinitePast();
  absl::Time end_ = absl::InfiniteFuture();
  absl::TimeZone timezone_;
};

/// Walks over a schedule's occurrences in order, at a few dozen nanoseconds each. Owns a copy of
/// the schedule. Not thread-safe.
class Occurrences {
 public:
  /// Begins with the first one strictly after `after`.
  Occurrences(Schedule schedule, absl::Time after)
      : schedule_(std::move(schedule)), clock_(schedule_.timezone_), last_(after) {}

  /// The next one, later than the one before; nothing when there are no more, then and ever after.
  std::optional<absl::Time> Next() {
    const auto next = schedule_.NextAfter(last_, clock_);
    if (next) last_ = *next;
    return next;
  }

 private:
  Schedule schedule_;
  ZoneClock clock_;
  absl::Time last_;
};

}  // namespace lull
