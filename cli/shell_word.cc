#include "cli/shell_word.h"

#include <cctype>
#include <string_view>

namespace lull::cli {

std::string ShellWord(const std::string& text) {
  std::string word = "'";
  bool is_plain = !text.empty();
  for (const char c : text) {
    is_plain = is_plain && (std::isalnum(static_cast<unsigned char>(c)) ||
                            std::string_view("/._-+:@%,=").find(c) != std::string_view::npos);
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return is_plain ? text : word + "'";
}

}  // namespace lull::cli
