#pragma once

#include <vector>

#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull {

/// Packs targets, the first of which has ordinal `first`, into chunks that fit a row of the store:
/// one origin each, kChunkBytes of names at most.
std::vector<SnapshotChunk> PackChunks(TaskKey snapshot, Ordinal first,
                                      std::vector<ResolvedTarget> targets);

}  // namespace lull
