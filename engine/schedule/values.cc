#include "engine/schedule/values.h"

namespace lull {

bool IsStepped(const std::vector<int>& values, Stretch& found) {
  if (values.size() < 3) return false;
  found = {values.front(), values.back(), values[1] - values[0]};
  for (std::size_t i = 2; i < values.size(); ++i) {
    if (values[i] - values[i - 1] != found.step) return false;
  }
  return true;
}

bool IsWrapped(const std::vector<int>& values, int min, int max, Stretch& found) {
  const std::vector<Stretch> stretches = StretchesOf(values);
  if (values.size() < 3 || stretches.size() != 2) return false;
  if (stretches.front().first != min || stretches.back().last != max) return false;
  found = {stretches.back().first, stretches.front().last, 1};
  return true;
}

std::vector<Stretch> StretchesOf(const std::vector<int>& values) {
  std::vector<Stretch> stretches;
  for (const int value : values) {
    if (stretches.empty() || stretches.back().last + 1 != value) {
      stretches.push_back({value, value});
    } else {
      stretches.back().last = value;
    }
  }
  return stretches;
}

}  // namespace lull
