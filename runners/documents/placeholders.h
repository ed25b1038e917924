#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lull::runners {

/// A piece of a text: plain, or the name in `{{ name }}`.
struct TextPiece {
  bool is_parameter = false;
  std::string_view text;  ///< of the text that was split
};

/// Splits a text at its placeholders: `{{`, blanks, a name of letters, digits and `_` that begins
/// with a letter, blanks, `}}`. All else, `{{ .Names }}` or `{{ssm:x}}`, is plain. Pure.
std::vector<TextPiece> SplitPlaceholders(std::string_view text);

/// Whether it can be a parameter's name.
bool IsParameterName(std::string_view name);

}  // namespace lull::runners
