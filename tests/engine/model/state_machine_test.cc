#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/engine/model/state_machine_text.h"

namespace lull {
namespace {

TEST(StatesPageTest, SaysWhatTheTableSays) {
  std::ifstream file("docs/state_machine.md", std::ios::binary);
  ASSERT_TRUE(file) << "docs/state_machine.md can't be read";
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, StatesPage())
      << "docs/state_machine.md has drifted from engine/model/states.h. Rewrite it:\n"
         "bazel run //tests/engine/model:state_machine_page -- \"$PWD/docs/state_machine.md\"";
}

}  // namespace
}  // namespace lull
