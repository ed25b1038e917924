#pragma once

#include <chrono>

namespace lull::bench {

using Instant = std::chrono::steady_clock::time_point;

inline Instant Now() { return std::chrono::steady_clock::now(); }

inline double SecondsSince(Instant start) {
  return std::chrono::duration<double>(Now() - start).count();
}

}  // namespace lull::bench
