#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lull::cli {

/// What `lull next` is asked: a window's schedule, as CreateMaintenanceWindow takes it, and which
/// of its occurrences.
struct NextOptions {
  std::string schedule;
  std::optional<std::string> timezone;
  std::optional<std::int32_t> offset;  ///< days
  std::optional<std::string> start_date;
  std::optional<std::string> end_date;
  std::optional<std::string> after;  ///< with an offset; when absent now, in whole seconds
  std::int64_t count = 10;
};
inline constexpr std::int64_t kMaxNextCount = 100'000;

struct NextAnswer {
  std::string sentence;  ///< for people: what the schedule means; and if it has ended
  std::vector<std::string> occurrences;  ///< RFC 3339, in the schedule's zone, ascending
};

/// The first `count` occurrences later than `after`; fewer when there are no more. A rate(...)
/// counts from `after`, as that of a window that is made then. Error: kInvalidArgument, with the
/// API's own text. Pure.
absl::StatusOr<NextAnswer> NextOccurrences(const NextOptions& options, absl::Time now);

/// A JSON list of the occurrences, in one line.
std::string NextJson(const NextAnswer& answer);

}  // namespace lull::cli
