// Bytes in the database: of a queued target, of a finished invocation.
#include <sqlite3.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/outcome.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr std::int64_t kLeast = 10'000;
constexpr double kGoalQueued = 22;
constexpr double kGoalFinished = 50;

/// Bytes of the database's file once all that is in the log has been brought into it.
double FileBytes(const std::string& path) {
  sqlite3* database = nullptr;
  LULL_CHECK(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK);
  // Until it has read something it does not know of the log.
  LULL_CHECK(sqlite3_exec(database, "SELECT 1 FROM sqlite_master", nullptr, nullptr, nullptr) ==
             SQLITE_OK);
  int logged = 0, brought = 0;
  LULL_CHECK(sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_PASSIVE, &logged,
                                       &brought) == SQLITE_OK);
  LULL_CHECK(logged >= 0 && brought == logged);
  sqlite3_close(database);
  return static_cast<double>(std::filesystem::file_size(path));
}

void AddBytes(Report& report, const std::string& what, std::int64_t n, double bytes, double goal) {
  report.Add({.name = absl::StrCat("database, a ", what, " of ", n),
              .value = bytes / static_cast<double>(n),
              .unit = "bytes",
              .goal = ValueAtMost(goal),
              .point = Point{absl::StrCat("bytes, ", what), n}});
}

void Sizes(benchmark::State& state, Report& report, std::int64_t n) {
  for (auto _ : state) {
    const Instant start = Now();
    const Folder folder;
    const std::string path = folder.File("lull.db");
    Rig rig(path);
    const double empty = FileBytes(path);
    const auto opened = rig.OpenExecutions(1, {.targets = {n}, .concurrency = 1000});
    const double queued = FileBytes(path);
    rig.runner().Release();
    while (rig.watcher().ended() == 0) rig.engine().Step();
    const double finished = FileBytes(path);
    const std::string wrong = WrongAfterDrain(rig, ExecutionId(opened.front()), n);
    if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
    if (n == kLeast) {
      report.Add({.name = "database of an empty store, not in what follows",
                  .value = empty / 1024,
                  .unit = "KiB"});
    }
    AddBytes(report, "queued target", n, queued - empty, kGoalQueued);
    AddBytes(report, "finished invocation", n, finished - queued, kGoalFinished);
    state.SetIterationTime(SecondsSince(start));
  }
}

}  // namespace

void RegisterSize(Report& report) {
  for (const std::int64_t n : {kLeast, 10 * kLeast, 100 * kLeast}) {
    benchmark::RegisterBenchmark(absl::StrCat("size/n:", n).c_str(),
                                 [&report, n](benchmark::State& state) { Sizes(state, report, n); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
