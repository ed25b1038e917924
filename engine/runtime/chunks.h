#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull {

/// Whether a piece that a target source gave can be taken: it was asked for `asked` targets at
/// most, and its task has `before` already. Error: kInvalidArgument, with the words for the task's
/// detail.
absl::Status CheckPiece(const std::vector<ResolvedTarget>& piece, std::size_t asked,
                        Ordinal before);

/// Packs targets, the first of which has ordinal `first`, into chunks that fit a row of the store:
/// one origin each, kChunkBytes of names at most.
std::vector<SnapshotChunk> PackChunks(TaskKey snapshot, Ordinal first,
                                      std::vector<ResolvedTarget> targets);

}  // namespace lull
