#include "engine/schedule/time_zone.h"

#include <cstddef>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/schedule/offset.h"

namespace lull {
namespace {

constexpr std::size_t kMaxTimezoneBytes = 128;

/// A zone's name becomes a file's name below the database: only what such names are made of, and
/// none of the files there that are no zones of the world.
bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kMaxTimezoneBytes || !absl::ascii_isalpha(name.front())) {
    return false;
  }
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '-' && c != '+' && c != '/') return false;
  }
  for (const char* other : {"localtime", "posixrules", "UTC0"}) {
    if (name == other) return false;
  }
  if (name.find("//") != std::string_view::npos) return false;
  return !absl::StartsWith(ToAbsl(name), "right/") && !absl::StartsWith(ToAbsl(name), "posix/");
}

}  // namespace

absl::StatusOr<absl::TimeZone> ParseTimezone(std::string_view name) {
  std::string_view rest = name;
  if (const auto offset = TakeOffset(rest); offset && rest.empty()) {
    return absl::FixedTimeZone(static_cast<int>(absl::ToInt64Seconds(*offset)));
  }
  absl::TimeZone zone;
  if (!IsName(name) || !absl::LoadTimeZone(ToAbsl(name), &zone)) {
    return Invalid(ToAbsl(name),
                   " is a malformed timezone. Please refer to the IANA time zone database for a "
                   "valid timezones.");
  }
  return zone;
}

std::string TimezoneName(absl::TimeZone zone) {
  const std::string name = zone.name();
  if (!absl::StartsWith(name, "Fixed/")) return name;
  const int minutes = zone.At(absl::UnixEpoch()).offset / 60;
  return absl::StrFormat("%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                         std::abs(minutes) % 60);
}

}  // namespace lull
