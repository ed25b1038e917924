#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/repeated_field.h"
#include "proto/maintenance_windows.pb.h"

namespace lull {

using Filters = google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>;

/// A key that a list may be filtered by.
struct FilterKey {
  std::string_view name;
  /// Whether a value may stand there; null: any may.
  bool (*admits)(const std::string& value) = nullptr;
  std::string_view use;  ///< what the error offers instead: `true or false`
};

/// Error: kInvalidArgument for a filter of another key, without values, or with a value that can't
/// be one. REQUIRES: `keys` is not empty.
absl::Status CheckFilters(const Filters& filters, const std::vector<FilterKey>& keys);

/// True when each filter has a value for which `matches(key, value)` holds: values are
/// alternatives, filters all must match.
template <class Matches>
bool MatchesAll(const Filters& filters, const Matches& matches) {
  return std::all_of(
      filters.begin(), filters.end(), [&](const v1::MaintenanceWindowFilter& filter) {
        return std::any_of(filter.values().begin(), filter.values().end(),
                           [&](const std::string& value) { return matches(filter.key(), value); });
      });
}

}  // namespace lull
