#pragma once

#include <vector>

#include "engine/schedule/cron.h"

namespace lull {

/// A set of values that goes from `first` to `last` in steps; `last` < `first` when it wraps round
/// the end of its field.
struct Stretch {
  int first = 0;
  int last = 0;
  int step = 1;
};

/// The members of a set of bits, ascending.
inline std::vector<int> ValuesOf(std::uint64_t bits) {
  std::vector<int> values;
  for (int i = 0; i < 64; ++i) {
    if ((bits >> i & 1) != 0) values.push_back(i);
  }
  return values;
}

inline std::vector<int> ValuesOf(const CronExpression::Years& years) {
  std::vector<int> values;
  for (std::size_t i = 0; i < years.size(); ++i) {
    if (years[i]) values.push_back(CronExpression::kFirstYear + static_cast<int>(i));
  }
  return values;
}

/// Whether three or more `values` have even steps between them; then `found` is set.
/// REQUIRES: they ascend.
bool IsStepped(const std::vector<int>& values, Stretch& found);

/// Whether `values` are three or more neighbours when the field's end is joined to its beginning.
bool IsWrapped(const std::vector<int>& values, int min, int max, Stretch& found);

/// The maximal stretches of neighbours, ascending: 1,2,3,7 is 1-3 and 7-7.
std::vector<Stretch> StretchesOf(const std::vector<int>& values);

}  // namespace lull
