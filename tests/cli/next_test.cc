#include "cli/next.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lull::cli {
namespace {

using Occurrences = std::vector<std::string>;

const absl::Time kNow = absl::FromUnixMicros(1'700'000'000'123'456);  // 2023-11-14T22:13:20Z

NextAnswer Answer(const NextOptions& options) {
  const auto answer = NextOccurrences(options, kNow);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *answer : NextAnswer();
}

std::string ErrorOf(const NextOptions& options) {
  const absl::Status status = NextOccurrences(options, kNow).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

TEST(NextOccurrences, ARateCountsFromNowInWholeSeconds) {
  EXPECT_EQ(Answer({.schedule = "rate(1 day)", .count = 2}).occurrences,
            (Occurrences{"2023-11-15T22:13:20Z", "2023-11-16T22:13:20Z"}));
}

TEST(NextOccurrences, WithAfterItCountsFromThere) {
  EXPECT_EQ(
      Answer({.schedule = "rate(90 minutes)", .after = "2030-01-01T00:00:00+01:00", .count = 2})
          .occurrences,
      (Occurrences{"2030-01-01T00:30:00Z", "2030-01-01T02:00:00Z"}));
}

TEST(NextOccurrences, TimesHaveTheZonesOffsetOfThatDay) {
  EXPECT_EQ(Answer({.schedule = "rate(182 days)",
                    .timezone = "Europe/Berlin",
                    .after = "2030-01-01T00:00:00Z",
                    .count = 2})
                .occurrences,
            (Occurrences{"2030-07-02T02:00:00+02:00", "2030-12-31T01:00:00+01:00"}));
  EXPECT_EQ(Answer({.schedule = "at(2030-01-01T02:00:00)", .timezone = "+05:30"}).occurrences,
            (Occurrences{"2030-01-01T02:00:00+05:30"}));
}

TEST(NextOccurrences, TenAreTheDefaultAndFewerWhenItEnds) {
  EXPECT_EQ(Answer({.schedule = "rate(1 day)"}).occurrences.size(), 10u);
  EXPECT_EQ(Answer({.schedule = "rate(1 day)",
                    .start_date = "2024-01-01T00:00:00Z",
                    .end_date = "2024-01-03T12:00:00Z"})
                .occurrences,
            (Occurrences{"2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"}));
}

TEST(NextOccurrences, OneThatHasEndedHasNoneAndASentenceThatSaysSo) {
  const NextAnswer answer = Answer({.schedule = "at(2020-01-01T00:00:00)"});
  EXPECT_TRUE(answer.occurrences.empty());
  EXPECT_NE(answer.sentence.find("never after 2023-11-14T22:13:20Z"), std::string::npos)
      << answer.sentence;
  EXPECT_EQ(NextJson(answer), "[]");
  EXPECT_EQ(Answer({.schedule = "rate(1 day)"}).sentence.find("never"), std::string::npos);
}

TEST(NextOccurrences, JsonIsAListOfStrings) {
  EXPECT_EQ(NextJson(Answer({.schedule = "rate(1 day)", .count = 2})),
            R"(["2023-11-15T22:13:20Z", "2023-11-16T22:13:20Z"])");
}

TEST(NextOccurrences, BadInputGetsTheApisText) {
  EXPECT_EQ(ErrorOf({.schedule = "rate(1 day)", .timezone = "Foo/Bar"}),
            "Foo/Bar is a malformed timezone. Please refer to the IANA time zone database for a "
            "valid timezones.");
  EXPECT_EQ(ErrorOf({.schedule = "rate(1 day)", .offset = 2}),
            "An offset can't be added to the specified schedule.");
  EXPECT_EQ(ErrorOf({.schedule = "rate(1 day)", .offset = 7}),
            "1 validation error detected: Value '7' at 'scheduleOffset' failed to satisfy "
            "constraint: Member must have value less than or equal to 6");
  EXPECT_EQ(ErrorOf({.schedule = ""}),
            "1 validation error detected: Value '' at 'schedule' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
  for (const char* at : {"tomorrow", "2030-01-01", "2030-01-01T00:00:00", ""}) {
    EXPECT_EQ(ErrorOf({.schedule = "rate(1 day)", .after = at}),
              "DateTime " + std::string(at) +
                  " is malformed, format either must contain an offset - e.g. "
                  "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'");
  }
  EXPECT_EQ(ErrorOf({.schedule = "rate(1 day)",
                     .start_date = "2030-01-01T00:00:00Z",
                     .end_date = "2029-01-01T00:00:00Z"}),
            "Window start date must be before window end date");
  EXPECT_NE(ErrorOf({.schedule = "every day"}), "");
  EXPECT_NE(ErrorOf({.schedule = std::string(257, 'x')}), "");
}

}  // namespace
}  // namespace lull::cli
