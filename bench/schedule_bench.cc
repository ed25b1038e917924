// How quickly schedules are read and walked over, beside bare conversions of local times.
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "bench/measure.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/schedule/schedule.h"

namespace lull::bench {
namespace {

constexpr int kRounds = 5;
constexpr double kSecondsARound = 0.05;
constexpr int kBatch = 1000;
constexpr char kZone[] = "America/New_York";
constexpr std::int64_t kFrom = 1'767'225'600;  // 2026-01-01T00:00:00Z
constexpr int kForecasts = 10'000;

/// Processor time of this process, which has one thread here: others on the same cores don't count.
double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Calls `batch`, which does some things and says how many, for a while. Returns them a second of
/// processor time.
template <class Batch>
double Rate(const Batch& batch) {
  const double begin = ProcessorSeconds();
  std::int64_t done = 0;
  double seconds = 0;
  while (seconds < kSecondsARound) {
    done += batch();
    seconds = ProcessorSeconds() - begin;
  }
  return static_cast<double>(done) / seconds;
}

/// Abseil's own: one local time to an instant, times ascending, as a walk over occurrences needs
/// it.
double ConversionRate() {
  absl::TimeZone zone;
  LULL_CHECK(absl::LoadTimeZone(kZone, &zone));
  absl::CivilSecond local(2026);
  return Rate([&] {
    for (int i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(zone.At(local).pre);
      local += 5;
    }
    return kBatch;
  });
}

ScheduleText TextOf(const std::string& expression) {
  ScheduleText text;
  text.expression = expression;
  text.timezone = kZone;
  text.counts_from = absl::FromUnixSeconds(kFrom);
  return text;
}

double OccurrenceRate(const std::string& expression) {
  const auto schedule = Schedule::Parse(TextOf(expression));
  LULL_CHECK(schedule.ok());
  Occurrences occurrences(*schedule, absl::FromUnixSeconds(kFrom));
  return Rate([&] {
    for (int i = 0; i < kBatch; ++i) {
      const auto next = occurrences.Next();
      if (!next) {
        occurrences = Occurrences(*schedule, absl::FromUnixSeconds(kFrom));
        return i + 1;
      }
      benchmark::DoNotOptimize(*next);
    }
    return kBatch;
  });
}

double ParseRate(const std::string& fields) {
  return Rate([&] {
    for (int i = 0; i < kBatch; ++i) {
      const auto cron = CronExpression::Parse(fields);
      benchmark::DoNotOptimize(cron.ok());
    }
    return kBatch;
  });
}

double ForecastSeconds() {
  const absl::Time until = absl::FromUnixSeconds(kFrom) + absl::Hours(31 * 24);
  const double begin = ProcessorSeconds();
  for (int i = 0; i < kForecasts; ++i) {
    const auto schedule = Schedule::Parse(TextOf(absl::StrCat("cron(", i % 60, " 2 * * ? *)")));
    LULL_CHECK(schedule.ok());
    Occurrences occurrences(*schedule, absl::FromUnixSeconds(kFrom));
    auto next = occurrences.Next();
    while (next && *next < until) next = occurrences.Next();
  }
  return ProcessorSeconds() - begin;
}

/// Measures `rate` and the bare conversions by turns.
template <class Measure>
void Compare(benchmark::State& state, Report& report, const std::string& name, double goal,
             const Measure& rate) {
  std::vector<double> rates, ratios;
  for (auto _ : state) {
    const double conversions = ConversionRate();
    rates.push_back(rate());
    ratios.push_back(rates.back() / conversions);
    state.SetIterationTime(kSecondsARound);
  }
  report.Add({.name = name,
              .value = Median(rates),
              .unit = "/s",
              .ratio = Median(ratios),
              .floor = "V",
              .goal = ValueAtLeast(goal)});
}

void Never(benchmark::State& state, Report& report) {
  const auto schedule = Schedule::Parse(TextOf("cron(0 0 31 2 ? *)"));
  LULL_CHECK(schedule.ok());
  std::vector<double> samples;
  for (auto _ : state) {
    const Instant begin = Now();
    LULL_CHECK(!schedule->NextAfter(absl::InfinitePast()));
    samples.push_back(SecondsSince(begin));
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "that February 31st never comes, worst",
              .value = Quantile(samples, 1) * 1e6,
              .unit = "us",
              .goal = ValueAtMost(1000)});
}

void Forecast(benchmark::State& state, Report& report) {
  std::vector<double> samples;
  for (auto _ : state) {
    samples.push_back(ForecastSeconds());
    state.SetIterationTime(samples.back());
  }
  report.Add({.name = "10,000 daily schedules read, 31 days of each, median",
              .value = Median(samples) * 1e3,
              .unit = "ms",
              .goal = ValueAtMost(1000)});
}

void Conversions(benchmark::State& state, Report& report) {
  std::vector<double> rates;
  for (auto _ : state) {
    rates.push_back(ConversionRate());
    state.SetIterationTime(kSecondsARound);
  }
  report.Add({.name = "bare conversions of local times (V)", .value = Median(rates), .unit = "/s"});
}

template <class Function>
void Register(const std::string& name, int rounds, const Function& function) {
  benchmark::RegisterBenchmark(absl::StrCat("schedule/", name).c_str(), function)
      ->UseManualTime()
      ->Iterations(rounds);
}

}  // namespace

void RegisterSchedule(Report& report) {
  Register("conversions", kRounds,
           [&report](benchmark::State& state) { Conversions(state, report); });
  struct Case {
    const char* name;
    const char* expression;
    double goal;
  };
  for (const Case& at : {Case{"every_5_seconds", "cron(*/5 * * * * ? *)", 5e6},
                         {"second_sunday", "cron(0 3 ? * SUN#2 *)", 1e6},
                         {"last_day", "cron(0 3 L * ? *)", 1e6},
                         {"last_friday", "cron(0 3 ? * FRIL *)", 1e6},
                         {"last_weekday", "cron(0 3 LW * ? *)", 1e6},
                         {"leap_day", "cron(0 3 29 2 ? *)", 1e6}}) {
    Register(at.name, kRounds, [&report, at](benchmark::State& state) {
      Compare(state, report, absl::StrCat("occurrences of ", at.expression), at.goal,
              [&] { return OccurrenceRate(at.expression); });
    });
  }
  for (const char* fields : {"0 3 ? * SUN#2 *", "0/5 8-17 ? JAN,JUL MON-FRI 2026-2030"}) {
    Register("parse", kRounds, [&report, fields](benchmark::State& state) {
      Compare(state, report, absl::StrCat("expressions read: ", fields), 1e6,
              [&] { return ParseRate(fields); });
    });
  }
  Register("never", 100, [&report](benchmark::State& state) { Never(state, report); });
  Register("forecast", 5, [&report](benchmark::State& state) { Forecast(state, report); });
}

}  // namespace lull::bench
