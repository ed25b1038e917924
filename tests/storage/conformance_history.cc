// History: what ListAges says of executions, and how they are removed. And what reads of commands
// need of tasks: by id, newest first, and by node.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/storage/conformance.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

SnapshotChunk Chunk(std::int64_t snapshot, Ordinal first, std::vector<std::string> nodes) {
  return {.snapshot = static_cast<TaskKey>(snapshot), .first = first, .nodes = std::move(nodes)};
}

std::vector<std::int64_t> Keys(const std::vector<TaskExecution>& tasks) {
  std::vector<std::int64_t> keys;
  for (const TaskExecution& task : tasks) {
    keys.push_back(static_cast<std::int64_t>(task.spec->key));
  }
  return keys;
}

/// Execution 2, whose task 3 goes on with the snapshot of task 1.
OpenExecution Resumed(Epoch epoch) {
  TaskExecution task = MakeTaskExecution(3, 2, 10);
  TaskSpec spec = *task.spec;
  spec.snapshot = TaskKey{1};
  task.spec = std::make_shared<TaskSpec>(spec);
  return {.epoch = epoch, .execution = MakeExecution(2, "mw-1"), .tasks = {task}};
}

std::size_t Finishes(RunReader& runs) {
  return Value(runs.ListFinishes({.task = TaskKey{1}})).size();
}

std::size_t Targets(RunReader& runs) {
  return Value(runs.ReadTargets(TaskKey{1}, 0, 10)).size() +
         Value(runs.ReadTargets(TaskKey{1}, 2, 10)).size();
}

/// Whether readers find execution 1 and its tasks: all of them, or none.
bool IsFound(RunReader& runs) {
  const bool by_id = Value(runs.GetExecution(ExecutionId("execution-1"))).has_value();
  EXPECT_EQ(by_id, !Value(runs.ListExecutions({.window = WindowId("mw-1")})).empty());
  EXPECT_EQ(by_id, Value(runs.GetTaskExecution(TaskExecutionId("task-execution-1"))).has_value());
  EXPECT_EQ(by_id, !Value(runs.ListNewestTasks({}, 10)).empty());
  return by_id;
}

TEST_P(StoreConformance, HiddenAnExecutionIsFoundByNoReaderAndNothingOfItIsRemoved) {
  EndOne();
  ASSERT_TRUE(IsFound(runs()));
  EXPECT_EQ(Prune(1, 0), 1);
  EXPECT_FALSE(IsFound(runs()));
  EXPECT_EQ(Finishes(runs()), 3u);
  EXPECT_EQ(Targets(runs()), 3u);
  EXPECT_EQ(Value(runs().ListTaskExecutions(ExecutionKey{1})).size(), 2u);
}

TEST_P(StoreConformance, PiecesRemoveSoManyRowsInOrderAndSurviveTheEndOfTheStore) {
  EndOne();
  EXPECT_EQ(Prune(1, 2), 1);
  EXPECT_FALSE(IsFound(runs()));
  EXPECT_EQ(Finishes(runs()), 1u);
  Reopen();
  EXPECT_FALSE(IsFound(runs()));
  EXPECT_EQ(Prune(1, 2), 1);  // a finish, a chunk
  EXPECT_EQ(Finishes(runs()), 0u);
  EXPECT_TRUE(Value(runs().ReadTargets(TaskKey{1}, 0, 10)).empty());
  EXPECT_EQ(Value(runs().ReadTargets(TaskKey{1}, 2, 10)).size(), 1u);
  EXPECT_EQ(Prune(1, 2), 1);  // the other chunk, task 1
  EXPECT_EQ(Keys(Value(runs().ListTaskExecutions(ExecutionKey{1}))),
            (std::vector<std::int64_t>{2}));
  EXPECT_EQ(Prune(1, 2), 0);  // task 2, the execution
  EXPECT_TRUE(Value(runs().ListAges(ExecutionKey{}, 10)).empty());
  EXPECT_EQ(Try(PruneExecution{epoch_, ExecutionKey{1}, 2}), Verdict::kConflict);
}

