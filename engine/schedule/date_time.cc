#include "engine/schedule/date_time.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/schedule/offset.h"
#include "engine/schedule/scan.h"

namespace lull {
namespace {

constexpr std::size_t kMaxEchoedBytes = 64;  // of a bad text, in its error

/// `yyyy-MM-ddTHH:mm[:ss]`; refuses dates and times that no calendar has.
std::optional<absl::CivilSecond> TakeLocal(std::string_view& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TakeDigits(text, 4, year) || !Take(text, '-') || !TakeDigits(text, 2, month) ||
      !Take(text, '-') || !TakeDigits(text, 2, day) || !Take(text, 'T') ||
      !TakeDigits(text, 2, hour) || !Take(text, ':') || !TakeDigits(text, 2, minute)) {
    return std::nullopt;
  }
  if (Take(text, ':') && !TakeDigits(text, 2, second)) return std::nullopt;
  const absl::CivilSecond local(year, month, day, hour, minute, second);
  // CivilSecond normalises; a date that changed was not a date.
  if (local.month() != month || local.day() != day || local.hour() != hour ||
      local.minute() != minute || local.second() != second) {
    return std::nullopt;
  }
  return local;
}

/// The digits of a fraction of a second, one to nine.
std::optional<absl::Duration> TakeFraction(std::string_view& text) {
  absl::Duration fraction;
  absl::Duration unit = absl::Seconds(1);
  int digits = 0;
  for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1), ++digits) {
    unit /= 10;
    fraction += (text.front() - '0') * unit;
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  return fraction;
}

/// `.5` as `.500`: in threes, nothing for nothing.
std::string FormatFraction(absl::Time at) {
  const std::int64_t nanos = absl::ToInt64Nanoseconds(absl::UTCTimeZone().At(at).subsecond);
  if (nanos == 0) return "";
  const char* format = nanos % 1000000 == 0 ? "%E3f" : nanos % 1000 == 0 ? "%E6f" : "%E9f";
  return absl::StrCat(".", absl::FormatTime(format, at, absl::UTCTimeZone()));
}

std::string FormatOffset(absl::Time at, absl::TimeZone zone) {
  const int offset = zone.At(at).offset;
  if (offset == 0) return "Z";
  return absl::FormatTime(offset % 60 == 0 ? "%Ez" : "%E*z", at, zone);
}

}  // namespace

absl::StatusOr<absl::Time> ParseDateTime(std::string_view text) {
  const auto bad = [&] {
    return Invalid("DateTime ", ToAbsl(Utf8Prefix(text, kMaxEchoedBytes)),
                   " is malformed, format either must contain an offset - e.g. "
                   "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'");
  };
  std::string_view rest = text;
  const auto local = TakeLocal(rest);
  if (!local) return bad();
  absl::Duration fraction;
  if (Take(rest, '.')) {
    const auto taken = TakeFraction(rest);
    if (!taken) return bad();
    fraction = *taken;
  }
  absl::Duration offset;
  if (!Take(rest, 'Z')) {
    const auto taken = TakeOffset(rest);
    if (!taken) return bad();
    offset = *taken;
  }
  if (!rest.empty()) return bad();
  return absl::FromCivil(*local, absl::UTCTimeZone()) + fraction - offset;
}

std::optional<absl::CivilSecond> ParseLocalDateTime(std::string_view text) {
  const auto local = TakeLocal(text);
  return text.empty() ? local : std::nullopt;
}

std::string FormatLocalDateTime(absl::CivilSecond local) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%S", absl::FromCivil(local, utc), utc);
}

std::string FormatOccurrence(absl::Time at, absl::TimeZone zone) {
  const std::string fraction = FormatFraction(at);
  const bool seconds = !fraction.empty() || zone.At(at).cs.second() != 0;
  return absl::StrCat(
      absl::FormatTime(seconds ? "%E4Y-%m-%d%ET%H:%M:%S" : "%E4Y-%m-%d%ET%H:%M", at, zone),
      fraction, FormatOffset(at, zone));
}

std::string FormatRfc3339(absl::Time at, absl::TimeZone zone) {
  const absl::TimeZone shown = zone.At(at).offset % 60 == 0 ? zone : absl::UTCTimeZone();
  return absl::StrCat(absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%S", at, shown), FormatFraction(at),
                      FormatOffset(at, shown));
}

}  // namespace lull
