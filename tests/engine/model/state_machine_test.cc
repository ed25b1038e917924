#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/engine/model/promela_text.h"
#include "tests/engine/model/state_machine_text.h"

namespace lull {
namespace {

void ExpectFileSays(const std::string& path, const std::string& expected) {
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file) << path << " can't be read";
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, expected) << path << " has drifted from engine/model/states.h. Rewrite it:\n"
                            << "bazel run //tests/engine/model:state_machine_page -- \"$PWD/"
                            << path << '"';
}

TEST(StatesPageTest, SaysWhatTheTableSays) {
  ExpectFileSays("docs/state_machine.md", StatesPage());
}

TEST(StatesPageTest, TheModelMovesAsTheTableSays) {
  ExpectFileSays("docs/model/transitions.pml", PromelaTransitions());
}

}  // namespace
}  // namespace lull
