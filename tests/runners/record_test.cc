#include "runners/record.h"

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lull::runners {
namespace {

constexpr char kHead[] =
    "lull-record 1\npid 0000000123\nid some-id\ntimeout_us 90000000\nundeliverable 255\ntimed_out "
    "124\n";
constexpr char kEnd[] =
    "how unverifiable\ncause stop\nsignal 9\nerror 11 fork\nlost 28\nleft 3 17 18\nfinal\n";

TEST(Record, WhatIsWrittenOfAHeadIsRead) {
  const std::string text = FormatRecord({.id = InvocationId("x"),
                                         .execution_timeout = absl::Seconds(5),
                                         .undeliverable_status = 7,
                                         .timed_out_status = 9});
  const auto record = ParseRecord(text);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->head.id, InvocationId("x"));
  EXPECT_EQ(record->head.execution_timeout, absl::Seconds(5));
  EXPECT_EQ(record->head.undeliverable_status, 7);
  EXPECT_EQ(record->head.timed_out_status, 9);
  EXPECT_EQ(record->shim, 0);
  EXPECT_FALSE(record->end.has_value());
  EXPECT_EQ(ParseRecord(FormatRecord({.id = InvocationId("x")}))->head.undeliverable_status,
            std::nullopt);
}

TEST(Record, AnOutcomeIsRead) {
  const auto record = ParseRecord(std::string(kHead) + kEnd);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->shim, 123);
  ASSERT_TRUE(record->end.has_value());
  EXPECT_EQ(record->end->cause, StopCause::kStopRequest);
  EXPECT_EQ(record->end->exit_status, std::nullopt);
  EXPECT_EQ(record->end->signal, 9);
  EXPECT_EQ(record->end->start_error, 11);
  EXPECT_EQ(record->end->start_step, "fork");
  EXPECT_EQ(record->end->write_error, 28);
  EXPECT_EQ(record->end->left, 3);
  EXPECT_THAT(record->end->left_ids, testing::ElementsAre(17, 18));
}

TEST(Record, OneThatWasCutAnywhereIsNoOutcome) {
  const std::string whole = std::string(kHead) + kEnd;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto record = ParseRecord(whole.substr(0, size));
    EXPECT_FALSE(record.ok() && record->end.has_value()) << size;
  }
}

TEST(Record, OneWithoutALineOfItsOwnIsAnError) {
  for (const std::string word : {"cause", "error", "lost", "left", "timeout_us", "id", "pid"}) {
    std::string text = std::string(kHead) + kEnd;
    text.replace(text.find("\n" + word + " ") + 1, word.size(), "other");
    EXPECT_FALSE(ParseRecord(text).ok()) << word;
  }
}

}  // namespace
}  // namespace lull::runners
