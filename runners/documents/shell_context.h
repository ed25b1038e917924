#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lull::runners {

/// Follows a shell script, a byte at a time, as /bin/sh reads it (dash and bash alike), so that a
/// value can be put where the script stands without leaving the quotes that it stands in. Where the
/// two shells differ, or it does not follow any more, it says so, and nothing may be put there.
/// Pure; takes time in proportion to what it is fed.
class ShellContext {
 public:
  ShellContext();

  /// The next piece of the script.
  void Feed(std::string_view text);

  /// `value` of the parameter `name` as it must be written here; the script goes on after it.
  ///   in no quotes         as it is: it is script
  ///   in '...'             ' becomes '\''
  ///   in "..."             a backslash before \ " $ `
  ///   in a comment         line ends become blanks
  ///   in a here-document   as it is, or a backslash before \ $ ` where the delimiter is not quoted
  /// Errors: kInvalidArgument, `parameter "name" ...`: the value would end the here-document, or
  /// the place is none of these ($'...', `...`, ${...}, behind a backslash or a $; text that is no
  /// whole number in $((...))).
  absl::StatusOr<std::string> Put(std::string_view name, std::string_view value);

  /// True where a value would be script, and the line has nothing but blanks so far.
  bool AtBareLine() const;
  /// True in no quotes.
  bool IsBare() const;
  /// True in a here-document.
  bool InHereDocument() const { return in_body_; }

  /// The script has ended. Errors: a value stands in quotes or a here-document that do not end.
  absl::Status End();

 private:
  enum class Kind {
    kCode,
    kSingle,
    kDouble,
    kComment,
    kBackquote,
    kBraces,      // ${...}
    kArithmetic,  // $((...))
    kDollarSingle,
    kDelimiter,  // of a here-document, being read
  };
  struct Frame {
    Kind kind;
    int depth = 0;               // of parentheses, or braces
    bool inside_double = false;  // kBraces
    bool has_value = false;      // a value was put into these quotes
    std::size_t pending = 0;     // kCode: here-documents that were pending when it began
  };
  struct HereDocument {
    std::string delimiter;
    bool literal = false;  // the delimiter was quoted
    bool strip = false;    // <<-
    bool has_value = false;
  };

  Frame& top() { return frames_.back(); }
  const Frame& top() const { return frames_.back(); }
  void Push(Kind kind);
  void Pop();
  void Lose(std::string_view why);

  void Take(char c);
  void TakeCode(char c);
  void TakeDouble(char c);
  void TakeBraces(char c);
  void TakeArithmetic(char c);
  void TakeDelimiter(char c);
  void TakeBody(char c);
  void EndBodyLine();
  void NoteWord(char c);
  /// What stands behind a $ in code, double quotes or braces. Returns whether it took `c`.
  bool TakeAfterDollar(char c, bool inside_double);

  absl::Status Refusal(std::string_view name, std::string_view why) const;
  absl::StatusOr<std::string> PutBare(std::string_view name, std::string_view value);
  absl::StatusOr<std::string> PutIntoBody(std::string_view name, std::string_view value);
  /// Why nothing may be put here; empty when it may.
  std::string WhyNot() const;

  std::vector<Frame> frames_;
  std::vector<HereDocument> pending_;
  std::string lost_;          // why it does not follow any more; empty while it does
  std::string disturbed_by_;  // the parameter whose bare value left quotes open
  bool backslash_ = false;
  bool dollar_ = false;
  bool fresh_paren_ = false;  // the last byte was the ( of $(
  bool open_paren_ = false;   // the last byte was another ( of code
  bool angle_ = false;        // the last byte was a < or > of code
  bool word_start_ = true;
  bool blank_line_ = true;
  int less_ = 0;
  std::string word_;  // of code, up to a few bytes

  // Of the delimiter that is being read.
  char delimiter_quote_ = 0;

  // Of the here-document that is being read: pending_[0].
  bool in_body_ = false;
  bool line_has_value_ = false;
  bool body_ended_by_value_ = false;
  std::string body_nested_;  // why nothing may be put into the rest of it
  bool body_name_ = false;   // inside of ${
  std::string line_;
};

}  // namespace lull::runners