TEST_P(StoreConformance, TheKeysOfWhatIsGoneStayInUse) {
  EndOne();
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(2, "mw-1"),
                      .tasks = {MakeTaskExecution(3, 2, 10)}});
  EXPECT_EQ(Prune(1, kPruneBatch), 0);
  EXPECT_EQ(Value(runs().GreatestKeys()).execution, ExecutionKey{2});
  Advance end{.epoch = epoch_, .execution = ExecutionKey{2}, .expected_status = Status::kPending};
  TaskProgress progress = MakeTaskExecution(3, 2, 10).progress;
  progress.status = Status::kCancelled;
  progress.ended_at = At(9);
  end.tasks = {{TaskKey{3}, Status::kPending, 0, progress, {}}};
  end.progress = ExecutionProgress{.status = Status::kCancelled, .ended_at = At(9)};
  Apply(end);
  EXPECT_EQ(Prune(2, 1), 1);  // the task
  Reopen();
  EXPECT_EQ(Value(runs().GreatestKeys()).task, TaskKey{3});
  EXPECT_EQ(Prune(2, 1), 0);
  Reopen();
  EXPECT_EQ(Value(runs().GreatestKeys()).execution, ExecutionKey{2});
  EXPECT_EQ(Value(runs().GreatestKeys()).task, TaskKey{3});
}

TEST_P(StoreConformance, OnePieceIsEnoughForASmallExecution) {
  EndOne();
  EXPECT_EQ(Prune(1, kPruneBatch), 0);
  EXPECT_EQ(Finishes(runs()), 0u);
  EXPECT_EQ(Targets(runs()), 0u);
  EXPECT_TRUE(Value(runs().ListTaskExecutions(ExecutionKey{1})).empty());
}

TEST_P(StoreConformance, WhatWasStagedOfAnExecutionThatEndedWhilePendingGoesWithIt) {
  OpenOne();
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(2, 0, {"a"})}});
  Advance end = AdvanceOne(Status::kPending);
  for (const std::int64_t key : {1, 2}) {
    TaskProgress progress = MakeTaskExecution(key, 1, 10).progress;
    progress.status = Status::kCancelled;
    progress.closed_by = ClosedBy::kCancel;
    progress.ended_at = At(9);
    end.tasks.push_back({static_cast<TaskKey>(key), Status::kPending, 0, progress, {}});
  }
  end.progress = ExecutionProgress{.status = Status::kCancelled, .ended_at = At(9)};
  Apply(end);
  EXPECT_EQ(Prune(1, kPruneBatch), 0);
  EXPECT_TRUE(Value(runs().ReadTargets(TaskKey{2}, 0, 10)).empty());
}

TEST_P(StoreConformance, ASnapshotStaysWhileATaskOfAnotherExecutionRefersToIt) {
  EndOne();
  Apply(Resumed(epoch_));
  EXPECT_EQ(Prune(1, kPruneBatch), 0);
  EXPECT_EQ(Finishes(runs()), 0u);
  EXPECT_EQ(Targets(runs()), 3u);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 0, 3, "c")), 2);
  Advance end{.epoch = epoch_, .execution = ExecutionKey{2}, .expected_status = Status::kPending};
  TaskProgress progress = MakeTaskExecution(3, 2, 10).progress;
  progress.status = Status::kCancelled;
  progress.ended_at = At(9);
  end.tasks = {{TaskKey{3}, Status::kPending, 0, progress, {}}};
  end.progress = ExecutionProgress{.status = Status::kCancelled, .ended_at = At(9)};
  Apply(end);
  EXPECT_EQ(Prune(2, kPruneBatch), 0);
  EXPECT_EQ(Targets(runs()), 0u);
}

