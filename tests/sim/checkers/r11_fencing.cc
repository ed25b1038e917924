// R11: an engine with an old epoch opens, claims and finishes nothing.
#include "tests/sim/checkers/checker.h"

namespace lull::sim {
namespace {

class FencingChecker : public Checker {
 public:
  void Committed(World& world, const CommitSeen& seen) override {
    for (const auto& [epoch, change] : seen.guarded) {
      if (epoch < seen.epoch) {
        Fail(world, "R11: epoch ", static_cast<std::int64_t>(epoch), " changed something after ",
             static_cast<std::int64_t>(seen.epoch), " was taken: change ", change->index());
      }
    }
  }
};

}  // namespace

std::unique_ptr<Checker> MakeFencingChecker() { return std::make_unique<FencingChecker>(); }

}  // namespace lull::sim
