#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lull {

/// ScheduleTimezone (spec A.1): a name or link of the IANA database as it is written there, or
/// `+HH:MM` or `+HHMM` up to 18 hours.
///
/// Reads the system's database the first time that a name is asked for; a name never leads out of
/// it, nor to its variants with leap seconds. Error: kInvalidArgument with the API's text.
/// Thread-safe.
absl::StatusOr<absl::TimeZone> ParseTimezone(std::string_view name);

/// What ParseTimezone reads back as the same zone: the database's name, or `+HH:MM`.
/// REQUIRES: `zone` came from ParseTimezone, or is UTC.
std::string TimezoneName(absl::TimeZone zone);

}  // namespace lull