TEST_P(StoreConformance, NothingGoesOnWithTheSnapshotOfWhatIsBeingPruned) {
  EndOne();
  Prune(1, 0);
  EXPECT_EQ(Try(Resumed(epoch_)), Verdict::kConflict);
  Prune(1, kPruneBatch);
  EXPECT_EQ(Try(Resumed(epoch_)), Verdict::kConflict);
}

TEST_P(StoreConformance, AnActiveExecutionIsNotPruned) {
  OpenOne();
  EXPECT_EQ(Try(PruneExecution{epoch_, ExecutionKey{1}, 5}), Verdict::kConflict);
  EXPECT_EQ(Try(PruneExecution{epoch_, ExecutionKey{2}, 5}), Verdict::kConflict);
}

TEST_P(StoreConformance, AnOldEpochPrunesNothing) {
  EndOne();
  TakeEpochNow();
  EXPECT_EQ(Try(PruneExecution{epoch_, ExecutionKey{1}, 5}), Verdict::kFenced);
}

TEST_P(StoreConformance, AgesAreListedByKeyWithWhatIsBeingPruned) {
  EndOne();
  Apply(OpenExecution{.epoch = epoch_, .execution = MakeExecution(2, "mw-1")});
  Prune(1, 0);
  const auto ages = Value(runs().ListAges(ExecutionKey{}, 10));
  ASSERT_EQ(ages.size(), 2u);
  EXPECT_EQ(ages[0].key, ExecutionKey{1});
  EXPECT_EQ(ages[0].start_at, MakeExecution(1, "mw-1").occurrence.start_at);
  EXPECT_EQ(ages[0].started_at, At(1001));
  EXPECT_EQ(ages[0].ended_at, At(1100));
  EXPECT_TRUE(ages[0].pruning);
  EXPECT_EQ(ages[1].key, ExecutionKey{2});
  EXPECT_EQ(ages[1].ended_at, std::nullopt);
  EXPECT_FALSE(ages[1].pruning);
  EXPECT_EQ(Value(runs().ListAges(ExecutionKey{1}, 10)).size(), 1u);
  EXPECT_EQ(Value(runs().ListAges(ExecutionKey{}, 1)).size(), 1u);
}

TEST_P(StoreConformance, TasksAreFoundByIdAndNewestFirst) {
  OpenOne();
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(2, "mw-2"),
                      .tasks = {MakeTaskExecution(3, 2, 10)}});
  EXPECT_EQ(Describe(*Value(runs().GetTaskExecution(TaskExecutionId("task-execution-2")))),
            Describe(MakeTaskExecution(2, 1, 10)));
  EXPECT_FALSE(Value(runs().GetTaskExecution(TaskExecutionId("task-execution-9"))).has_value());
  EXPECT_EQ(Keys(Value(runs().ListNewestTasks({}, 10))), (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(Keys(Value(runs().ListNewestTasks(TaskKey{3}, 1))), (std::vector<std::int64_t>{2}));
  EXPECT_TRUE(Value(runs().ListNewestTasks(TaskKey{1}, 10)).empty());
}

TEST_P(StoreConformance, ATargetIsFoundByItsNodeWithinTheRange) {
  OpenOne();
  Apply(StageSnapshot{
      epoch_,
      ExecutionKey{1},
      {Chunk(1, 0, {"a", "b", "aa"}), Chunk(1, 3, {"c", "b"}), Chunk(2, 0, {"other"})}});
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 0, 5, "a")), 0);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 0, 5, "aa")), 2);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 0, 5, "b")), 1);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 2, 5, "b")), 4);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 2, 4, "b")), std::nullopt);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 0, 5, "other")), std::nullopt);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{1}, 5, 5, "a")), std::nullopt);
  EXPECT_EQ(Value(runs().FindTarget(TaskKey{7}, 0, 5, "a")), std::nullopt);
}

}  // namespace
}  // namespace lull
