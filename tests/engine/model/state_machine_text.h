#pragma once

#include <string>

namespace lull {

/// docs/state_machine.md, whole, as the code has it: the diagrams and tables of THE table, and how
/// queued invocations read. The same text for the same code.
std::string StatesPage();

}  // namespace lull
