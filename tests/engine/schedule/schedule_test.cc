#include "engine/schedule/schedule.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

constexpr char kSyntax[] =
    "Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|days?))"
    ", cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss).";
constexpr char kBadFrequency[] = "Invalid schedule frequency";
constexpr char kBadAt[] = "Invalid schedule at DateTime expression";
constexpr char kBadOffset[] = "An offset can't be added to the specified schedule.";

absl::Time T(std::string_view text) {
  const auto at = ParseDateTime(text);
  EXPECT_TRUE(at.ok()) << text << ": " << at.status();
  return at.ok() ? *at : absl::InfinitePast();
}

/// Of an expression alone, created at the beginning of 2026.
ScheduleText Of(std::string expression) {
  ScheduleText text;
  text.expression = std::move(expression);
  text.counts_from = T("2026-01-01T00:00:00Z");
  return text;
}

std::string ErrorOf(const ScheduleText& text) {
  const auto schedule = Schedule::Parse(text);
  if (schedule.ok()) return "OK";
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(schedule.status().message().data(), schedule.status().message().size());
}

/// The occurrences after `after`, as the API prints them; `limit` at most.
std::vector<std::string> Next(const ScheduleText& text, std::string_view after, int limit) {
  std::vector<std::string> found;
  const auto schedule = Schedule::Parse(text);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  if (!schedule.ok()) return found;
  std::optional<absl::Time> at = T(after);
  while (limit-- > 0 && (at = schedule->NextAfter(*at))) {
    found.push_back(FormatOccurrence(*at, schedule->timezone()));
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(RateTest, WithoutStartDateCountsFromItsBaseAndNeverDrifts) {
  ScheduleText text = Of("rate(5 minutes)");
  text.counts_from = T("2019-05-11T16:41:16.991Z");
  EXPECT_EQ(
      Next(text, "2019-05-11T16:41:16.991Z", 3),
      (Texts{"2019-05-11T16:46:16.991Z", "2019-05-11T16:51:16.991Z", "2019-05-11T16:56:16.991Z"}));
  EXPECT_EQ(Next(text, "2019-06-11T16:46:16.990Z", 1), (Texts{"2019-06-11T16:46:16.991Z"}));
  EXPECT_EQ(Next(text, "2019-06-11T16:46:16.991Z", 1), (Texts{"2019-06-11T16:51:16.991Z"}));
}

TEST(RateTest, WithStartDateInTheFutureOpensAtItFirst) {
  ScheduleText text = Of("rate(7 days)");
  text.start_date = "2026-02-01T05:00:00+09:00";
  text.timezone = "Asia/Tokyo";
  EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 2),
            (Texts{"2026-02-01T05:00+09:00", "2026-02-08T05:00+09:00"}));
}

TEST(RateTest, WithStartDateInThePastCountsFromItsBase) {
  ScheduleText text = Of("rate(1 day)");
  text.start_date = "2020-01-01T07:00:00Z";
  EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 1), (Texts{"2026-01-02T00:00Z"}));
}

TEST(RateTest, EveryUnitInSingularAndPluralWithAndWithoutABlank) {
  for (const auto& [expression, next] : {std::pair{"rate(1 minute)", "2026-01-01T00:01Z"},
                                         {"rate(1minutes)", "2026-01-01T00:01Z"},
                                         {"rate(2 minute)", "2026-01-01T00:02Z"},
                                         {"rate(1 hours)", "2026-01-01T01:00Z"},
                                         {"rate(30hour)", "2026-01-02T06:00Z"},
                                         {"Rate(2 days)", "2026-01-03T00:00Z"},
                                         {"RATE(1 day)", "2026-01-02T00:00Z"},
                                         {"rate(0010 minutes)", "2026-01-01T00:10Z"}}) {
    EXPECT_EQ(Next(Of(expression), "2026-01-01T00:00:00Z", 1), (Texts{next})) << expression;
  }
}

TEST(RateTest, OfNothingOrOfMoreThanWillEverRunIsRefused) {
  for (const char* expression :
       {"rate(0 minutes)", "rate(0 days)", "rate(99999999999999999999 minutes)",
        "rate(9223372036854775807 days)", "rate(36601 days)"}) {
    EXPECT_EQ(ErrorOf(Of(expression)), kBadFrequency) << expression;
  }
  EXPECT_EQ(ErrorOf(Of("rate(36600 days)")), "OK");
}

