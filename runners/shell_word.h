#pragma once

#include <string>
#include <string_view>

namespace lull::runners {

/// `text`, which has no NUL byte, as one word of a POSIX shell that means just that text. Pure.
std::string ShellWord(std::string_view text);

}  // namespace lull::runners
