// What `lull forecast` costs, from the store to the last line.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "cli/data_folder.h"
#include "cli/forecast.h"
#include "engine/base/check.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::bench {
namespace {

constexpr int kWindows = 10'000;
constexpr int kWindowsACommit = 500;
constexpr int kDays = 31;
constexpr int kRuns = 5;
constexpr double kGoalMs = 1000;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr const char* kZones[] = {"America/New_York", "Europe/Berlin", "Asia/Tokyo", "UTC"};

/// Daily windows, spread over the day and some zones.
void CreateWindows(const std::string& database) {
  const auto store = storage::SqliteStore::Open({.path = database}).value();
  std::vector<Change> changes;
  for (int i = 0; i < kWindows; ++i) {
    Window window;
    window.id = WindowId(absl::StrCat("mw-0", absl::Hex(i, absl::kZeroPad16)));
    window.name = absl::StrCat("window-", i);
    window.schedule = absl::StrCat("cron(", i % 60, " ", i / 60 % 24, " * * ? *)");
    window.schedule_timezone = kZones[i % std::size(kZones)];
    window.duration_hours = 3;
    window.created_at = window.modified_at = window.rate_base_at = kStart;
    changes.push_back(CreateWindow{std::move(window), {}, {}});
    if (changes.size() < kWindowsACommit) continue;
    LULL_CHECK(store->Commit(changes).ok());
    changes.clear();
  }
  LULL_CHECK(changes.empty());
}

void Print(benchmark::State& state, Report& report) {
  const Folder folder;
  const std::string data = folder.File("data");
  CreateWindows(cli::OpenDataFolder(data).value().database);
  std::FILE* nowhere = std::fopen("/dev/null", "w");
  LULL_CHECK(nowhere != nullptr);
  std::vector<double> samples;
  for (auto _ : state) {
    const Instant start = Now();
    LULL_CHECK(cli::PrintForecast({data, kDays, false}, kStart, nowhere, stderr).ok());
    samples.push_back(SecondsSince(start));
    state.SetIterationTime(samples.back());
  }
  std::fclose(nowhere);
  report.Add({.name = absl::StrCat("lull forecast of ", kWindows, " daily cron windows over ",
                                   kDays, " days, median"),
              .value = Median(samples) * 1e3,
              .unit = "ms",
              .goal = ValueAtMost(kGoalMs)});
}

}  // namespace

void RegisterForecast(Report& report) {
  benchmark::RegisterBenchmark("forecast/print",
                               [&report](benchmark::State& state) { Print(state, report); })
      ->UseManualTime()
      ->Iterations(kRuns);
}

}  // namespace lull::bench