TEST(RateTest, TheLongestStillHasANextOneFarAhead) {
  EXPECT_EQ(Next(Of("rate(36600 days)"), "9990-01-01T00:00:00Z", 1).size(), 1u);
}

TEST(ScheduleTest, WhatMatchesNoFormIsToldTheSyntax) {
  for (const char* expression : {"",
                                 " ",
                                 "x",
                                 "rate",
                                 "rate(",
                                 "rate()",
                                 "rate)",
                                 "rate(5)",
                                 "rate( 5 minutes)",
                                 "rate(5 minutes )",
                                 "rate(5  minutes)",
                                 "rate(-1 day)",
                                 "rate(+1 day)",
                                 "rate(1.5 hours)",
                                 "rate(1 week)",
                                 "rate(1 Minutes)",
                                 "rate(5 minutes",
                                 "rate 5 minutes",
                                 " rate(5 minutes)",
                                 "rate(5 minutes) ",
                                 "at",
                                 "at2026-01-01T00:00:00",
                                 "rates(5 minutes)",
                                 "(5 minutes)",
                                 ")",
                                 "()"}) {
    EXPECT_EQ(ErrorOf(Of(expression)), kSyntax) << expression;
  }
}

TEST(AtTest, OpensOnceAndNeverAgain) {
  EXPECT_EQ(Next(Of("at(2026-07-07T15:55:00)"), "2026-01-01T00:00:00Z", 5),
            (Texts{"2026-07-07T15:55Z"}));
  EXPECT_EQ(Next(Of("AT(2026-07-07T15:55)"), "2026-01-01T00:00:00Z", 5),
            (Texts{"2026-07-07T15:55Z"}));
  EXPECT_EQ(Next(Of("at(2026-07-07T15:55:30)"), "2026-07-07T15:55:29Z", 5),
            (Texts{"2026-07-07T15:55:30Z"}));
  EXPECT_EQ(Next(Of("at(2026-07-07T15:55:30)"), "2026-07-07T15:55:30Z", 5), Texts{});
}

TEST(AtTest, InThePastIsAcceptedAndNeverOpens) {
  EXPECT_EQ(Next(Of("at(2020-07-07T15:55:00)"), "2026-01-01T00:00:00Z", 5), Texts{});
}

TEST(AtTest, IsAtTheWallClockOfItsZone) {
  struct Row {
    const char* zone;
    const char* next;
  };
  constexpr Row kRows[] = {{"America/Los_Angeles", "2026-07-07T13:15:30-07:00"},
                           {"Asia/Tokyo", "2026-07-07T13:15:30+09:00"},
                           {"US/Pacific", "2026-07-07T13:15:30-07:00"},
                           {"EST", "2026-07-07T13:15:30-05:00"},
                           {"UTC", "2026-07-07T13:15:30Z"},
                           {"Etc/GMT+5", "2026-07-07T13:15:30-05:00"},
                           {"+05:30", "2026-07-07T13:15:30+05:30"},
                           {"-0930", "2026-07-07T13:15:30-09:30"},
                           {"+18:00", "2026-07-07T13:15:30+18:00"},
                           {"+00:00", "2026-07-07T13:15:30Z"}};
  for (const Row& row : kRows) {
    ScheduleText text = Of("at(2026-07-07T13:15:30)");
    text.timezone = row.zone;
    EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 1), (Texts{row.next})) << row.zone;
  }
}

