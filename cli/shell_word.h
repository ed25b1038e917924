#pragma once

#include <string>

namespace lull::cli {

/// `text`, which has no NUL byte, as one word of a POSIX shell that means just that text. Pure.
std::string ShellWord(const std::string& text);

}  // namespace lull::cli
