#include "runners/shell_word.h"

#include <cctype>

namespace lull::runners {

std::string ShellWord(std::string_view text) {
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
  return is_plain ? std::string(text) : word + "'";
}

}  // namespace lull::runners