TEST(AtTest, InAGapMovesForwardByTheGapAndInAnOverlapTheEarlierOffsetCounts) {
  struct Row {
    const char* label;
    const char* zone;
    const char* local;
    const char* next;
  };
  constexpr Row kRows[] = {
      {"New York, before the gap", "America/New_York", "2026-03-08T01:59:59",
       "2026-03-08T01:59:59-05:00"},
      {"New York, in the gap", "America/New_York", "2026-03-08T02:30:00", "2026-03-08T03:30-04:00"},
      {"New York, the gap's first second", "America/New_York", "2026-03-08T02:00:00",
       "2026-03-08T03:00-04:00"},
      {"New York, after the gap", "America/New_York", "2026-03-08T03:00:00",
       "2026-03-08T03:00-04:00"},
      {"New York, in the overlap", "America/New_York", "2026-11-01T01:30:00",
       "2026-11-01T01:30-04:00"},
      {"New York, after the overlap", "America/New_York", "2026-11-01T02:00:00",
       "2026-11-01T02:00-05:00"},
      {"London, in the gap", "Europe/London", "2026-03-29T01:30:00", "2026-03-29T02:30+01:00"},
      {"London, in the overlap", "Europe/London", "2026-10-25T01:30:00", "2026-10-25T01:30+01:00"},
      {"Lord Howe, half an hour's gap", "Australia/Lord_Howe", "2026-10-04T02:15:00",
       "2026-10-04T02:45+11:00"},
      {"Lord Howe, half an hour's overlap", "Australia/Lord_Howe", "2026-04-05T01:45:00",
       "2026-04-05T01:45+11:00"},
      {"Tokyo has none", "Asia/Tokyo", "2026-03-08T02:30:00", "2026-03-08T02:30+09:00"},
      {"Apia left a whole day out", "Pacific/Apia", "2011-12-30T12:00:00",
       "2011-12-31T12:00+14:00"},
  };
  for (const Row& row : kRows) {
    ScheduleText text = Of(std::string("at(") + row.local + ")");
    text.timezone = row.zone;
    EXPECT_EQ(Next(text, "2000-01-01T00:00:00Z", 1), (Texts{row.next})) << row.label;
  }
}

TEST(AtTest, WhatNoCalendarHasOrCarriesAZoneIsRefused) {
  for (const char* inside : {"",
                             "x",
                             "2030-01-01T00:00:00Z",
                             "2030-01-01T00:00:00+00:00",
                             "2030-02-30T00:00:00",
                             "2030-02-29T00:00:00",
                             "2030-13-01T00:00:00",
                             "2030-00-01T00:00:00",
                             "2030-01-00T00:00:00",
                             "2030-01-01T24:00:00",
                             "2030-01-01T00:60:00",
                             "2030-01-01T00:00:60",
                             "2030-01-01",
                             "2030-01-01 00:00:00",
                             "2030-1-1T0:0:0",
                             "2030-01-01T00:00:",
                             "2030-01-01T00:00:0",
                             "2030-01-01T00:00:00.5",
                             " 2030-01-01T00:00:00",
                             "2030-01-01T00:00:00 ",
                             "+030-01-01T00:00",
                             "-030-01-01T00:00",
                             "12030-01-01T00:00"}) {
    EXPECT_EQ(ErrorOf(Of(std::string("at(") + inside + ")")), kBadAt) << inside;
  }
  EXPECT_EQ(ErrorOf(Of("at(2028-02-29T00:00:00)")), "OK");
}

TEST(ScheduleTest, StartAndEndDateAreBothInclusive) {
  struct Row {
    const char* label;
    const char* start;
    const char* end;
    bool opens;
  };
  constexpr Row kRows[] = {
      {"starts at it", "2026-07-07T15:55:00Z", "2027-01-01T00:00:00Z", true},
      {"starts just after it", "2026-07-07T15:55:00.000001Z", "2027-01-01T00:00:00Z", false},
      {"ends at it", "2026-01-01T00:00:00Z", "2026-07-07T15:55:00Z", true},
      {"ends just before it", "2026-01-01T00:00:00Z", "2026-07-07T15:54:59.999999Z", false},
      {"ends at it, in another offset", "2026-01-01T00:00:00Z", "2026-07-07T17:55:00+02:00", true}};
  for (const Row& row : kRows) {
    ScheduleText text = Of("at(2026-07-07T15:55:00)");
    text.start_date = row.start;
    text.end_date = row.end;
    EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 1).size(), row.opens ? 1u : 0u) << row.label;
  }
}

TEST(RateTest, EndsWithEndDate) {
  ScheduleText text = Of("rate(1 day)");
  text.end_date = "2026-01-03T00:00:00Z";
  EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 9),
            (Texts{"2026-01-02T00:00Z", "2026-01-03T00:00Z"}));
  text.end_date = "2025-01-01T00:00:00Z";  // past already: accepted, and never opens
  EXPECT_EQ(Next(text, "2026-01-01T00:00:00Z", 9), Texts{});
}

