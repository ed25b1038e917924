// The floors by themselves; each other benchmark measures them again beside its own.
#include <vector>

#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/measure.h"

namespace lull::bench {
namespace {

constexpr int kCommits = 500;
constexpr std::int64_t kRows = 200'000;

}  // namespace

void AddFloors(Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  std::vector<double> syncs, commits;
  for (int i = 0; i < kCommits; ++i) {
    syncs.push_back(floor.SyncOne());
    commits.push_back(floor.CommitOne());
  }
  report.Add({.name = "fdatasync of one page, median", .value = Median(syncs) * 1e6, .unit = "us"});
  report.Add({.name = "bare durable one-row commit, median (c)",
              .value = Median(commits) * 1e6,
              .unit = "us"});
  report.Add(
      {.name = "bare durable one-row commits (F)", .value = PerSecond(commits), .unit = "/s"});
  report.Add({.name = "bare row updates, 500 a transaction (U)",
              .value = floor.UpdateRows(kRows),
              .unit = "/s"});
  report.Add({.name = "bare finish rows, 500 a transaction (R)",
              .value = floor.InsertFinishes(kRows),
              .unit = "/s"});
}

}  // namespace lull::bench
