#pragma once

#include <vector>

#include "absl/status/status.h"
#include "engine/ports/store.h"
#include "tests/sim/checkers/checker.h"

namespace lull::sim {

/// How much of the store is held against the picture.
enum class Scope {
  kChanged,  ///< definitions, events, and executions that changed since they were last compared,
             ///< by the members that move
  kAll,      ///< of every row every member
};

/// R5, after a crash and a recovery: the store holds what it said it had applied, and nothing else.
/// Differences become violations; what was compared is no longer `changed`.
/// Errors: a read that failed; nothing is said then.
absl::Status CompareWithStore(World& world, Store& store, Scope scope);

/// Takes over what became of a commit whose outcome was not known. Half of one is a violation.
/// Errors: as above.
absl::Status Resolve(World& world, Store& store, const std::vector<Change>& doubtful,
                     CommitSeen& seen);

}  // namespace lull::sim
