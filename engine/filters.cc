#include "engine/filters.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lull {
namespace {

/// `A`, `A and B`, `A, B and C`.
std::string NamesOf(const std::vector<FilterKey>& keys) {
  std::string names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    absl::StrAppend(&names,
                    i == 0                 ? ""
                    : i + 1 == keys.size() ? " and "
                                           : ", ",
                    ToAbsl(keys[i].name));
  }
  return names;
}

}  // namespace

absl::Status CheckFilters(const Filters& filters, const std::vector<FilterKey>& keys) {
  for (const v1::MaintenanceWindowFilter& filter : filters) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const FilterKey& known) {
      return known.name == filter.key();
    });
    if (key == keys.end()) {
      return Invalid("The filter key ", filter.key(), " is not valid. Valid filter keys are ",
                     NamesOf(keys), ".");
    }
    if (filter.values().empty()) {
      return Invalid("The filter ", filter.key(), " has no values. Give it at least one.");
    }
    for (const std::string& value : filter.values()) {
      if (key->admits != nullptr && !key->admits(value)) {
        return Invalid("The value ", value, " of filter ", filter.key(), " is not valid. Use ",
                       ToAbsl(key->use), ".");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace lull
