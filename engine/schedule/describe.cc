#include "engine/schedule/describe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lull {
namespace {

/// `02:00`, `02:00:30`.
std::string TimeOfDay(int hour, int minute, int second) {
  if (second == 0) return absl::StrFormat("%02d:%02d", hour, minute);
  return absl::StrFormat("%02d:%02d:%02d", hour, minute, second);
}

}  // namespace

std::string Describe(absl::CivilSecond at) {
  return absl::StrCat("at ", TimeOfDay(at.hour(), at.minute(), at.second()), " on ",
                      absl::FormatCivilTime(absl::CivilDay(at)));
}

std::string Describe(const CronExpression& cron, int) { return cron.Canonical(); }

}  // namespace lull
