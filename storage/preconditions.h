#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull::storage {

// What must be true of a change whatever the store holds. The SQL schema says the same a second
// time, as CHECKs. Every store calls CheckChanges before it looks at a guard.

/// Aborts when one of a commit's changes is none that a correct engine asks for: a move that is not
/// a path in THE table, counters that don't add up, an end without its instant, a list or text out
/// of its bounds, a record of a change that does not stand before it.
void CheckChanges(const std::vector<Change>& changes);

/// The place in its commit of the change that `change` tells of and goes with; nothing for one that
/// stands for itself.
std::optional<std::size_t> TellsOf(const Change& change);

/// True when legal moves lead from `from` to `to`, or they are the same: a commit may hold several.
bool IsReachable(Level level, Status from, Status to);

}  // namespace lull::storage
