#pragma once

#include <string_view>

namespace lull {

/// Prints `file:line: what` to stderr and aborts. Called by LULL_CHECK; never returns.
[[noreturn]] void CheckFailed(const char* file, int line, std::string_view what);

}  // namespace lull

/// A programmer's error ends the process, in optimised builds too (assert would be dropped there).
/// Never use it for input, I/O or anything else that can happen to a correct program.
#define LULL_CHECK(condition)                              \
  do {                                                     \
    if (!(condition)) [[unlikely]]                         \
      ::lull::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)
