#pragma once

#include "bench/report.h"

namespace lull::bench {

/// How much of it.
struct Scale {
  bool full = false;  ///< what takes more than some 20 seconds too
};

// What is measured. Each registers its benchmarks with Google Benchmark; these add what they find
// to `report`, which outlives them.
void RegisterCancel(Report& report, const Scale& scale);
void RegisterBeside(Report& report, const Scale& scale);
void RegisterDrain(Report& report, const Scale& scale);
void RegisterReady(Report& report);
void RegisterRestart(Report& report, const Scale& scale);
void RegisterSize(Report& report);
void RegisterOpening(Report& report);
void RegisterTargets(Report& report);
void RegisterHistory(Report& report, const Scale& scale);
void RegisterMicro(Report& report);
void RegisterSchedule(Report& report);
void RegisterForecast(Report& report);
void RegisterHttp(Report& report);
void RegisterProcesses(Report& report);

/// What the disk and SQLite can do, as every round of every run has it.
void AddFloors(Report& report);

}  // namespace lull::bench
