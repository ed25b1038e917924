#include <string>
#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "engine/schedule/schedule.h"
#include "gtest/gtest.h"
#include "tests/engine/schedule/system_zones.h"

namespace lull {
namespace {

absl::TimeZone Zone(const std::string& name) {
  const auto zone = ParseTimezone(name);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return zone.ok() ? *zone : absl::UTCTimeZone();
}

TEST(TimeZoneTest, EveryZoneAndLinkOfTheSystemIsKnownByItsNameAlone) {
  const auto zones = SystemZones();
  EXPECT_GT(zones.size(), 400u);
  for (const std::string& name : zones) {
    const auto zone = ParseTimezone(name);
    EXPECT_TRUE(zone.ok()) << name;
    if (!zone.ok()) continue;
    EXPECT_EQ(ParseTimezone(TimezoneName(*zone)).value(), *zone) << name;
    EXPECT_FALSE(ParseTimezone("right/" + name).ok());
    EXPECT_FALSE(ParseTimezone("/usr/share/zoneinfo/" + name).ok());
  }
}

TEST(TimeZoneTest, OffsetsArePrintedInOneForm) {
  for (const auto& [name, printed] : {std::pair{"+0530", "+05:30"},
                                      {"-09:30", "-09:30"},
                                      {"+18:00", "+18:00"},
                                      {"-0045", "-00:45"},
                                      {"Asia/Tokyo", "Asia/Tokyo"},
                                      {"UTC", "UTC"}}) {
    EXPECT_EQ(TimezoneName(Zone(name)), printed);
    EXPECT_EQ(Zone(printed), Zone(name));
  }
}

TEST(ZoneClockTest, SaysWhetherALocalTimeIsUniqueSkippedOrRepeated) {
  struct Row {
    const char* label;
    const char* zone;
    const char* local;
    LocalTime::Kind kind;
    const char* instant;
  };
  using Kind = LocalTime::Kind;
  const Row rows[] = {
      {"the day before", "America/New_York", "2026-03-07T02:30:00", Kind::kUnique,
       "2026-03-07T02:30-05:00"},
      {"before the gap", "America/New_York", "2026-03-08T01:59:59", Kind::kUnique,
       "2026-03-08T01:59:59-05:00"},
      {"the gap begins", "America/New_York", "2026-03-08T02:00:00", Kind::kSkipped,
       "2026-03-08T03:00-04:00"},
      {"the gap's last", "America/New_York", "2026-03-08T02:59:59", Kind::kSkipped,
       "2026-03-08T03:59:59-04:00"},
      {"after the gap", "America/New_York", "2026-03-08T03:00:00", Kind::kUnique,
       "2026-03-08T03:00-04:00"},
      {"before the overlap", "America/New_York", "2026-11-01T00:59:59", Kind::kUnique,
       "2026-11-01T00:59:59-04:00"},
      {"the overlap begins", "America/New_York", "2026-11-01T01:00:00", Kind::kRepeated,
       "2026-11-01T01:00-04:00"},
      {"the overlap's last", "America/New_York", "2026-11-01T01:59:59", Kind::kRepeated,
       "2026-11-01T01:59:59-04:00"},
      {"after the overlap", "America/New_York", "2026-11-01T02:00:00", Kind::kUnique,
       "2026-11-01T02:00-05:00"},
      {"half an hour's gap", "Australia/Lord_Howe", "2026-10-04T02:15:00", Kind::kSkipped,
       "2026-10-04T02:45+11:00"},
      {"a day's gap", "Pacific/Apia", "2011-12-30T12:00:00", Kind::kSkipped,
       "2011-12-31T12:00+14:00"},
      {"midnight's gap", "Asia/Beirut", "2026-03-29T00:00:00", Kind::kSkipped,
       "2026-03-29T01:00+03:00"},
      {"no zone at all", "UTC", "2026-03-08T02:30:00", Kind::kUnique, "2026-03-08T02:30Z"},
  };
  for (const Row& row : rows) {
    const absl::TimeZone zone = Zone(row.zone);
    const absl::CivilSecond local = *ParseLocalDateTime(row.local);
    ZoneClock fresh(zone);
    ZoneClock used(zone);
    used.From(absl::ToUnixSeconds(absl::FromCivil(local - 40 * 86400, zone)));
    for (ZoneClock* clock : {&fresh, &used}) {
      const LocalTime time = clock->Resolve(local);
      EXPECT_EQ(time.kind, row.kind) << row.label;
      EXPECT_EQ(FormatOccurrence(absl::FromUnixSeconds(time.instant), zone), row.instant)
          << row.label;
    }
  }
}

TEST(ZoneClockTest, TheGapEndsWhereTheClocksGoOn) {
  EXPECT_EQ(
      ZoneClock(Zone("America/New_York")).Resolve(absl::CivilSecond(2026, 3, 8, 2, 30)).gap_end,
      absl::CivilSecond(2026, 3, 8, 3));
  EXPECT_EQ(ZoneClock(Zone("Pacific/Apia")).Resolve(absl::CivilSecond(2011, 12, 30, 2, 30)).gap_end,
            absl::CivilSecond(2011, 12, 31));
}

TEST(FormatRfc3339Test, PrintsWhatStrictReadersRead) {
  const auto at = [](const char* text) { return *ParseDateTime(text); };
  EXPECT_EQ(FormatRfc3339(at("2026-01-15T07:00:00Z"), Zone("America/New_York")),
            "2026-01-15T02:00:00-05:00");
  EXPECT_EQ(FormatRfc3339(at("2026-01-15T07:00:00.5Z"), Zone("UTC")), "2026-01-15T07:00:00.500Z");
  EXPECT_EQ(FormatRfc3339(at("2026-07-15T07:00:00Z"), Zone("Europe/London")),
            "2026-07-15T08:00:00+01:00");
  EXPECT_EQ(FormatRfc3339(at("2026-01-15T07:00:00Z"), Zone("Europe/London")),
            "2026-01-15T07:00:00Z");
  EXPECT_EQ(FormatRfc3339(at("2026-01-15T07:00:00Z"), Zone("-0930")), "2026-01-14T21:30:00-09:30");
  // Monrovia was 44 minutes and 30 seconds behind until 1972: no offset of RFC 3339's.
  EXPECT_EQ(FormatRfc3339(at("1971-01-15T07:00:00Z"), Zone("Africa/Monrovia")),
            "1971-01-15T07:00:00Z");
  EXPECT_EQ(FormatOccurrence(at("1971-01-15T07:00:00Z"), Zone("Africa/Monrovia")),
            "1971-01-15T06:15:30-00:44:30");
}

}  // namespace
}  // namespace lull
