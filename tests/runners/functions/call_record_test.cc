#include "runners/functions/call_record.h"

#include <string>

#include "engine/ports/runner.h"
#include "gtest/gtest.h"

namespace lull::runners {
namespace {

CallRecord Ended(std::string detail) {
  return {.state = CallState::kEnded,
          .invocation_id = "id",
          .function = "patch\nnight",
          .due = absl::FromUnixMicros(17),
          .outcome = {.status = Status::kFailed,
                      .exit_code = std::nullopt,
                      .detail = std::move(detail),
                      .undelivered = true}};
}

TEST(CallRecordTest, WhatWasWrittenIsRead) {
  for (const std::string& detail :
       {std::string(), std::string("no"), std::string("two\nlines\nend"),
        std::string(kMaxDetailBytes, 'x')}) {
    const auto read = ParseCallText(CallText(Ended(detail)));
    ASSERT_TRUE(read.has_value()) << detail;
    EXPECT_EQ(read->state, CallState::kEnded);
    EXPECT_EQ(read->invocation_id, "id");
    EXPECT_EQ(read->function, "patch night");
    EXPECT_EQ(read->due, absl::FromUnixMicros(17));
    EXPECT_EQ(read->outcome.status, Status::kFailed);
    EXPECT_TRUE(read->outcome.undelivered);
    EXPECT_EQ(read->outcome.detail, detail);
  }
}

TEST(CallRecordTest, APieceOfARecordIsNone) {
  const std::string text = CallText(Ended("detail"));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseCallText(text.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseCallText(std::string(text.size(), '\0')).has_value());
}

TEST(CallRecordTest, ItFitsItsBound) {
  CallRecord record = Ended(std::string(100'000, 'x'));
  EXPECT_LE(CallText(record).size(), kMaxCallRecordBytes);
}

}  // namespace
}  // namespace lull::runners
