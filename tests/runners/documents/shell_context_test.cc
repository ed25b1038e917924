// Random scripts, most of them nonsense: whatever the shells make of one, nothing of a value that
// stands in quotes, a comment or a here-document runs.
#include "runners/documents/shell_context.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/runners/documents/shells.h"

namespace lull::runners {
namespace {

constexpr const char* kTokens[] = {
    "'",
    "\"",
    "\\",
    "`",
    "$",
    "$(",
    ")",
    "(",
    "${x",
    "}",
    "#",
    " ",
    "\n",
    "\n",
    ";",
    "a",
    "x=",
    "echo ",
    "printf %s ",
    "<<E",
    "<<'E'",
    "<<-E",
    "E\n",
    "\nE\n",
    "$((",
    "))",
    "1",
    "|cat",
    "case x in ",
    "esac",
    "{ ",
    "; }",
    "&&",
    "if :; then ",
    "; fi\n",
    "<<<",
    "\t",
    "$'",
    "$\"",
    "{{v}}",
    "{{v}}",
    "{{v}}",
    "{{v}}",
    "'{{v}}'",
    "\"{{v}}\"",
    "\n# ",
    "cat <<E\n{{v}}\nE\n",
    "$(echo \"{{v}}\")",
    "eof",
    ":",
    "-",
    "%",
    "[",
    "]",
    "*",
};

/// A script with `value` wherever it may stand in quotes; empty: it may stand nowhere.
std::string Fill(const std::vector<std::string>& tokens, const std::string& value) {
  ShellContext context;
  std::string script;
  bool placed = false;
  for (std::string token : tokens) {
    for (std::size_t at = token.find("{{v}}"); at != token.npos; at = token.find("{{v}}")) {
      const std::string before = token.substr(0, at);
      token.erase(0, at + 5);
      context.Feed(before);
      script += before;
      if (context.IsBare()) {
        context.Feed("x");
        script += "x";
        continue;
      }
      const auto put = context.Put("v", value);
      if (!put.ok()) return "";
      script += *put;
      placed = true;
    }
    context.Feed(token);
    script += token;
  }
  return placed && context.End().ok() ? script : "";
}

class RandomScripts : public testing::TestWithParam<std::string> {
 protected:
  Shell shell_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Each, RandomScripts, testing::ValuesIn(ShellsHere()));

TEST_P(RandomScripts, RunNothingOfAValueInQuotes) {
  const char* more = std::getenv("LULL_RANDOM_SCRIPTS");
  const int wanted = more == nullptr ? 200 : std::atoi(more);
  const char* seed_text = std::getenv("LULL_SEED");
  const unsigned seed = seed_text == nullptr ? 1 : static_cast<unsigned>(std::atoi(seed_text));
  SCOPED_TRACE("LULL_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  // Not a command of words: one of those is run when a script runs what $(...) prints.
  const std::string run = ">" + shell_.mark();
  const std::vector<std::string> values = {
      "$(" + run + ")",    "`" + run + "`",
      "';" + run + ";'",   "\";" + run + ";\"",
      "\n" + run + "\n",   ";" + run + ";",
      "\\\n" + run + "\n", "}" + run + ";" + "`" + run + "`",
      ")\n" + run + "\n(", "'\"`$(" + run + ")`\"'",
      "\\';" + run + "#",  "$" + std::string("(") + run + ")",
      "E\n" + run + "\n",  "\nE\n" + run + "\n",
  };
  int ran = 0;
  for (int i = 0; i < 400 * wanted && ran < wanted; ++i) {
    std::vector<std::string> tokens;
    for (std::size_t n = 3 + random() % 9; n > 0; --n) {
      tokens.push_back(kTokens[random() % std::size(kTokens)]);
    }
    const std::string script = Fill(tokens, values[random() % values.size()]);
    if (script.empty()) continue;
    ++ran;
    shell_.Run(script);
    ASSERT_FALSE(shell_.Marked()) << script;
  }
  EXPECT_EQ(ran, wanted);
}

}  // namespace
}  // namespace lull::runners
