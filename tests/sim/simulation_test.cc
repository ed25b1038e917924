#include "tests/sim/simulation.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "gtest/gtest.h"

namespace lull::sim {
namespace {

constexpr std::uint64_t kSeedsACase = 50;
std::uint64_t first_seed = 1;
std::uint64_t cases = 40;

class SimulationTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulationTest, EveryRuleHoldsForEverySeed) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsACase; ++seed) {
    const Result result = Simulation(seed).Run();
    for (const std::string& violation : result.violations) {
      ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay: tools/sim --seed " << seed
                    << " --trace";
    }
    if (!result.violations.empty()) return;
  }
}

TEST_P(SimulationTest, ASeedTellsTheSameHistoryTwice) {  // R12
  EXPECT_EQ(Simulation(GetParam()).Run().history, Simulation(GetParam()).Run().history)
      << "seed " << GetParam();
}

std::vector<std::uint64_t> Blocks() {
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t i = 0; i < cases; ++i) blocks.push_back(first_seed + i * kSeedsACase);
  return blocks;
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::ValuesIn(Blocks()));

}  // namespace

/// `--seed N --trace` replays one; `--first N` and `--cases N` choose others for the tests.
int Main(int argc, char** argv) {
  bool trace = false;
  std::uint64_t one = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (flag == "--seed") one = number();
    if (flag == "--first") first_seed = number();
    if (flag == "--cases") cases = number();
    if (flag == "--trace") trace = true;
  }
  if (one != 0) {
    const Result result = Simulation(one).Run();
    if (trace) std::cout << result.history;
    for (const std::string& violation : result.violations) std::cout << violation << '\n';
    std::cout << "seed " << one << ": " << result.executions << " executions, "
              << result.violations.size() << " violations\n";
    return result.violations.empty() ? 0 : 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace lull::sim

int main(int argc, char** argv) { return lull::sim::Main(argc, argv); }
