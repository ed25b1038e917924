#pragma once

#include <string>

namespace lull {

/// docs/model/transitions.pml, whole, as the code has it: THE table as Promela, so that the model
/// moves a status as the engine does or not at all. The same text for the same code.
std::string PromelaTransitions();

}  // namespace lull
