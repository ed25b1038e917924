#include "engine/runtime/chunks.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"

namespace lull {
namespace {

constexpr std::size_t kLengthBytes = 2;  // what a store needs beside a name, about

}  // namespace

absl::Status CheckPiece(const std::vector<ResolvedTarget>& piece, std::size_t asked,
                        Ordinal before) {
  if (piece.size() > asked) {
    return Invalid("the target source returned more targets than it was asked for");
  }
  if (static_cast<Ordinal>(piece.size()) > kMaxTargetsPerTask - before) {
    return Invalid("a task has ", kMaxTargetsPerTask, " targets at most");
  }
  const bool fit = std::all_of(piece.begin(), piece.end(), [](const ResolvedTarget& target) {
    return target.node.size() <= kMaxNodeNameBytes;
  });
  return fit ? absl::OkStatus()
             : Invalid("the name of a node has more than ", kMaxNodeNameBytes, " bytes");
}

std::vector<SnapshotChunk> PackChunks(TaskKey snapshot, Ordinal first,
                                      std::vector<ResolvedTarget> targets) {
  std::vector<SnapshotChunk> chunks;
  std::size_t bytes = 0;
  for (ResolvedTarget& target : targets) {
    const std::size_t size = target.node.size() + kLengthBytes;
    if (chunks.empty() || bytes + size > kChunkBytes ||
        chunks.back().window_target != target.window_target ||
        chunks.back().owner_information != target.owner_information ||
        chunks.back().resource_type != target.resource_type) {
      chunks.push_back({snapshot,
                        first,
                        {},
                        target.window_target,
                        target.owner_information,
                        target.resource_type});
      bytes = 0;
    }
    chunks.back().nodes.push_back(std::move(target.node));
    bytes += size;
    ++first;
  }
  return chunks;
}

}  // namespace lull
