#include "cli/function_result.h"

#include <string>

#include "engine/ports/runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lull::cli {
namespace {

using testing::HasSubstr;

TEST(FunctionResultTest, AllMembersAreOptional) {
  const auto ending = ReadFunctionResult("{}");
  ASSERT_TRUE(ending.ok()) << ending.status();
  EXPECT_EQ(ending->outcome.status, Status::kSuccess);
  EXPECT_EQ(ending->outcome.detail, "");
  EXPECT_EQ(ending->output, "");
}

TEST(FunctionResultTest, EachMemberIsRead) {
  const auto ending =
      ReadFunctionResult(R"( {"Output":"a\nb","StatusDetails":"é","Status":"TIMED_OUT"} )");
  ASSERT_TRUE(ending.ok()) << ending.status();
  EXPECT_EQ(ending->outcome.status, Status::kTimedOut);
  EXPECT_EQ(ending->outcome.detail, "é");
  EXPECT_EQ(ending->output, "a\nb");
}

TEST(FunctionResultTest, AnOutputThatIsNoTextIsKeptAsJson) {
  EXPECT_EQ(ReadFunctionResult(R"({"Output":{"installed":[1,2]}})")->output,
            R"({"installed":[1,2]})");
}

TEST(FunctionResultTest, ALongDetailIsCut) {
  const auto ending =
      ReadFunctionResult(R"({"StatusDetails":")" + std::string(60'000, 'x') + R"("})");
  EXPECT_EQ(ending->outcome.detail, std::string(kMaxDetailBytes, 'x'));
}

TEST(FunctionResultTest, WhatIsNoResultIsRefusedAndNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "no JSON"},
      {"SUCCESS", "no JSON"},
      {"{\"Status\":\"SUCCESS\"", "no JSON"},
      {"{\"Status\":\"SUCCESS\"} x", "no JSON"},
      {"\"SUCCESS\"", "no JSON object"},
      {"[]", "no JSON object"},
      {"null", "no JSON object"},
      {R"({"Status":"CANCELLED"})", "none of SUCCESS, FAILED and TIMED_OUT"},
      {R"({"Status":"IN_PROGRESS"})", "none of SUCCESS, FAILED and TIMED_OUT"},
      {R"({"Status":"success"})", "none of SUCCESS, FAILED and TIMED_OUT"},
      {R"({"Status":null})", "none of SUCCESS, FAILED and TIMED_OUT"},
      {R"({"StatusDetails":1})", "StatusDetails is no text"},
      {R"({"status":"FAILED"})", "a member \"status\""},
      {R"({"errorMessage":"division by zero"})", "a member \"errorMessage\""},
  };
  for (const auto& [text, why] : cases) {
    const auto ending = ReadFunctionResult(text);
    ASSERT_EQ(ending.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(ending.status().message()), HasSubstr(why)) << text;
  }
}

TEST(FunctionResultTest, WhatNestsTooDeepIsRefused) {
  EXPECT_FALSE(ReadFunctionResult("{\"Output\":" + std::string(60'000, '[')).ok());
}

}  // namespace
}  // namespace lull::cli
