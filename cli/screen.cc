#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/print.h"
#include "engine/base/status.h"

namespace lull::cli {
namespace {

// A line that is too wide is cut, not carried over: a redraw counts lines.
constexpr char kNoWrap[] = "\x1b[?7l";
constexpr char kWrap[] = "\x1b[?7h";
constexpr char kEraseRestOfLine[] = "\x1b[K";
constexpr char kEraseBelow[] = "\x1b[J";

/// Narrower or lower than this nothing can be told; some terminals say 0.
constexpr int kMinColumns = 20;
constexpr int kMinRows = 6;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Of the locale's variables the first that is set counts.
bool SpeaksUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = absl::AsciiStrToLower(Variable(name));
    if (!value.empty()) return absl::EndsWith(value, "utf-8") || absl::EndsWith(value, "utf8");
  }
  return false;
}

}  // namespace

Screen::Screen(std::FILE* out) : out_(out) {
  const std::string terminal = Variable("TERM");
  in_place_ = ::isatty(::fileno(out)) == 1 && !terminal.empty() && terminal != "dumb";
  colour_ = in_place_ && Variable("NO_COLOR").empty();
  unicode_ = in_place_ && SpeaksUtf8();
}

Style Screen::style() const {
  Style style;
  style.colour = colour_;
  style.unicode = unicode_;
  winsize size{};
  if (in_place_ && ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.columns = std::max<int>(kMinColumns, size.ws_col);
    if (size.ws_row > 0) style.rows = std::max<int>(kMinRows, size.ws_row);
  }
  return style;
}

std::string Screen::Erased() const {
  if (lines_.empty()) return "";
  return absl::StrCat("\r\x1b[", lines_.size(), "A");
}

std::string Screen::Drawn() const {
  std::string text = kNoWrap;
  for (const std::string& line : lines_) absl::StrAppend(&text, line, kEraseRestOfLine, "\n");
  return absl::StrCat(text, kEraseBelow, kWrap);
}

absl::Status Screen::Draw(std::vector<std::string> lines) {
  if (!in_place_) return absl::OkStatus();
  const std::string erased = Erased();
  lines_ = std::move(lines);
  return cli::Print(out_, erased + Drawn());  // in one piece, so that nothing flickers
}

absl::Status Screen::Print(std::string_view text) {
  if (lines_.empty()) return cli::Print(out_, text);
  return cli::Print(out_, absl::StrCat(Erased(), kEraseBelow, ToAbsl(text), Drawn()));
}

absl::Status Screen::Clear() {
  const std::string erased = Erased();
  lines_.clear();
  return erased.empty() ? absl::OkStatus() : cli::Print(out_, erased + kEraseBelow);
}

}  // namespace lull::cli
