// Values in scripts. What the real shells make of them is what counts: each script is run.
#include "runners/documents/fill_script.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/runners/documents/shells.h"

namespace lull::runners {
namespace {

Document WithParameters() {
  Document document;
  document.parameters["v"] = {};
  document.parameters["w"] = {};
  document.parameters["list"].type = ParameterType::kStringList;
  return document;
}

absl::StatusOr<std::string> Filled(const std::vector<std::string>& lines, const std::string& v,
                                   const std::string& w = "") {
  return FillScript(lines, WithParameters(),
                    {{"v", {v}}, {"w", {w}}, {"list", {"echo a", "echo \"$((1 + 1))\"", "it's"}}});
}

std::string ErrorOf(const std::vector<std::string>& lines, const std::string& v,
                    const std::string& w = "") {
  const auto script = Filled(lines, v, w);
  return script.ok() ? "no error: " + *script : std::string(script.status().message());
}

/// Values that want out.
std::vector<std::string> HostileValues() {
  std::vector<std::string> values = {
      "",
      "plain",
      "a b  c",
      "'",
      "\"",
      "`touch {mark}`",
      "$(touch {mark})",
      "${HOME}",
      "$HOME $$ $1",
      "'; touch {mark}; '",
      "\"; touch {mark}; \"",
      "\\",
      "\\\\",
      "\\'",
      "\\\"; touch {mark}; \"",
      "end\\",
      "line\nline\n\n",
      "\n; touch {mark}\n",
      "#",
      "!!",
      "*",
      "~",
      "\t",
      "%s %d\\n",
      "{{ w }}",
      "}}",
      "-n",
      "EOF\ntouch {mark}\n",
      "\r\n",
      "\xC3\xA4\xE2\x82\xAC",
      "$'\\''; touch {mark}; '",
      "'\"'\"'; touch {mark} #",
  };
  std::mt19937 random(7);
  constexpr std::string_view kBytes = "'\"\\$`(){};&|<>#!*~\n \tatouch{mark}E=O-F";
  for (int i = 0; i < 60; ++i) {
    std::string value;
    for (std::size_t n = random() % 12; n > 0; --n) value += kBytes[random() % kBytes.size()];
    values.push_back(value);
  }
  return values;
}

class InShells : public testing::TestWithParam<std::string> {
 protected:
  /// `lines` print exactly each hostile value, and run nothing of it.
  void ExpectPrinted(const std::vector<std::string>& lines, const std::string& before = "",
                     const std::string& after = "") {
    for (std::string value : HostileValues()) {
      const std::size_t at = value.find("{mark}");
      if (at != value.npos) value.replace(at, 6, shell_.mark());
      const auto script = Filled(lines, value);
      ASSERT_TRUE(script.ok()) << script.status() << " for " << value;
      EXPECT_EQ(shell_.Run(*script), before + value + after) << *script;
      ASSERT_FALSE(shell_.Marked()) << *script;
    }
  }

