#include "tests/sim/checkers/checker.h"

namespace lull::sim {

std::vector<std::unique_ptr<Checker>> MakeCheckers() {
  std::vector<std::unique_ptr<Checker>> checkers;
  for (const auto make :
       {MakeCancelChecker, MakeOutcomeChecker, MakeEndingChecker, MakeStartChecker,
        MakeDurabilityChecker, MakeOverlapChecker, MakeCutoffChecker, MakeLimitChecker,
        MakePriorityChecker, MakeTableChecker, MakeFencingChecker, MakeEventChecker}) {
    checkers.push_back(make());
  }
  return checkers;
}

}  // namespace lull::sim
