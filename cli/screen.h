#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/progress_text.h"

namespace lull::cli {

/// A stream on which lines may be drawn anew in place. One thread.
class Screen {
 public:
  /// Looks whether `out`, which outlives it, is a terminal that can do it (TERM is not dumb), at
  /// NO_COLOR, and at the locale's variables.
  explicit Screen(std::FILE* out);

  bool in_place() const { return in_place_; }

  /// As the terminal is now; 80 columns in black and white when there is none.
  Style style() const;

  /// Draws `lines` in place of what Draw drew last; elsewhere than on a terminal it does nothing.
  /// Error: kUnavailable.
  absl::Status Draw(std::vector<std::string> lines);

  /// Writes whole lines, above what Draw drew last, which stays below. Error: kUnavailable.
  absl::Status Print(std::string_view text);

  /// What was drawn last goes. Error: kUnavailable.
  absl::Status Clear();

 private:
  std::string Erased() const;
  std::string Drawn() const;

  std::FILE* const out_;
  bool in_place_ = false;
  bool colour_ = false;
  bool unicode_ = false;
  std::vector<std::string> lines_;  ///< those on the screen
};

}  // namespace lull::cli
