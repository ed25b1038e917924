// Random schedules against the oracle, in every zone of the system's database.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "engine/schedule/schedule.h"
#include "gtest/gtest.h"
#include "tests/engine/schedule/random_schedule.h"
#include "tests/engine/schedule/system_zones.h"
#include "tests/support/schedule_oracle.h"

namespace lull {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kFirst = 0;                // 1970
constexpr std::int64_t kLast = 84007 * kDay - 1;  // 2199
constexpr int kOccurrences = 3;                   // of each case

// Zones with more in them than an hour twice a year: gaps of half an hour, two hours, a day or at
// midnight, rules that follow the moon, negative summer time, odd offsets.
const char* const kHardZones[] = {
    "Africa/Cairo",     "Africa/Casablanca", "Africa/El_Aaiun",     "Africa/Monrovia",
    "America/Caracas",  "America/Sao_Paulo", "America/St_Johns",    "Antarctica/Casey",
    "Antarctica/Troll", "Asia/Beirut",       "Asia/Gaza",           "Asia/Kathmandu",
    "Asia/Pyongyang",   "Asia/Tehran",       "Australia/Lord_Howe", "Europe/Dublin",
    "Pacific/Apia",     "Pacific/Chatham",   "Pacific/Fakaofo",     "Pacific/Kwajalein",
};

std::int64_t FromEnvironment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

/// One schedule, one instant.
struct Case {
  ScheduleText text;
  ScheduleOracle::Question question;
  std::int64_t after = 0;
};

std::string Print(std::int64_t instant) {
  return absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(instant), absl::UTCTimeZone());
}

std::string Print(const Case& it) {
  return absl::StrCat(it.text.expression, ", ", it.text.timezone.value_or("-"), ", offset ",
                      it.question.offset_days, ", counts from ", Print(it.question.counts_from),
                      ", start ", it.text.start_date.value_or("-"), ", end ",
                      it.text.end_date.value_or("-"), ", after ", Print(it.after));
}

/// An instant of 1970 to 2199; as often as not one near which the zone's clocks change.
std::int64_t Instant(RandomSchedule& random, absl::TimeZone zone) {
  const std::int64_t any = random.Between(kFirst, random.OneIn(2) ? kLast : 70 * 365 * kDay);
  absl::TimeZone::CivilTransition change;
  if (random.OneIn(2) || !zone.NextTransition(absl::FromUnixSeconds(any), &change)) return any;
  const std::int64_t at = absl::ToUnixSeconds(absl::FromCivil(change.to, zone));
  return std::clamp(at + random.Between(-30 * 3600, 6 * 3600), kFirst, kLast);
}

Case RandomCase(RandomSchedule& random, const std::string& zone_name) {
  Case made;
  ScheduleOracle::Question& question = made.question;
  EXPECT_TRUE(absl::LoadTimeZone(zone_name, &question.zone)) << zone_name;
  question.fields = random.Fields();
  question.start = kFirst - 400 * kDay;
  question.end = kLast + 400 * kDay;
  made.after = Instant(random, question.zone);
  made.text.expression = absl::StrCat("cron(", absl::StrJoin(question.fields, " "), ")");
  made.text.timezone = zone_name;
  const auto near = [&] { return made.after + random.Between(-20 * kDay, 20 * kDay); };
  if (random.OneIn(4)) {
    question.start = random.OneIn(3) ? made.after + random.Between(-3600, 3600) : near();
    made.text.start_date = Print(question.start);
  }
  if (random.OneIn(8)) {
    question.end = std::max(question.start + 1, near() + 100 * kDay);
    made.text.end_date = Print(question.end);
  }
  const std::string& weekday = question.fields[5];
  if (weekday.find_first_of("#L") != std::string::npos && random.OneIn(2)) {
    question.offset_days = static_cast<int>(random.Between(1, 6));
    question.counts_from = random.OneIn(3) ? made.after + random.Between(-3600, 3600) : near();
    made.text.offset = question.offset_days;
    made.text.counts_from = absl::FromUnixSeconds(question.counts_from);
  }
  return made;
}

/// Every promise of a schedule about one case. Says whether all were kept.
bool Holds(const Case& it) {
  const auto schedule = Schedule::Parse(it.text);
  if (!schedule.ok()) {
    ADD_FAILURE() << schedule.status() << ": " << Print(it);
    return false;
  }
  ScheduleOracle oracle(it.question);
  Occurrences occurrences(*schedule, absl::FromUnixSeconds(it.after));
  std::int64_t after = it.after;
  for (int i = 0; i < kOccurrences; ++i) {
    const auto expected = oracle.NextAfter(after);
    const auto next = schedule->NextAfter(absl::FromUnixSeconds(after));
    const auto walked = occurrences.Next();
    const auto seconds = [](const std::optional<absl::Time>& at) {
      return at ? Print(absl::ToUnixSeconds(*at)) : std::string("never");
    };
    const std::string wanted = expected ? Print(*expected) : "never";
    if (seconds(next) != wanted || seconds(walked) != wanted || (next && *next != *walked)) {
      ADD_FAILURE() << Print(it) << "\nfrom " << Print(after) << " on: oracle " << wanted
                    << ", NextAfter " << seconds(next) << ", Occurrences " << seconds(walked);
      return false;
    }
    if (!expected) return true;
    if (*expected <= after || *expected < it.question.start || *expected > it.question.end) {
      ADD_FAILURE() << Print(it) << "\nthe oracle itself is out of bounds: " << wanted;
      return false;
    }
    after = *expected;
  }
  return true;
}

TEST(ScheduleOracleTest, RandomSchedulesAgreeWithTheOracleInEveryZone) {
  const std::vector<std::string> zones = SystemZones();
  ASSERT_GT(zones.size(), 400u);
  const auto shard = static_cast<std::size_t>(FromEnvironment("TEST_SHARD_INDEX", 0));
  const auto shards = static_cast<std::size_t>(FromEnvironment("TEST_TOTAL_SHARDS", 1));
  const auto seed = static_cast<std::uint64_t>(FromEnvironment("LULL_SEED", 20260101));
  const std::int64_t cases = FromEnvironment("LULL_CASES", 200'000);
  std::printf("LULL_SEED=%llu LULL_CASES=%lld, %zu zones\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(cases), zones.size());
  std::int64_t agreed = 0;
  int failures = 0;
  for (std::int64_t i = 0; i < cases && failures < 5; ++i) {
    if (static_cast<std::size_t>(i) % shards != shard) continue;
    // Each case has a seed of its own: the same whatever the shards.
    RandomSchedule random(seed * 1'000'003 + static_cast<std::uint64_t>(i));
    const std::string zone = i % 4 == 0 ? kHardZones[i / 4 % std::size(kHardZones)]
                                        : zones[static_cast<std::size_t>(i) % zones.size()];
    const Case made = RandomCase(random, zone);
    if (Holds(made)) {
      ++agreed;
    } else {
      ++failures;
    }
  }
  std::printf("%lld cases agreed\n", static_cast<long long>(agreed));
}

}  // namespace
}  // namespace lull
