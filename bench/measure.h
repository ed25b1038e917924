#pragma once

#include "bench/report.h"

namespace lull::bench {

// What is measured. Each registers its benchmarks with Google Benchmark; these add what they find
// to `report`, which outlives them.
void RegisterFloors(Report& report);
void RegisterCancel(Report& report);
void RegisterDrain(Report& report);
void RegisterReady(Report& report);
void RegisterOpening(Report& report);
void RegisterSchedule(Report& report);
void RegisterForecast(Report& report);
void RegisterHttp(Report& report);
void RegisterProcesses(Report& report);

}  // namespace lull::bench
