#include "engine/status_filter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/status.h"

namespace lull {

absl::StatusOr<StatusFilter> StatusFilter::Parse(
    const google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>& filters) {
  StatusFilter parsed;
  for (const v1::MaintenanceWindowFilter& filter : filters) {
    if (filter.key() != "STATUS") {
      return Invalid("The filter key ", filter.key(),
                     " is not valid. The valid filter key is STATUS.");
    }
    if (filter.values().empty()) return Invalid("The filter STATUS has no values.");
    std::set<Status> admitted;
    for (const std::string& value : filter.values()) {
      const auto status = ParseStatus(value);
      if (!status || *status == Status::kSkippedOverlapping) {
        return Invalid("The value ", value,
                       " of filter STATUS is not valid. Use PENDING, IN_PROGRESS, SUCCESS, FAILED, "
                       "TIMED_OUT, CANCELLING or CANCELLED.");
      }
      admitted.insert(*status);
    }
    if (parsed.filtered_) {
      std::set<Status> both;
      std::set_intersection(admitted.begin(), admitted.end(), parsed.statuses_.begin(),
                            parsed.statuses_.end(), std::inserter(both, both.end()));
      admitted = std::move(both);
    }
    parsed.filtered_ = true;
    parsed.statuses_ = std::move(admitted);
  }
  return parsed;
}

}  // namespace lull
