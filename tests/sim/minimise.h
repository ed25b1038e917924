#pragma once

#include <functional>

#include "tests/sim/simulation.h"

namespace lull::sim {

/// Runs a plan from its beginning.
using RunPlan = std::function<Result(const Plan&)>;

/// The smallest plan found that still breaks the same rule as `plan` does: actions are left out, in
/// halves, quarters, one by one, and whole options of the swarm, until nothing more can go.
/// REQUIRES: `plan` breaks one.
Plan Minimise(const Plan& plan, const RunPlan& run);

}  // namespace lull::sim