  Shell shell_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Each, InShells, testing::ValuesIn(ShellsHere()));

TEST_P(InShells, ValuesInDoubleQuotesArePrintedAsTheyAre) {
  ExpectPrinted({"printf %s \"{{ v }}\""});
}

TEST_P(InShells, ValuesInSingleQuotesArePrintedAsTheyAre) { ExpectPrinted({"printf %s '{{v}}'"}); }

TEST_P(InShells, ValuesInAWordOfSeveralQuotesArePrintedAsTheyAre) {
  ExpectPrinted({"printf %s a\"b{{ v }}c\"'d'"}, "ab", "cd");
  ExpectPrinted({"printf %s \"\\\"$((1+2))\"'{{ v }}'\"\\$\""}, "\"3", "$");
}

TEST_P(InShells, ValuesInQuotesInsideOfCommandSubstitutionsArePrintedAsTheyAre) {
  ExpectPrinted({"printf %s \"$(printf %s \"{{ v }}\"; printf x)\""}, "", "x");
  ExpectPrinted({"x=$(printf %s '{{ v }}' # it's a comment", " printf x); printf %s \"$x\""}, "",
                "x");
  ExpectPrinted({"printf %s \"$( (printf %s \"{{ v }}\") ; printf ')' )\""}, "", ")");
}

TEST_P(InShells, ValuesBehindWhatLooksLikeQuotesArePrintedAsTheyAre) {
  ExpectPrinted({"# it's a comment with \" and `", "printf %s \"{{ v }}\""});
  ExpectPrinted({": \\' \\\" \\`", "printf %s '{{ v }}'"});
  ExpectPrinted({"x=a#'b'; : ${#x} $# ${x#a} ${x%%b*}", "printf %s \"{{ v }}\""});
  ExpectPrinted({": $((1 << 2)) `echo \"it\" \\`echo x\\`` \"`echo a`\"", "printf %s '{{ v }}'"});
  ExpectPrinted({"cat <<'E O F' >/dev/null", "it's \" `", "E O F", "printf %s \"{{ v }}\""});
  ExpectPrinted(
      {"cat <<-A <<B >/dev/null", "'", "\tA", "\"$HOME \\` ", "B", "printf %s '{{ v }}'"});
  ExpectPrinted({"case x in y) : ;; 'x') printf %s \"{{ v }}\" ;; esac"});
  ExpectPrinted({"f() { printf %s \"$1\"; }", "f '{{ v }}'"});
}

TEST_P(InShells, ValuesInACommentRunNothing) {
  for (std::string value : HostileValues()) {
    const std::size_t at = value.find("{mark}");
    if (at != value.npos) value.replace(at, 6, shell_.mark());
    const auto script = Filled({"echo a # {{ v }}", "echo b"}, value);
    ASSERT_TRUE(script.ok()) << script.status();
    EXPECT_EQ(shell_.Run(*script), "a\nb\n") << *script;
    ASSERT_FALSE(shell_.Marked()) << *script;
  }
}

TEST_P(InShells, ValuesInHereDocumentsArePrintedAsTheyAreOrRefused) {
  for (const std::string delimiter : {"EOF", "'EOF'", "\\EOF", "\"EOF\""}) {
    int refused = 0;
    for (std::string value : HostileValues()) {
      const std::size_t at = value.find("{mark}");
      if (at != value.npos) value.replace(at, 6, shell_.mark());
      const auto script =
          Filled({"cat <<" + delimiter, "a{{ v }}", "{{ v }}", "EOF", "echo b"}, value);
      if (!script.ok()) {
        ++refused;
        EXPECT_NE(value.find("EOF"), value.npos) << script.status();
        continue;
      }
      EXPECT_EQ(shell_.Run(*script), "a" + value + "\n" + value + "\nb\n") << *script;
      ASSERT_FALSE(shell_.Marked()) << *script;
    }
    EXPECT_GE(refused, 1) << "one of the values is the delimiter";
  }
}

TEST_P(InShells, BareValuesAreScriptAndListsAreLines) {
  EXPECT_EQ(shell_.Run(*Filled({"{{ v }}"}, "echo a; echo b")), "a\nb\n");
  EXPECT_EQ(shell_.Run(*Filled({"printf %s '{{ list }}'"}, "")),
            R"(["echo a","echo \"$((1 + 1))\"","it's"])");
  EXPECT_EQ(shell_.Run(*Filled({"cat <<EOF", "{{ list }}", "EOF"}, "")),
            "echo a\necho \"$((1 + 1))\"\nit's\n");
  EXPECT_EQ(shell_.Run(*Filled({"echo $(({{ v }} * 2))"}, "-21")), "-42\n");
}

TEST(FillScript, AProcessSubstitutionIsFollowed) {
  EXPECT_EQ(*Filled({"diff <(cat <<'EOF'", "'{{ v }}'", "EOF", ") <(echo '{{ v }}') \"{{ v }}\""},
                    "it's"),
            "diff <(cat <<'EOF'\n'it's'\nEOF\n) <(echo 'it'\\''s') \"it's\"\n");
}

TEST(FillScript, AListIsLinesWhereItStandsAlone) {
  EXPECT_EQ(*FillScript({"{{ list }}"}, WithParameters(), {{"list", {"a 'b", "", "c"}}}),
            "a 'b\n\nc\n");
}

TEST(FillScript, ValuesAreNotScannedAgain) {
  EXPECT_EQ(*Filled({"echo '{{ v }}' {{ w }}"}, "{{ w }}", "{{ v }}"), "echo '{{ w }}' {{ v }}\n");
}

TEST(FillScript, WhatIsNoPlaceholderStays) {
  EXPECT_EQ(*Filled({"docker ps --format '{{ .Names }}' {{ssm:x}} {{ }} {{{v}}} {{"}, "V"),
            "docker ps --format '{{ .Names }}' {{ssm:x}} {{ }} {V} {{\n");
}

TEST(FillScript, WhereThePlaceIsNotUnderstoodItSaysWhatToWrite) {
  const auto refused = [](const std::vector<std::string>& lines, const std::string& why) {
    EXPECT_NE(ErrorOf(lines, "x").find(why), std::string::npos) << lines[0] << ErrorOf(lines, "x");
  };
  refused({"echo `echo '{{ v }}'`"}, "into `...`; use $(...)");
  refused({"echo ${x:-{{ v }}}"}, "into ${...}; use a variable");
  refused({"echo \"${x:-{{ v }}}\""}, "into ${...}; use a variable");
  refused({"echo $'{{ v }}'"}, "into $'...'; use '...'");
  refused({"echo \"\\{{ v }}\""}, "behind a backslash");
  refused({"echo \"${{ v }}\""}, "behind a $");
  refused({"echo ${{ v }}"}, "behind a $");
  refused({"cat <<{{ v }}", "x"}, "delimiter");
  refused({"cat <<EOF", "$(echo '{{ v }}')", "EOF"}, "behind a $(...) of a here-document");
  refused({"cat <<EOF", "`echo '{{ v }}'`", "EOF"}, "behind a `...` of a here-document");
  refused({"cat <<EOF", "${x-{{ v }}}", "EOF"}, "here-document");
  refused({"cat <<EOF", "\\{{ v }}", "EOF"}, "behind a backslash");
  refused({"cat <<EOF", "a\\", "EOF", "'{{ v }}'", "EOF"}, "backslash at a line's end");
  refused({"echo $'it\\'s' '{{ v }}'"}, "dash and another to bash");
  refused({"((x = 1 << 2))", "echo '{{ v }}'", "2"}, "dash and another to bash");
  refused({"echo \"$[1 + {{ v }}]\""}, "arithmetic to bash");
  refused({"x=$[1 << 2]", "echo '{{ v }}'"}, "arithmetic to bash");
  refused({"cat <<EOF", "$[1 + {{ v }}]", "EOF"}, "behind a $[...] of a here-document");
  refused({"cat <<'EOF' <(true", "{{ v }}", "EOF", ")"}, "goes over a line's end");
  refused({"x=$(case a in a) echo;; esac); echo '{{ v }}'"}, "case");
  refused({"echo '{{ v }}"}, "do not end");
  refused({"cat <<EOF", "{{ v }}"}, "does not end");
  refused({"echo $(({{ v }}))"}, "no whole number");
  refused({"echo {{ list }}"}, "must stand alone on its line");
}

TEST(FillScript, ABareValueThatOpensAQuoteMakesTheNextPlaceUnknown) {
  for (const std::string value : {"'", "\"", "$(", "`", "# ", "\\", "$", "<<X\n", "${"}) {
    EXPECT_NE(ErrorOf({"echo {{ v }} '{{ w }}'"}, value, "x").find("can't be put where it stands"),
              std::string::npos)
        << value << ErrorOf({"echo {{ v }} '{{ w }}'"}, value, "x");
  }
  EXPECT_EQ(*Filled({"echo {{ v }} '{{ w }}'"}, "'a' $(b \"c\") # d\n", "it's"),
            "echo 'a' $(b \"c\") # d\n 'it'\\''s'\n");
  EXPECT_TRUE(Filled({"{{ v }}"}, "echo 'open").ok()) << "what is bare alone is the user's";
}

TEST(FillScript, NoNulByteComesIn) {
  EXPECT_NE(ErrorOf({"echo '{{ v }}'"}, std::string("a\0b", 3)).find("NUL"), std::string::npos);
}

TEST(FillScript, ADelimiterMadeOfAValueIsRefused) {
  for (const auto& [line, value] : {std::pair("EO{{ v }}", "F"), std::pair("{{ v }}EOF", "")}) {
    EXPECT_FALSE(Filled({"cat <<EOF", line, "EOF"}, value).ok()) << line;
  }
}

}  // namespace
}  // namespace lull::runners
