#include "engine/runtime/chunks.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace lull {
namespace {

constexpr TaskKey kSnapshot{7};

std::vector<ResolvedTarget> Nodes(int count, std::size_t bytes) {
  std::vector<ResolvedTarget> targets;
  for (int i = 0; i < count; ++i) targets.push_back({std::string(bytes, 'n'), {}, {}});
  return targets;
}

/// Each chunk fits, begins where the one before ends, and nothing is lost.
void ExpectSound(const std::vector<SnapshotChunk>& chunks, Ordinal first,
                 const std::vector<ResolvedTarget>& targets) {
  std::size_t at = 0;
  for (const SnapshotChunk& chunk : chunks) {
    EXPECT_EQ(chunk.snapshot, kSnapshot);
    EXPECT_EQ(chunk.first, first + static_cast<Ordinal>(at));
    EXPECT_FALSE(chunk.nodes.empty());
    std::size_t bytes = 0;
    for (const std::string& node : chunk.nodes) {
      ASSERT_LT(at, targets.size());
      EXPECT_EQ(node, targets[at].node);
      EXPECT_EQ(chunk.window_target, targets[at].window_target);
      EXPECT_EQ(chunk.owner_information, targets[at].owner_information);
      EXPECT_EQ(chunk.resource_type, targets[at].resource_type);
      bytes += node.size();
      ++at;
    }
    EXPECT_LE(bytes, kChunkBytes);
  }
  EXPECT_EQ(at, targets.size());
}

TEST(CheckPieceTest, WhatWasAskedForIsTakenAndNotOneMore) {
  EXPECT_TRUE(CheckPiece({}, 0, 0).ok());
  EXPECT_TRUE(CheckPiece(Nodes(3, 4), 3, 0).ok());
  EXPECT_EQ(CheckPiece(Nodes(4, 4), 3, 0).message(),
            "the target source returned more targets than it was asked for");
}

TEST(CheckPieceTest, NamesFitTheirRows) {
  EXPECT_TRUE(CheckPiece(Nodes(3, kMaxNodeNameBytes), 3, 0).ok());
  auto targets = Nodes(3, kMaxNodeNameBytes);
  targets.back().node += 'n';
  EXPECT_EQ(CheckPiece(targets, 3, 0).message(), "the name of a node has more than 256 bytes");
}

TEST(CheckPieceTest, ATaskHasAsManyTargetsAsAnOrdinalCounts) {
  EXPECT_TRUE(CheckPiece(Nodes(3, 4), 3, kMaxTargetsPerTask - 3).ok());
  EXPECT_EQ(CheckPiece(Nodes(3, 4), 3, kMaxTargetsPerTask - 2).message(),
            "a task has 268435456 targets at most");
}

TEST(PackChunksTest, NothingMakesNoChunk) { EXPECT_TRUE(PackChunks(kSnapshot, 5, {}).empty()); }

TEST(PackChunksTest, NamesOfEveryLengthFitTheirRows) {
  for (std::size_t bytes = 0; bytes <= kMaxNodeNameBytes; ++bytes) {
    const auto targets = Nodes(100, bytes);
    const auto chunks = PackChunks(kSnapshot, 40, targets);
    ExpectSound(chunks, 40, targets);
    for (const SnapshotChunk& chunk : chunks) EXPECT_LE(chunk.nodes.size(), kChunkBytes);
  }
}

TEST(PackChunksTest, UsualNamesShareARow) {
  EXPECT_EQ(PackChunks(kSnapshot, 0, Nodes(40, 19)).size(), 1u);
  EXPECT_EQ(PackChunks(kSnapshot, 0, Nodes(430, 19)).size(), 11u);
}

TEST(PackChunksTest, AnotherTypeBeginsAnotherChunk) {
  std::vector<ResolvedTarget> targets = Nodes(4, 4);
  targets[1].resource_type = targets[2].resource_type = ResourceType::kResourceGroup;
  const auto chunks = PackChunks(kSnapshot, 0, targets);
  ExpectSound(chunks, 0, targets);
  EXPECT_EQ(chunks.size(), 3u);
}

TEST(PackChunksTest, AnotherOriginBeginsAnotherChunk) {
  std::vector<ResolvedTarget> targets = Nodes(6, 4);
  targets[2].window_target = WindowTargetId("a");
  targets[3].window_target = WindowTargetId("b");
  targets[4].window_target = WindowTargetId("b");
  targets[4].owner_information = "";  // given and empty is not absent
  targets[5].resource_type = ResourceType::kResourceGroup;
  const auto chunks = PackChunks(kSnapshot, 0, targets);
  ExpectSound(chunks, 0, targets);
  EXPECT_EQ(chunks.size(), 5u);
}

}  // namespace
}  // namespace lull
