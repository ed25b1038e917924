#include "tests/sim/minimise.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/check.h"

namespace lull::sim {
namespace {

/// `R4` of `R4: started twice`.
std::string RuleOf(const Result& result) {
  if (result.violations.empty()) return "";
  const std::string& first = result.violations.front();
  return first.substr(0, first.find(':'));
}

std::vector<int> KeptActions(const Plan& plan, int actions) {
  std::vector<int> kept;
  for (int i = 0; i < actions; ++i) {
    if (!plan.skipped.contains(i)) kept.push_back(i);
  }
  return kept;
}

}  // namespace

Plan Minimise(const Plan& plan, const RunPlan& run) {
  const std::string rule = RuleOf(run(plan));
  LULL_CHECK(!rule.empty());
  Plan best = plan;
  const auto improve = [&](const Plan& next) {
    if (RuleOf(run(next)) != rule) return false;
    best = next;
    return true;
  };
  const int actions = DrawSwarm(plan.seed).actions;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t knob = 0; knob < kKnobs; ++knob) {
      Plan next = best;
      if (next.off.insert(static_cast<Knob>(knob)).second) smaller |= improve(next);
    }
    for (std::size_t size = KeptActions(best, actions).size(); size > 0; size /= 2) {
      const std::vector<int> kept = KeptActions(best, actions);
      for (std::size_t first = 0; first < kept.size(); first += size) {
        Plan next = best;
        const std::size_t last = std::min(first + size, kept.size());
        for (std::size_t i = first; i < last; ++i) next.skipped.insert(kept[i]);
        smaller |= improve(next);
      }
    }
  }
  return best;
}

}  // namespace lull::sim
