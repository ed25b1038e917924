#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lull::runners {

struct YamlMember;

/// A piece of a YAML or JSON text, with the line that it begins on, for errors.
struct YamlValue {
  enum class Kind { kText, kNothing, kList, kMapping };
  Kind kind = Kind::kText;
  int line = 0;  ///< from 1
  bool quoted = false;
  std::string text;  ///< of kText: a number, a truth value or a text, as it was written
  std::vector<YamlValue> items;
  std::vector<YamlMember> members;  ///< keys are texts, and distinct
};

/// One of a mapping. No std::pair: that can't hold what is not complete yet, as clang insists.
struct YamlMember {
  YamlValue key;
  YamlValue value;
};

/// Bounds of a text: more is an error.
inline constexpr std::size_t kMaxYamlValues = 10000;
inline constexpr std::size_t kMaxYamlDepth = 12;

/// Reads `text`, one document of YAML 1.2 (so JSON too) without aliases or second documents. Pure;
/// takes memory in proportion to `text`: bound its bytes first.
/// Errors: kInvalidArgument, `LINE: what is wrong and what is right`.
absl::StatusOr<YamlValue> ParseYaml(const std::string& text);

}  // namespace lull::runners
