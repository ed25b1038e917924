#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace lull {

// Dates and times as the API writes them. Pure and thread-safe, all of them.

/// Reads StartDate or EndDate: `yyyy-MM-ddTHH:mm[:ss[.fraction]]` and `Z`, `+HH:MM` or `+HHMM`
/// (spec A.1); up to nine digits of fraction. Error: kInvalidArgument with the API's text.
absl::StatusOr<absl::Time> ParseDateTime(std::string_view text);

/// Reads the local time of at(...): `yyyy-MM-ddTHH:mm[:ss]`, without a zone. Nothing when `text`
/// has another form or no calendar has such a time.
std::optional<absl::CivilSecond> ParseLocalDateTime(std::string_view text);

/// `2026-07-07T15:55:00`: what ParseLocalDateTime reads back. REQUIRES: its year has four digits.
std::string FormatLocalDateTime(absl::CivilSecond local);

/// `2020-02-19T16:00Z`: NextExecutionTime and ExecutionTime as the API prints them (spec C.6):
/// seconds and fractions only when they are not zero, `Z` for an offset of zero. Many readers of
/// RFC 3339 refuse the short form; FormatRfc3339 is for them.
std::string FormatOccurrence(absl::Time at, absl::TimeZone zone);

/// `2020-02-19T11:00:00-05:00`: RFC 3339 at the zone's offset, fractions only when not zero, `Z`
/// for an offset of zero. Where the zone's offset is not whole minutes, which RFC 3339 can't say,
/// in UTC.
std::string FormatRfc3339(absl::Time at, absl::TimeZone zone);

}  // namespace lull
