// Bytes in the database: of a queued target, of a finished invocation.
#include <sqlite3.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/rig.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr double kGoalQueued = 22;
constexpr double kGoalFinished = 50;

/// Bytes of the pages in use, those in the log included.
double UsedBytes(const std::string& path) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  LULL_CHECK(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  LULL_CHECK(sqlite3_prepare_v2(database,
                                "SELECT (page_count - freelist_count) * page_size FROM "
                                "pragma_page_count, pragma_freelist_count, pragma_page_size",
                                -1, &statement, nullptr) == SQLITE_OK);
  LULL_CHECK(sqlite3_step(statement) == SQLITE_ROW);
  const double bytes = sqlite3_column_double(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return bytes;
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
    const double empty = UsedBytes(path);
    rig.OpenExecutions(1, {.targets = {n}, .concurrency = 1000});
    const double queued = UsedBytes(path);
    AddBytes(report, "queued target", n, queued - empty, kGoalQueued);
    rig.runner().Release();
    while (rig.watcher().ended() == 0) rig.engine().Step();
    AddBytes(report, "finished invocation", n, UsedBytes(path) - queued, kGoalFinished);
    state.SetIterationTime(SecondsSince(start));
  }
}

}  // namespace

void RegisterSize(Report& report) {
  for (const std::int64_t n : {10'000, 100'000, 1'000'000}) {
    benchmark::RegisterBenchmark(absl::StrCat("size/n:", n).c_str(),
                                 [&report, n](benchmark::State& state) { Sizes(state, report, n); })
        ->UseManualTime()
        ->Iterations(1);
  }
}

}  // namespace lull::bench
