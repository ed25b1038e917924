#include "tests/sim/simulation.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sim/disks.h"

namespace lull::sim {
namespace {

/// LULL_SIM_STORE=sqlite and LULL_SIM_CASES=N choose: BUILD.bazel has how many each test runs.
/// Sanitizers run a tenth.
StoreKind Kind() {
  const char* name = std::getenv("LULL_SIM_STORE");
  return ParseStoreKind(name == nullptr ? "model" : name).value();
}

constexpr std::uint64_t kSeedsACase = 50;

std::uint64_t Cases() {
  const char* cases = std::getenv("LULL_SIM_CASES");
  const std::uint64_t all = cases == nullptr ? 10 : std::strtoull(cases, nullptr, 10);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(_GLIBCXX_TSAN)
  return all / 10 + 1;
#else
  return all;
#endif
}

Result RunSeed(std::uint64_t seed, Keep keep) {
  return Simulation({seed, {}, {}}, MakeDisk(Kind(), seed), keep).Run();
}

class SimulationTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulationTest, EveryRuleHoldsForEverySeed) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsACase; ++seed) {
    const Result result = RunSeed(seed, Keep::kHash);
    for (const std::string& violation : result.violations) {
      ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay: tools/sim --seed " << seed
                    << " --trace, or --minimise";
    }
    if (!result.violations.empty()) return;
  }
}

TEST_P(SimulationTest, ASeedTellsTheSameHistoryTwiceByteForByte) {  // R12
  const Result first = RunSeed(GetParam(), Keep::kText);
  const Result second = RunSeed(GetParam(), Keep::kText);
  EXPECT_FALSE(first.history.empty());
  EXPECT_EQ(first.history, second.history) << "seed " << GetParam();
}

TEST_P(SimulationTest, ASeedsHistoryHasTheSameHashTwice) {  // R12
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeedsACase; seed += 10) {
    EXPECT_EQ(RunSeed(seed, Keep::kHash).hash, RunSeed(seed, Keep::kHash).hash) << "seed " << seed;
  }
}

std::vector<std::uint64_t> Blocks() {
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t i = 0; i < Cases(); ++i) blocks.push_back(1 + i * kSeedsACase);
  return blocks;
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationTest, testing::ValuesIn(Blocks()));

}  // namespace
}  // namespace lull::sim
