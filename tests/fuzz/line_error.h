#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"

namespace lull {

/// A refusal is `line 12: why`, as people get it behind the file's path.
inline void CheckLineError(const absl::Status& status) {
  constexpr char kLine[] = "line ";
  LULL_CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  const absl::string_view text = status.message();
  const std::size_t colon = text.find(": ");
  LULL_CHECK(absl::StartsWith(text, kLine) && colon != text.npos && colon + 2 < text.size());
  LULL_CHECK(text.find_first_not_of("0123456789", sizeof(kLine) - 1) == colon);
}

}  // namespace lull
