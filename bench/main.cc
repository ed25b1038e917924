// The benchmarks of Lull: floors, cancels, drains, readiness, openings, schedules, forecasts,
// HTTP, processes. See docs/performance.md.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "benchmark/benchmark.h"

namespace {

constexpr char kHelp[] =
    "usage: lull_bench [--json] [--disk=FOLDER] [--benchmark_filter=REGEX]\n"
    "  --json    one JSON object on standard output instead of the table\n"
    "  --disk    where databases are made; a real disk (/var/tmp)\n"
    "Progress goes to standard error. Groups: floor/, cancel/, drain/, ready/, opening/,\n"
    "schedule/, forecast/, http/, processes/.\n";

/// Google Benchmark's own output, reduced to what is under way.
class Progress : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      std::fprintf(stderr, "-- %s\n", run.benchmark_name().c_str());
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  bool json = false;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (argument == "--json") {
      json = true;
    } else if (argument.rfind("--disk=", 0) == 0) {
      lull::bench::SetDisk(argument.substr(std::strlen("--disk=")));
    } else {
      rest.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;

  lull::bench::Report report;
  lull::bench::RegisterFloors(report);
  lull::bench::RegisterCancel(report);
  lull::bench::RegisterDrain(report);
  lull::bench::RegisterReady(report);
  lull::bench::RegisterOpening(report);
  lull::bench::RegisterSchedule(report);
  lull::bench::RegisterForecast(report);
  lull::bench::RegisterHttp(report);
  lull::bench::RegisterProcesses(report);
  Progress progress;
  benchmark::RunSpecifiedBenchmarks(&progress);
  std::fputs((json ? report.Json() : report.Table()).c_str(), stdout);
  return 0;
}
