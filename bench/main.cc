// The benchmarks of Lull; tools/bench runs them and says what came of it. See docs/performance.md.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "bench/child.h"
#include "bench/folder.h"
#include "bench/measure.h"
#include "bench/report.h"
#include "benchmark/benchmark.h"

namespace {

constexpr char kHelp[] =
    "usage: lull_bench [--rounds=N] [--full] [--disk=FOLDER] [--benchmark_filter=REGEX]\n"
    "  --rounds  how often all of it is measured (1)\n"
    "  --full    what takes more than some 20 seconds too\n"
    "  --disk    where databases are made; a real disk (/var/tmp)\n"
    "One JSON object goes to standard output, progress to standard error. Groups: cancel/, "
    "beside/,\n"
    "drain/, ready/, restart/, size/, opening/, targets/, history/, micro/, schedule/, forecast/,\n"
    "http/, processes/.\n";

struct Options {
  int rounds = 1;
  lull::bench::Scale scale;
};

/// Takes an argument that is one of ours. False: it is none.
bool Take(const std::string& argument, Options& options) {
  constexpr char kRounds[] = "--rounds=";
  constexpr char kDisk[] = "--disk=";
  if (argument == "--full") {
    options.scale.full = true;
  } else if (argument.rfind(kRounds, 0) == 0) {
    return absl::SimpleAtoi(argument.substr(std::strlen(kRounds)), &options.rounds) &&
           options.rounds > 0;
  } else if (argument.rfind(kDisk, 0) == 0) {
    lull::bench::SetDisk(argument.substr(std::strlen(kDisk)));
  } else {
    return false;
  }
  return true;
}

/// Google Benchmark's own output, reduced to what is under way and what has failed.
class Progress : public benchmark::BenchmarkReporter {
 public:
  explicit Progress(lull::bench::Report& report) : report_(report) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      std::fprintf(stderr, "-- %s\n", run.benchmark_name().c_str());
      if (run.error_occurred) report_.AddFailure(run.benchmark_name(), run.error_message);
    }
  }

 private:
  lull::bench::Report& report_;
};

void RegisterAll(lull::bench::Report& report, const lull::bench::Scale& scale) {
  lull::bench::RegisterCancel(report, scale);
  lull::bench::RegisterBeside(report, scale);
  lull::bench::RegisterDrain(report, scale);
  lull::bench::RegisterReady(report);
  lull::bench::RegisterRestart(report, scale);
  lull::bench::RegisterSize(report);
  lull::bench::RegisterOpening(report);
  lull::bench::RegisterTargets(report);
  lull::bench::RegisterHistory(report, scale);
  lull::bench::RegisterMicro(report);
  lull::bench::RegisterSchedule(report);
  lull::bench::RegisterForecast(report);
  lull::bench::RegisterHttp(report);
  lull::bench::RegisterProcesses(report);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--child") == 0) {
    lull::bench::RunChild({argv + 2, argv + argc});
  }
  Options options;
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (!Take(argument, options)) rest.push_back(argv[i]);
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 2;

  lull::bench::Report report;
  RegisterAll(report, options.scale);
  Progress progress(report);
  for (int i = 1; i <= options.rounds; ++i) {
    std::fprintf(stderr, "== round %d of %d\n", i, options.rounds);
    lull::bench::AddFloors(report);
    benchmark::RunSpecifiedBenchmarks(&progress);
  }
  std::fputs(report.Json().c_str(), stdout);
  return 0;
}
