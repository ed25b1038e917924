#include "runners/documents/shell_context.h"

#include <algorithm>
#include <utility>

#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::runners {
namespace {

constexpr std::size_t kMaxWordBytes = 8;

bool IsOneOf(char c, std::string_view set) { return set.find(c) != set.npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameByte(char c) {
  return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Where the next byte begins a word.
bool EndsWord(char c) { return IsOneOf(c, " \t\n;&|()<>"); }

std::string WithBackslashes(std::string_view value, std::string_view before) {
  std::string text;
  for (const char c : value) {
    if (IsOneOf(c, before)) text += '\\';
    text += c;
  }
  return text;
}

std::string InSingleQuotes(std::string_view value) {
  std::string text;
  for (const char c : value) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text;
}

bool IsWholeNumber(std::string_view value) {
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && value.size() <= 18 && std::all_of(value.begin(), value.end(), IsDigit);
}

}  // namespace

ShellContext::ShellContext() { frames_.push_back({Kind::kCode}); }

void ShellContext::Push(Kind kind) {
  frames_.push_back({kind});
  frames_.back().pending = pending_.size();
}

void ShellContext::Pop() {
  const Frame ended = top();
  frames_.pop_back();
  if (ended.kind == Kind::kCode && pending_.size() > ended.pending) {
    Lose("a here-document begins inside of a $(...) that ends before it");
  }
}

void ShellContext::Lose(std::string_view why) {
  if (lost_.empty()) lost_ = why;
}

void ShellContext::Feed(std::string_view text) {
  for (const char c : text) Take(c);
}

void ShellContext::Take(char c) {
  if (in_body_) return TakeBody(c);
  if (c == '\n') {
    blank_line_ = true;
  } else if (c != ' ' && c != '\t') {
    blank_line_ = false;
  }
  if (backslash_) {  // a line end behind one joins the lines
    backslash_ = false;
    if (c != '\n') word_start_ = false;
    return;
  }
  switch (top().kind) {
    case Kind::kSingle:
      if (c == '\'') Pop();
      return;
    case Kind::kDollarSingle:
      if (c == '\\') Lose("a backslash in $'...' means one thing to dash and another to bash");
      if (c == '\'') Pop();
      return;
    case Kind::kComment:
      if (c != '\n') return;
      Pop();
      return TakeCode(c);
    case Kind::kBackquote:
      if (c == '\\') backslash_ = true;
      if (c == '`') Pop();
      return;
    case Kind::kDouble:
      return TakeDouble(c);
    case Kind::kBraces:
      return TakeBraces(c);
    case Kind::kArithmetic:
      return TakeArithmetic(c);
    case Kind::kDelimiter:
      return TakeDelimiter(c);
    case Kind::kCode:
      return TakeCode(c);
  }
}

bool ShellContext::TakeAfterDollar(char c, bool inside_double) {
  dollar_ = false;
  word_start_ = false;
  if (c == '(') {
    Push(Kind::kCode);
    fresh_paren_ = true;
    word_start_ = true;
    word_.clear();
    return true;
  }
  if (c == '{') {
    Push(Kind::kBraces);
    top().inside_double = inside_double;
    return true;
  }
  if (c == '\'' && !inside_double) {
    Push(Kind::kDollarSingle);
    return true;
  }
  if (c == '[') Lose("$[ is text to dash and arithmetic to bash, where $((...)) is meant");
  return IsOneOf(c, "@*#?$!-") || IsNameByte(c);
}

void ShellContext::TakeDouble(char c) {
  if (dollar_ && TakeAfterDollar(c, true)) return;
  if (c == '"') Pop();
  if (c == '\\') backslash_ = true;
  if (c == '`') Push(Kind::kBackquote);
  if (c == '$') dollar_ = true;
}

void ShellContext::TakeBraces(char c) {
  if (dollar_ && TakeAfterDollar(c, top().inside_double)) return;
  if (c == '}') return Pop();
  if (c == '\\') backslash_ = true;
  if (c == '$') dollar_ = true;
  if (c == '`') Push(Kind::kBackquote);
  // What quotes mean inside of ${...} depends on the operator, and on the shell.
  if (c == '\'' || c == '"' || c == '{') Lose("there are quotes or braces inside of ${...}");
}

void ShellContext::TakeArithmetic(char c) {
  if (c == '(') ++top().depth;
  if (c == ')' && --top().depth == 0) return Pop();
  if (IsOneOf(c, "'\"`\\") || c == '\n') Lose("there are quotes inside of $((...))");
}

void ShellContext::NoteWord(char c) {
  if (!EndsWord(c)) {
    if (word_.size() < kMaxWordBytes) word_ += c;
    return;
  }
  if (word_ == "case" && frames_.size() > 1) Lose("there is a case inside of $(...)");
  word_.clear();
}

void ShellContext::TakeCode(char c) {
  if (dollar_ && TakeAfterDollar(c, false)) return;
  const bool after_fresh = std::exchange(fresh_paren_, false);
  const bool after_open = std::exchange(open_paren_, false);
  const bool after_angle = std::exchange(angle_, c == '<' || c == '>');
  if (less_ == 2 && c != '<') {
    less_ = 0;
    pending_.emplace_back();
    Push(Kind::kDelimiter);
    delimiter_quote_ = 0;
    if (c == '-') {
      pending_.back().strip = true;
      return;
    }
    return TakeDelimiter(c);
  }
  less_ = c == '<' ? less_ + 1 : 0;
  if (less_ == 3) less_ = 0;  // <<<: a word of bash's
  NoteWord(c);
  const bool word_start = std::exchange(word_start_, EndsWord(c));
  switch (c) {
    case '\'':
      return Push(Kind::kSingle);
    case '"':
      return Push(Kind::kDouble);
    case '`':
      return Push(Kind::kBackquote);
    case '\\':
      backslash_ = true;
      word_start_ = word_start;
      return;
    case '$':
      dollar_ = true;
      return;
    case '#':
      if (word_start) Push(Kind::kComment);
      return;
    case '(':
      if (after_fresh) {
        top().kind = Kind::kArithmetic;
        top().depth = 2;
        return;
      }
      if (after_angle) return Push(Kind::kCode);  // <(...) of bash's; dash knows none
      if (after_open) Lose("((...)) means one thing to dash and another to bash");
      open_paren_ = true;
      ++top().depth;
      return;
    case ')':
      if (top().depth > 0) {
        --top().depth;
      } else if (frames_.size() > 1) {
        Pop();
        word_start_ = false;
      }
      return;
    case '\n':
      if (!pending_.empty()) {
        if (top().pending > 0) Lose("a $(...) goes over a line's end behind a here-document's <<");
        in_body_ = true;
        line_.clear();
        line_has_value_ = false;
      }
      return;
    default:
      return;
  }
}

void ShellContext::TakeDelimiter(char c) {
  HereDocument& here = pending_.back();
  if (delimiter_quote_ == '\\') {
    here.delimiter += c;
    delimiter_quote_ = 0;
  } else if (delimiter_quote_ != 0) {
    if (c == delimiter_quote_) {
      delimiter_quote_ = 0;
    } else {
      here.delimiter += c;
    }
    if (c == '\n' || c == '\\') Lose("a here-document's delimiter is too hard to read");
  } else if (IsOneOf(c, "'\"\\")) {
    here.literal = true;
    delimiter_quote_ = c;
  } else if ((c == ' ' || c == '\t') && here.delimiter.empty() && !here.literal) {
    return;
  } else if (EndsWord(c)) {
    if (here.delimiter.empty() && !here.literal) Lose("a here-document has no delimiter");
    frames_.pop_back();  // not Pop: it is what made the here-document pending
    word_start_ = true;
    TakeCode(c);
  } else {
    if (c == '$' || c == '`') Lose("a here-document's delimiter is too hard to read");
    here.delimiter += c;
  }
}

void ShellContext::EndBodyLine() {
  HereDocument& here = pending_.front();
  std::string_view line = line_;
  if (here.strip) line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
  if (line == here.delimiter) {
    if (line_has_value_) body_ended_by_value_ = true;
    pending_.erase(pending_.begin());
    in_body_ = !pending_.empty();
    body_nested_.clear();
    blank_line_ = word_start_ = true;
  }
  if (dollar_ || body_name_) body_name_ = dollar_ = false;
  line_.clear();
  line_has_value_ = false;
}

void ShellContext::TakeBody(char c) {
  const HereDocument& here = pending_.front();
  if (!here.literal && backslash_) {
    backslash_ = false;
    if (c == '\n') Lose("a here-document has a backslash at a line's end");
  } else if (!here.literal && c == '\\') {
    backslash_ = true;
    dollar_ = false;
  } else if (!here.literal) {
    if (body_name_ && !IsNameByte(c)) {
      if (c != '}') body_nested_ = "behind a ${...} of a here-document that is no plain name";
      body_name_ = false;
    }
    if (dollar_ && c == '[') body_nested_ = "behind a $[...] of a here-document";
    if (dollar_ && c == '(') body_nested_ = "behind a $(...) of a here-document";
    if (dollar_ && c == '{') body_name_ = true;
    if (c == '`') body_nested_ = "behind a `...` of a here-document";
    dollar_ = c == '$';
  }
  if (c == '\n') return EndBodyLine();
  line_ += c;
}

absl::Status ShellContext::Refusal(std::string_view name, std::string_view why) const {
  return Invalid("parameter ", JsonString(name), " can't be put ", ToAbsl(why));
}

std::string ShellContext::WhyNot() const {
  if (!lost_.empty()) {
    return "where it stands, for before it " + lost_ + "; write that another way";
  }
  if (!disturbed_by_.empty()) {
    return "where it stands, for the value of " + JsonString(disturbed_by_) +
           " before it leaves a quote, a bracket or a here-document open";
  }
  if (backslash_) return "behind a backslash; put it into quotes";
  if (dollar_) return "behind a $; put the $ into single quotes";
  if (in_body_) {
    if (body_name_) return "into ${...}; use a variable";
    return body_nested_.empty() ? "" : body_nested_ + "; use a variable";
  }
  switch (top().kind) {
    case Kind::kBackquote:
      return "into `...`; use $(...)";
    case Kind::kBraces:
      return "into ${...}; use a variable";
    case Kind::kDollarSingle:
      return "into $'...'; use '...'";
    case Kind::kDelimiter:
      return "into a here-document's delimiter";
    case Kind::kCode:
      return less_ == 2 ? "into a here-document's delimiter" : "";
    default:
      return "";
  }
}

absl::StatusOr<std::string> ShellContext::PutBare(std::string_view name, std::string_view value) {
  const std::size_t frames = frames_.size();
  const std::size_t pending = pending_.size();
  const int depth = top().depth;
  Feed(value);
  if (frames_.size() != frames || top().kind != Kind::kCode || top().depth != depth ||
      pending_.size() != pending || in_body_ || backslash_ || dollar_ || less_ != 0) {
    disturbed_by_ = name;
  }
  return std::string(value);
}

absl::StatusOr<std::string> ShellContext::PutIntoBody(std::string_view name,
                                                      std::string_view value) {
  pending_.front().has_value = true;
  const std::string text =
      pending_.front().literal ? std::string(value) : WithBackslashes(value, "\\$`");
  line_has_value_ = true;
  for (const char c : text) {
    TakeBody(c);
    if (!in_body_ || body_ended_by_value_) break;
    line_has_value_ = true;
  }
  if (body_ended_by_value_ || !in_body_) {
    return Refusal(name, "into its here-document: its value contains the delimiter");
  }
  return text;
}

absl::StatusOr<std::string> ShellContext::Put(std::string_view name, std::string_view value) {
  if (value.find('\0') != value.npos) return Refusal(name, "into a script: it has a NUL byte");
  if (const std::string why = WhyNot(); !why.empty()) return Refusal(name, why);
  if (in_body_) return PutIntoBody(name, value);
  if (!value.empty()) blank_line_ = false;
  switch (top().kind) {
    case Kind::kSingle:
      top().has_value = true;
      return InSingleQuotes(value);
    case Kind::kDouble:
      top().has_value = true;
      return WithBackslashes(value, "\\\"$`");
    case Kind::kComment: {
      std::string text(value);
      std::replace(text.begin(), text.end(), '\n', ' ');
      return text;
    }
    case Kind::kArithmetic:
      if (!IsWholeNumber(value)) return Refusal(name, "into $((...)): it is no whole number");
      return std::string(value);
    default:
      return PutBare(name, value);
  }
}

bool ShellContext::IsBare() const { return !in_body_ && top().kind == Kind::kCode; }

bool ShellContext::AtBareLine() const { return IsBare() && blank_line_ && !backslash_; }

absl::Status ShellContext::End() {
  Feed("\n");
  if (body_ended_by_value_) {
    return Invalid(
        "a here-document ends where a parameter's value stands; move it to another line");
  }
  for (const Frame& frame : frames_) {
    if (frame.has_value) return Invalid("the quotes that a parameter stands in do not end");
  }
  for (const HereDocument& here : pending_) {
    if (here.has_value) {
      return Invalid("the here-document that a parameter stands in does not end; its delimiter is ",
                     JsonString(here.delimiter));
    }
  }
  return absl::OkStatus();
}

}  // namespace lull::runners
