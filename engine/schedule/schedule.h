#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/definitions.h"

namespace lull {

/// What says when a window opens, as the API was given it (spec C).
struct ScheduleText {
  std::string expression;               ///< at(...) or rate(...)
  std::optional<std::string> timezone;  ///< IANA name or +HH:MM; UTC when absent
  std::optional<std::int64_t> offset;   ///< days; needs a cron expression
  std::optional<std::string> start_date;
  std::optional<std::string> end_date;
  absl::Time rate_base;  ///< what rate(...) counts from
};

/// A schedule that was read and found good: a value, pure, without a clock.
class Schedule {
 public:
  /// Reads and checks all of `text`. Errors: kInvalidArgument with the API's own sentence.
  static absl::StatusOr<Schedule> Parse(const ScheduleText& text);

  /// The first occurrence strictly after `after`, within [StartDate, EndDate]; nothing when there
  /// is none.
  std::optional<absl::Time> NextAfter(absl::Time after) const;

  absl::TimeZone timezone() const { return timezone_; }

 private:
  std::optional<absl::Time> at_;
  absl::Duration period_;  ///< of rate(...)
  absl::Time first_;       ///< of rate(...)
  absl::Time start_ = absl::InfinitePast();
  absl::Time end_ = absl::InfiniteFuture();
  absl::TimeZone timezone_;
};

/// The schedule of a window, as Parse reads it. Errors as Parse's.
absl::StatusOr<Schedule> ScheduleOf(const Window& window);

/// `2020-02-19T16:00Z`: NextExecutionTime as the API prints it (spec C.6): seconds and fractions
/// only when they are not zero.
std::string FormatOccurrence(absl::Time at, absl::TimeZone zone);

/// Reads a date-time that carries an offset (spec A.1). Error: kInvalidArgument with the API's
/// text.
absl::StatusOr<absl::Time> ParseDateTime(std::string_view text);

}  // namespace lull