TEST(ScheduleTest, StartDateThatIsNotBeforeEndDateIsRefused) {
  for (const char* end :
       {"2026-05-01T00:00:00Z", "2026-05-01T02:00:00+02:00", "2026-04-30T23:59:59Z"}) {
    ScheduleText text = Of("rate(1 day)");
    text.start_date = "2026-05-01T00:00:00Z";
    text.end_date = end;
    EXPECT_EQ(ErrorOf(text), "Window start date must be before window end date") << end;
  }
}

TEST(ScheduleTest, AnOffsetNeedsACronExpression) {
  for (const char* expression : {"rate(1 day)", "at(2026-07-07T15:55:00)"}) {
    ScheduleText text = Of(expression);
    text.offset = 1;
    EXPECT_EQ(ErrorOf(text), kBadOffset) << expression;
  }
}

TEST(ScheduleTest, ZoneNamesThatAreNoneAreRefusedAndNeverLeaveTheDatabase) {
  const std::string longest(128, 'A');
  for (const std::string& zone : {std::string(),
                                  std::string("Foo/Bar"),
                                  std::string("Z"),
                                  std::string("localtime"),
                                  std::string("/etc/passwd"),
                                  std::string("../../etc/passwd"),
                                  std::string("../UTC"),
                                  std::string("./UTC"),
                                  std::string("Europe/../UTC"),
                                  std::string("file:/etc/passwd"),
                                  std::string(":UTC"),
                                  std::string("UTC "),
                                  std::string(" UTC"),
                                  std::string("UTC\n"),
                                  std::string("UTC\0x", 5),
                                  std::string("Europe"),
                                  std::string("Europe/"),
                                  std::string("america/new_york"),
                                  std::string("+19:00"),
                                  std::string("+18:01"),
                                  std::string("+5"),
                                  std::string("+05:3"),
                                  std::string("+05:60"),
                                  std::string("05:30"),
                                  std::string("+05:30x"),
                                  std::string("Europe/Z\xC3\xBCrich"),
                                  longest,
                                  longest + 'A',
                                  std::string(100000, 'x')}) {
    ScheduleText text = Of("rate(1 day)");
    text.timezone = zone;
    EXPECT_EQ(ErrorOf(text), zone +
                                 " is a malformed timezone. Please refer to the IANA time zone "
                                 "database for a valid timezones.");
  }
}

TEST(ParseDateTimeTest, ReadsEveryFormThatCarriesAnOffset) {
  const absl::Time expected = absl::FromUnixSeconds(1514764800);  // 2018-01-01T00:00:00Z
  for (const char* text :
       {"2018-01-01T00:00:00Z", "2018-01-01T00:00Z", "2018-01-01T00:00:00.0Z",
        "2018-01-01T00:00:00.000000000Z", "2017-12-31T22:00:00-02:00", "2017-12-31T22:00-0200",
        "2018-01-01T09:00:00+09:00", "2018-01-01T05:30:00+05:30"}) {
    EXPECT_EQ(T(text), expected) << text;
  }
  EXPECT_EQ(T("2018-01-01T00:00:00.25Z"), expected + absl::Milliseconds(250));
  EXPECT_EQ(T("2018-01-01T00:00:00.000000001Z"), expected + absl::Nanoseconds(1));
}

TEST(ParseDateTimeTest, RefusesTheRestWithTheApisSentence) {
  for (const char* text :
       {"", "x", "2018-01-01", "2018-01-01T00:00:00", "2018-01-01T00:00:00z",
        "2018-01-01 00:00:00Z", "2018-01-01T00:00:00.Z", "2018-01-01T00:00:00.0000000000Z",
        "2018-02-30T00:00:00Z", "2018-01-01T24:00:00Z", "2018-01-01T00:00:60Z",
        "2018-01-01T00:00:00+19:00", "2018-01-01T00:00:00+0", "2018-01-01T00:00:00Zx",
        " 2018-01-01T00:00:00Z", "18-01-01T00:00:00Z", "2018-01-01T00:00:00[Europe/Berlin]"}) {
    const auto at = ParseDateTime(text);
    ASSERT_FALSE(at.ok()) << text;
    EXPECT_EQ(std::string(at.status().message().data(), at.status().message().size()),
              std::string("DateTime ") + text +
                  " is malformed, format either must contain an offset - e.g. "
                  "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'");
  }
}

