// What tools/sim runs: seeds, one or as many as fit into a time, with their figures.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "tests/sim/disks.h"
#include "tests/sim/minimise.h"
#include "tests/sim/simulation.h"

namespace lull::sim {
namespace {

struct Flags {
  Plan plan{.seed = 0, .off = {}, .skipped = {}};
  StoreKind store = StoreKind::kModel;
  std::string store_name = "model";
  bool trace = false;
  bool minimise = false;
  double seconds = 0;
  std::uint64_t seeds = 0;
  std::uint64_t first = 1;
};

[[noreturn]] void Refuse(const std::string& what) {
  std::cerr << "sim: " << what << "; try tools/sim --help\n";
  std::exit(2);
}

Flags ParseFlags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) Refuse(flag + " wants a value");
      return argv[++i];
    };
    const auto number = [&] { return std::strtoull(value().c_str(), nullptr, 10); };
    if (flag == "--trace") {
      flags.trace = true;
    } else if (flag == "--minimise") {
      flags.minimise = true;
    } else if (flag == "--seed") {
      flags.plan.seed = number();
    } else if (flag == "--first") {
      flags.first = number();
    } else if (flag == "--seeds") {
      flags.seeds = number();
    } else if (flag == "--seconds") {
      flags.seconds = std::strtod(value().c_str(), nullptr);
    } else if (flag == "--store") {
      flags.store_name = value();
      const auto kind = ParseStoreKind(flags.store_name);
      if (!kind) Refuse("--store wants model or sqlite");
      flags.store = *kind;
    } else if (flag == "--off") {
      std::istringstream names(value());
      for (std::string name; std::getline(names, name, ',');) {
        const auto knob = ParseKnob(name);
        if (!knob) Refuse("no such option of the swarm: " + name);
        flags.plan.off.insert(*knob);
      }
    } else if (flag == "--skip") {
      std::istringstream actions(value());
      for (std::string action; std::getline(actions, action, ',');) {
        flags.plan.skipped.insert(std::atoi(action.c_str()));
      }
    } else {
      Refuse("unknown argument " + flag);
    }
  }
  return flags;
}

Result Run(const Flags& flags, const Plan& plan, Keep keep) {
  return Simulation(plan, MakeDisk(flags.store, plan.seed), keep).Run();
}

std::string ReplayCommand(const Flags& flags, const Plan& plan) {
  return absl::StrCat("tools/sim ", ReplayFlags(plan), " --store ", flags.store_name, " --trace");
}

/// One seed, told at length. Returns the exit status.
int RunOne(const Flags& flags) {
  Plan plan = flags.plan;
  Result result = Run(flags, plan, flags.trace ? Keep::kText : Keep::kHash);
  if (flags.minimise && !result.violations.empty()) {
    plan = Minimise(plan, [&](const Plan& next) { return Run(flags, next, Keep::kHash); });
    result = Run(flags, plan, Keep::kText);
  }
  std::cout << result.history;
  for (const std::string& violation : result.violations) std::cout << violation << '\n';
  std::cout << "seed " << plan.seed << ": " << result.actions << " actions, " << result.executions
            << " executions, " << result.crashes << " crashes, " << result.violations.size()
            << " violations\n";
  if (!result.violations.empty()) std::cout << "replay: " << ReplayCommand(flags, plan) << '\n';
  return result.violations.empty() ? 0 : 1;
}

/// Seconds of this process on a processor: other processes don't count.
double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Totals {
  std::int64_t seeds = 0;
  std::int64_t executions = 0;
  std::int64_t invocations = 0;
  std::int64_t crashes = 0;
  std::map<std::string, std::int64_t> faults;

  void Add(const Result& result) {
    ++seeds;
    executions += result.executions;
    invocations += result.invocations;
    crashes += result.crashes;
    for (const auto& [name, times] : result.faults) faults[name] += times;
  }
};

/// What --record puts into docs/testing.md.
void PrintSummary(const Flags& flags, const Totals& totals, double seconds) {
  std::cout << absl::StrFormat(
      "%s store: %d seeds from %d on, %d executions with %d invocations, %d crashes; %d executions "
      "a second of one core.\n\n| what happened by the way | times |\n|---|---:|\n",
      flags.store_name, totals.seeds, flags.first, totals.executions, totals.invocations,
      totals.crashes, static_cast<std::int64_t>(static_cast<double>(totals.executions) / seconds));
  for (const auto& [name, times] : totals.faults) {
    std::cout << "| " << name << " | " << times << " |\n";
  }
}

/// Seeds one after the other until their time or number is over, or one fails.
int Soak(const Flags& flags) {
  constexpr double kProgress = 2;  // seconds between two lines
  Totals totals;
  double next = kProgress;
  double spent = 0;
  for (std::uint64_t seed = flags.first;; ++seed) {
    const bool over = flags.seeds > 0 ? seed >= flags.first + flags.seeds : spent >= flags.seconds;
    if (over) break;
    Plan plan;
    plan.seed = seed;
    const Result result = Run(flags, plan, Keep::kHash);
    totals.Add(result);
    for (const std::string& violation : result.violations) std::cout << violation << '\n';
    if (!result.violations.empty()) {
      std::cout << "seed " << seed << " failed; replay: " << ReplayCommand(flags, plan)
                << "\nminimise: tools/sim --seed " << seed << " --store " << flags.store_name
                << " --minimise\n";
      return 1;
    }
    spent = ProcessorSeconds();
    if (spent < next) continue;
    next = spent + kProgress;
    std::cerr << absl::StrFormat("%.0f s: %d seeds, %d executions, %d crashes\n", spent,
                                 totals.seeds, totals.executions, totals.crashes);
  }
  PrintSummary(flags, totals, std::max(ProcessorSeconds(), 1e-3));
  return 0;
}

}  // namespace
}  // namespace lull::sim

int main(int argc, char** argv) {
  const lull::sim::Flags flags = lull::sim::ParseFlags(argc, argv);
  if (flags.plan.seed != 0) return lull::sim::RunOne(flags);
  return lull::sim::Soak(flags);
}