TEST(ParseDateTimeTest, EchoesWhatIsTooLongUpToTheEndOfACharacter) {
  const std::string start(63, 'x');
  const auto at = ParseDateTime(start + "\u00e9 and more");
  ASSERT_FALSE(at.ok());
  EXPECT_EQ(std::string(at.status().message().data(), at.status().message().size())
                .rfind("DateTime " + start + " is malformed", 0),
            0u);
}

TEST(ScheduleTest, DatesWithoutAnOffsetAreRefusedForStartAndEnd) {
  ScheduleText text = Of("rate(1 day)");
  text.start_date = "2021-11-01";
  EXPECT_EQ(ErrorOf(text).rfind("DateTime 2021-11-01 is malformed", 0), 0u);
  text.start_date.reset();
  text.end_date = "2021-11-01T00:00:00";
  EXPECT_EQ(ErrorOf(text).rfind("DateTime 2021-11-01T00:00:00 is malformed", 0), 0u);
}

TEST(FormatOccurrenceTest, PrintsEverySampleOfTheApi) {
  struct Row {
    const char* at;
    const char* zone;
    const char* text;
  };
  constexpr Row kRows[] = {
      {"2019-05-11T16:46:16.991Z", "UTC", "2019-05-11T16:46:16.991Z"},
      {"2020-02-19T16:00:00Z", "UTC", "2020-02-19T16:00Z"},
      {"2024-03-12T14:00:00Z", "America/Chicago", "2024-03-12T09:00-05:00"},
      {"2020-07-25T14:00:00Z", "Australia/Sydney", "2020-07-26T00:00+10:00"},
      {"2019-10-20T12:34:56Z", "America/Los_Angeles", "2019-10-20T05:34:56-07:00"},
      {"2019-10-04T10:10:10Z", "UTC", "2019-10-04T10:10:10Z"},
      // Another zone at UTC's offset prints Z; fractions in threes; seconds with a fraction.
      {"2026-01-01T09:00:00Z", "Europe/London", "2026-01-01T09:00Z"},
      {"2026-07-01T09:00:00Z", "Europe/London", "2026-07-01T10:00+01:00"},
      {"2026-01-01T09:00:00.000001Z", "UTC", "2026-01-01T09:00:00.000001Z"},
      {"2026-01-01T09:00:00.5Z", "UTC", "2026-01-01T09:00:00.500Z"},
      {"2026-01-01T09:00:00.000000007Z", "UTC", "2026-01-01T09:00:00.000000007Z"},
      {"2026-01-01T09:00:00Z", "Asia/Kathmandu", "2026-01-01T14:45+05:45"}};
  for (const Row& row : kRows) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(row.zone, &zone)) << row.zone;
    EXPECT_EQ(FormatOccurrence(T(row.at), zone), row.text);
  }
}

TEST(FormatOccurrenceTest, WhatItPrintsParsesBackToTheSameInstant) {
  for (const char* zone_name : {"UTC", "Europe/London", "America/St_Johns", "Pacific/Apia"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(zone_name, &zone));
    for (int i = 0; i < 400; ++i) {
      const absl::Time at = absl::FromUnixMillis(1700000000000 + i * std::int64_t{7654321987});
      const std::string text = FormatOccurrence(at, zone);
      EXPECT_EQ(T(text), at) << text;
      EXPECT_EQ(FormatOccurrence(T(text), zone), text);
    }
  }
}

TEST(ScheduleTest, InputsOfTheLongestLengthAreAnsweredNotCrashedOn) {
  const std::string digits(256, '9');
  EXPECT_EQ(ErrorOf(Of("rate(" + digits + " minutes)")), kBadFrequency);
  EXPECT_EQ(ErrorOf(Of("at(" + digits + ")")), kBadAt);
  EXPECT_EQ(ErrorOf(Of(std::string(256, '('))), kSyntax);
  EXPECT_EQ(ErrorOf(Of(std::string(256, '\0'))), kSyntax);
  EXPECT_EQ(ErrorOf(Of(std::string(256, '\xFF'))), kSyntax);
  ScheduleText text = Of("rate(1 day)");
  text.start_date = digits;
  EXPECT_EQ(ErrorOf(text).rfind("DateTime 9999", 0), 0u);
}

}  // namespace
}  // namespace lull
