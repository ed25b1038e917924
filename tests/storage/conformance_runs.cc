#include "tests/storage/conformance.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

Execution Skipped(std::int64_t key, const std::string& window) {
  Execution execution = MakeExecution(key, window);
  execution.progress = {.status = Status::kSkippedOverlapping,
                        .reason = Reason::kOverlap,
                        .detail = "d",
                        .ended_at = At(1)};
  return execution;
}

TEST_P(StoreConformance, EachEpochIsGreaterThanTheLastAcrossLives) {
  const Epoch first = TakeEpochNow();
  EXPECT_GT(first, Epoch{0});
  const Epoch second = TakeEpochNow();
  EXPECT_GT(second, first);
  Reopen();
  EXPECT_GT(TakeEpochNow(), second);
}

TEST_P(StoreConformance, AnOpenedExecutionIsReadBackWhole) {
  OpenOne();
  Execution expected = MakeExecution(1, "mw-1");
  expected.epoch = epoch_;
  EXPECT_EQ(Describe(**runs().GetExecution(expected.id)), Describe(expected));
  const auto tasks = *runs().ListTaskExecutions(ExecutionKey{1});
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(Describe(tasks[0]), Describe(MakeTaskExecution(1, 1, 10)));
  EXPECT_EQ(Describe(tasks[1]), Describe(MakeTaskExecution(2, 1, 10)));
  EXPECT_EQ(runs().GreatestKeys()->execution, ExecutionKey{1});
  EXPECT_EQ(runs().GreatestKeys()->task, TaskKey{2});
}

TEST_P(StoreConformance, OpeningMovesWhatIsDue) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  const Epoch epoch = TakeEpochNow();
  Apply(OpenExecution{.epoch = epoch,
                      .execution = MakeExecution(1, "mw-1"),
                      .move_due = MoveDue{epoch, WindowId("mw-1"), 1, At(500)}});
  EXPECT_EQ(definitions().ListDue()->front().due_at, At(500));
}

TEST_P(StoreConformance, OpeningAtAnotherVersionOfTheWindowIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  const Epoch epoch = TakeEpochNow();
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch,
                              .execution = MakeExecution(1, "mw-1"),
                              .tasks = {MakeTaskExecution(1, 1, 10)},
                              .move_due = MoveDue{epoch, WindowId("mw-1"), 2, At(500)}}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, OpeningUnderAnOldEpochIsFenced) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  const Epoch old = TakeEpochNow();
  TakeEpochNow();
  EXPECT_EQ(Try(OpenExecution{.epoch = old,
                              .execution = MakeExecution(1, "mw-1"),
                              .move_due = MoveDue{old, WindowId("mw-1"), 1, At(500)}}),
            Verdict::kFenced);
}

TEST_P(StoreConformance, ASecondActiveExecutionOfAWindowIsAConflictAndLeavesTheDueTime) {
  OpenOne();  // R6
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_,
                              .execution = MakeExecution(2, "mw-1"),
                              .tasks = {MakeTaskExecution(3, 2, 10)},
                              .move_due = MoveDue{epoch_, WindowId("mw-1"), 1, At(500)}}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, ASkippedExecutionIsRecordedBesideAnActiveOne) {
  OpenOne();
  const Execution skipped = Skipped(2, "mw-1");
  Apply(OpenExecution{.epoch = epoch_, .execution = skipped});
  Apply(OpenExecution{.epoch = epoch_, .execution = Skipped(3, "mw-1")});
  EXPECT_EQ((*runs().GetExecution(skipped.id))->progress.status, Status::kSkippedOverlapping);
}

TEST_P(StoreConformance, AnExecutionOfAnotherWindowIsNoConflict) {
  OpenOne();
  Apply(OpenExecution{.epoch = epoch_, .execution = MakeExecution(2, "mw-2")});
}

TEST_P(StoreConformance, ASecondExecutionOfOneOccurrenceIsAConflict) {
  OpenOne();
  Execution same = Skipped(2, "mw-1");
  same.occurrence = MakeExecution(1, "mw-1").occurrence;
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_, .execution = same}), Verdict::kConflict);
}

TEST_P(StoreConformance, AMissedExecutionLeavesRoomForOneThatOpensAndIsNoneBesideIt) {
  const Epoch epoch = TakeEpochNow();
  const auto missed = [](int key) {
    Execution execution = Skipped(key, "mw-1");
    execution.occurrence = MakeExecution(1, "mw-1").occurrence;
    execution.progress.status = Status::kTimedOut;
    execution.progress.reason = Reason::kMissed;
    return execution;
  };
  Apply(OpenExecution{.epoch = epoch, .execution = missed(2)});
  Apply(OpenExecution{.epoch = epoch, .execution = missed(3)});
  Apply(OpenExecution{.epoch = epoch, .execution = MakeExecution(1, "mw-1")});
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch, .execution = missed(4)}), Verdict::kConflict);
  EXPECT_TRUE((*runs().GetExecution(missed(2).id)).has_value());
}

/// Of mw-1, final; resumed from the execution with key `from`.
Execution Resumption(std::int64_t key, std::int64_t from) {
  Execution execution = Skipped(key, "mw-1");
  execution.request = StartRequest{"me", ""};
  execution.resumed_from = MakeExecution(from, "mw-1").id;
  return execution;
}

TEST_P(StoreConformance, WhoAskedForAnExecutionAndWhatItGoesOnWithAreReadBack) {
  OpenOne();
  Execution asked = MakeExecution(2, "mw-2");
  asked.epoch = epoch_;
  asked.progress.status = Status::kInProgress;  // what is resumed has its targets
  asked.request = StartRequest{"me", "why"};
  asked.resumed_from = MakeExecution(1, "mw-1").id;
  TaskExecution rest = MakeTaskExecution(3, 2, 7);
  rest.progress.first = 3;
  Apply(OpenExecution{.epoch = epoch_, .execution = asked, .tasks = {rest}});
  Reopen();
  EXPECT_EQ(Describe(**runs().GetExecution(asked.id)), Describe(asked));
  EXPECT_EQ(Describe(runs().ListTaskExecutions(ExecutionKey{2})->at(0)), Describe(rest));
  EXPECT_EQ(Value(runs().FindResumption(*asked.resumed_from)), asked.id);
  EXPECT_EQ(Value(runs().FindResumption(asked.id)), std::nullopt);
  asked.request = StartRequest{"", ""};
  asked.resumed_from = std::nullopt;
  asked.key = ExecutionKey{3};
  asked.id = ExecutionId("nameless");
  asked.window = WindowId("mw-3");
  Apply(OpenExecution{.epoch = epoch_, .execution = asked});
  EXPECT_EQ(Describe(**runs().GetExecution(asked.id)), Describe(asked));
}

TEST_P(StoreConformance, AnExecutionIsResumedOnce) {
  const Epoch epoch = TakeEpochNow();
  Apply(OpenExecution{.epoch = epoch, .execution = Resumption(2, 1)});
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch, .execution = Resumption(3, 1)}), Verdict::kConflict);
  Apply(OpenExecution{.epoch = epoch, .execution = Resumption(3, 2)});
}

TEST_P(StoreConformance, AnOccurrenceThatHasAnExecutionIsKnownUnlessItWasMissed) {
  const Epoch epoch = TakeEpochNow();
  const Execution skipped = Skipped(2, "mw-1");
  Execution missed = Skipped(3, "mw-1");
  missed.progress.status = Status::kTimedOut;
  missed.progress.reason = Reason::kMissed;
  Apply(OpenExecution{.epoch = epoch, .execution = skipped});
  Apply(OpenExecution{.epoch = epoch, .execution = missed});
  const auto has = [&](const char* window, const Execution& like) {
    return Value(runs().HasOccurrence(WindowId(window), like.occurrence.start_at));
  };
  EXPECT_TRUE(has("mw-1", skipped));
  EXPECT_FALSE(has("mw-2", skipped));
  EXPECT_FALSE(has("mw-1", missed));
  EXPECT_FALSE(has("mw-1", MakeExecution(4, "mw-1")));
}

TEST_P(StoreConformance, TheTokenOfAStartIsKeptWithItAndRefusesAnother) {
  const Epoch epoch = TakeEpochNow();
  OpenExecution open{.epoch = epoch, .execution = Skipped(1, "mw-1")};
  open.token = MakeToken("t", At(100));
  open.token_expiry = At(50);
  Apply(open);
  const auto stored = Value(definitions().FindToken(open.token->operation, "", "t"));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(Describe(*stored), Describe(*open.token));
  open.execution = Skipped(2, "mw-1");
  EXPECT_EQ(Try(open), Verdict::kConflict);
  open.token_expiry = At(200);  // it has expired by now
  Apply(open);
  open.execution = Skipped(2, "mw-1");  // a conflict of its own keeps no token
  open.token = MakeToken("u", At(300));
  EXPECT_EQ(Try(open), Verdict::kConflict);
  EXPECT_FALSE(Value(definitions().FindToken(open.token->operation, "", "u")).has_value());
}

TEST_P(StoreConformance, UsedKeysAndIdsAreConflicts) {
  OpenOne();
  Execution same_key = MakeExecution(1, "mw-2");
  same_key.id = ExecutionId("new");
  same_key.occurrence.start_at = At(5);
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_, .execution = same_key}), Verdict::kConflict);
  Execution same_id = MakeExecution(2, "mw-2");
  same_id.id = ExecutionId("execution-1");
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_, .execution = same_id}), Verdict::kConflict);
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_,
                              .execution = MakeExecution(2, "mw-2"),
                              .tasks = {MakeTaskExecution(2, 2, 1)}}),
            Verdict::kConflict);
  auto spec = std::make_shared<TaskSpec>(*MakeTaskExecution(3, 2, 1).spec);
  spec->id = TaskExecutionId("task-execution-1");
  EXPECT_EQ(Try(OpenExecution{.epoch = epoch_,
                              .execution = MakeExecution(2, "mw-2"),
                              .tasks = {{.spec = spec, .progress = {}}}}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, ExecutionsAreListedNewestFirstPageByPageWithinTheirTimes) {
  const Epoch epoch = TakeEpochNow();
  for (int key = 1; key <= 5; ++key) {
    Apply(OpenExecution{.epoch = epoch, .execution = Skipped(key, "mw-1")});
  }
  Apply(OpenExecution{.epoch = epoch, .execution = Skipped(6, "mw-2")});
  const auto keys = [&](RunReader::ExecutionQuery query) {
    query.window = WindowId("mw-1");
    std::string text;
    for (const Execution& execution : Value(runs().ListExecutions(query))) {
      text += std::to_string(static_cast<int>(execution.key)) + ' ';
    }
    return text;
  };
  EXPECT_EQ(keys({}), "5 4 3 2 1 ");
  EXPECT_EQ(keys({.limit = 2}), "5 4 ");
  EXPECT_EQ(keys({.below = ExecutionKey{4}, .limit = 2}), "3 2 ");
  EXPECT_EQ(keys({.executed_after = At(2001)}), "5 4 3 ");
  EXPECT_EQ(keys({.executed_before = At(2001)}), "1 ");
  EXPECT_EQ(keys({.executed_after = At(1001), .executed_before = At(4001), .limit = 1}), "3 ");
}

SnapshotChunk Chunk(std::int64_t snapshot, Ordinal first, std::vector<std::string> nodes) {
  return {.snapshot = static_cast<TaskKey>(snapshot),
          .first = first,
          .nodes = std::move(nodes),
          .window_target = WindowTargetId("target"),
          .owner_information = "owner"};
}

TEST_P(StoreConformance, StagedTargetsAreReadUpToTheEndOfTheirChunk) {
  OpenOne();
  SnapshotChunk bare = Chunk(1, 3, {"d", ""});
  bare.window_target = std::nullopt;
  bare.owner_information = std::nullopt;
  bare.resource_type = ResourceType::kResourceGroup;
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 0, {"a", "b", "c"}), bare}});
  const auto nodes = [&](std::int64_t snapshot, Ordinal first, std::size_t limit) {
    std::string text;
    for (const ResolvedTarget& target :
         Value(runs().ReadTargets(static_cast<TaskKey>(snapshot), first, limit))) {
      text += Describe(target) + '\n';
    }
    return text;
  };
  EXPECT_EQ(nodes(1, 0, 2),
            "resolved \"a\" target \"owner\" 0\nresolved \"b\" target \"owner\" 0\n");
  EXPECT_EQ(nodes(1, 2, 9), "resolved \"c\" target \"owner\" 0\n");
  EXPECT_EQ(nodes(1, 3, 9), "resolved \"d\" - - 1\nresolved \"\" - - 1\n");
  EXPECT_EQ(nodes(1, 5, 9), "");
  EXPECT_EQ(nodes(2, 0, 9), "");
  EXPECT_EQ(nodes(9, 0, 9), "");
}

TEST_P(StoreConformance, StagingTheSameTargetsTwiceIsAConflict) {
  OpenOne();
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 0, {"a"})}});
  EXPECT_EQ(Try(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 1, {"b"}), Chunk(1, 0, {"c"})}}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, StagingForATaskOfAnotherExecutionIsAConflict) {
  OpenOne();
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(2, "mw-2"),
                      .tasks = {MakeTaskExecution(3, 2, 1)}});
  EXPECT_EQ(Try(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(3, 0, {"a"})}}), Verdict::kConflict);
  EXPECT_EQ(Try(StageSnapshot{epoch_, ExecutionKey{9}, {}}), Verdict::kConflict);
}

TEST_P(StoreConformance, StagingAndDroppingNeedAPendingExecutionOfThisEpoch) {
  OpenOne();
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 0, {"a"})}});
  const Epoch old = epoch_;
  epoch_ = TakeEpochNow();
  EXPECT_EQ(Try(StageSnapshot{old, ExecutionKey{1}, {Chunk(1, 1, {"b"})}}), Verdict::kFenced);
  EXPECT_EQ(Try(DropSnapshots{old, ExecutionKey{1}}), Verdict::kFenced);
  StartOne(0);
  EXPECT_EQ(Try(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 1, {"b"})}}), Verdict::kConflict);
  EXPECT_EQ(Try(DropSnapshots{epoch_, ExecutionKey{1}}), Verdict::kConflict);
  EXPECT_EQ(Try(DropSnapshots{epoch_, ExecutionKey{9}}), Verdict::kConflict);
}

TEST_P(StoreConformance, DroppingRemovesTheSnapshotsOfOneExecutionOnly) {
  OpenOne();
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(2, "mw-2"),
                      .tasks = {MakeTaskExecution(3, 2, 1)}});
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 0, {"a"}), Chunk(2, 0, {"b"})}});
  Apply(StageSnapshot{epoch_, ExecutionKey{2}, {Chunk(3, 0, {"c"})}});
  Apply(DropSnapshots{epoch_, ExecutionKey{1}});
  EXPECT_TRUE(runs().ReadTargets(TaskKey{1}, 0, 9)->empty());
  EXPECT_TRUE(runs().ReadTargets(TaskKey{2}, 0, 9)->empty());
  EXPECT_EQ(runs().ReadTargets(TaskKey{3}, 0, 9)->size(), 1u);
}

TEST_P(StoreConformance, AnAdvanceClaimsFinishesAndMovesStatusesAtOnce) {
  OpenOne();
  StartOne(5);
  Advance advance = AdvanceOne(Status::kInProgress);
  advance.progress =
      ExecutionProgress{.status = Status::kCancelling,
                        .reason = Reason::kCancelled,
                        .detail = "d",
                        .cancel = CancelRequest{CancelPolicy::kStop, "me", "why", At(9), 15, 5}};
  TaskProgress progress = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress;
  progress.status = Status::kCancelling;
  progress.closed_by = ClosedBy::kCancel;
  progress.stop_requested = true;
  progress.next = 7;
  progress.low = 3;
  progress.stragglers = {1};
  progress.reason = Reason::kUndelivered;
  progress.succeeded = 1;
  progress.failed = 1;
  progress.undelivered = 1;
  progress.cancelled = 1;
  const std::vector finishes = {MakeFinish(0, Status::kSuccess), MakeFinish(2, Status::kFailed),
                                MakeFinish(5, Status::kCancelled)};
  advance.tasks = {{.task = TaskKey{1},
                    .expected_status = Status::kInProgress,
                    .expected_next = 5,
                    .progress = progress,
                    .finishes = finishes}};
  Apply(advance);

  Execution execution = MakeExecution(1, "mw-1");
  execution.epoch = epoch_;
  execution.progress = *advance.progress;
  EXPECT_EQ(Describe(**runs().GetExecution(execution.id)), Describe(execution));
  TaskExecution task = MakeTaskExecution(1, 1, 10);
  task.progress = progress;
  EXPECT_EQ(Describe((*runs().ListTaskExecutions(ExecutionKey{1}))[0]), Describe(task));
  const auto stored = *runs().ListFinishes({.task = TaskKey{1}});
  ASSERT_EQ(stored.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(Describe(stored[i]), Describe(finishes[i]));
}

TEST_P(StoreConformance, AnAdvanceOfNothingLeavesTheExecutionAsItIs) {
  OpenOne();
  const std::string before = DescribeAll(store());
  Apply(AdvanceOne(Status::kPending));
  EXPECT_EQ(DescribeAll(store()), before);
}

TEST_P(StoreConformance, AnAdvanceUnderAnOldEpochIsFenced) {
  OpenOne();  // R11
  StartOne(5);
  TakeEpochNow();
  EXPECT_EQ(Try(AdvanceOne(Status::kInProgress)), Verdict::kFenced);
}

TEST_P(StoreConformance, TakingTheEpochTakesOverActiveExecutionsAndLeavesFinalOnes) {
  OpenOne();
  Apply(OpenExecution{.epoch = epoch_, .execution = Skipped(2, "mw-1")});
  const Epoch later = TakeEpochNow();
  EXPECT_EQ((*runs().GetExecution(ExecutionId("execution-1")))->epoch, later);
  EXPECT_EQ((*runs().GetExecution(ExecutionId("execution-2")))->epoch, epoch_);
}

TEST_P(StoreConformance, AnAdvanceThatExpectsAnotherStatusOrNoExecutionIsAConflict) {
  OpenOne();
  EXPECT_EQ(Try(AdvanceOne(Status::kInProgress)), Verdict::kConflict);
  Advance missing = AdvanceOne(Status::kPending);
  missing.execution = ExecutionKey{9};
  EXPECT_EQ(Try(missing), Verdict::kConflict);
}

TEST_P(StoreConformance, ATaskThatIsNotAsExpectedSpoilsItsWholeAdvance) {
  OpenOne();
  StartOne(5);
  TaskProgress first = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress;
  TaskAdvance good{.task = TaskKey{1},
                   .expected_status = Status::kInProgress,
                   .expected_next = 5,
                   .progress = first};
  good.progress.next = 6;
  TaskAdvance bad{.task = TaskKey{2}, .progress = MakeTaskExecution(2, 1, 10).progress};
  const auto verdict = [&](const TaskAdvance& second) {
    Advance advance = AdvanceOne(Status::kInProgress);
    advance.progress = ExecutionProgress{.status = Status::kCancelling};
    advance.tasks = {good, second};
    return Try(advance);
  };
  bad.expected_next = 1;
  EXPECT_EQ(verdict(bad), Verdict::kConflict);
  bad.expected_next = 0;
  bad.task = TaskKey{9};
  EXPECT_EQ(verdict(bad), Verdict::kConflict);
  bad.task = TaskKey{2};
  bad.expected_status = Status::kInProgress;
  bad.progress.status = Status::kInProgress;
  EXPECT_EQ(verdict(bad), Verdict::kConflict);
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(2, "mw-2"),
                      .tasks = {MakeTaskExecution(3, 2, 10)}});
  bad = {.task = TaskKey{3}, .progress = MakeTaskExecution(3, 2, 10).progress};
  EXPECT_EQ(verdict(bad), Verdict::kConflict);
}

TEST_P(StoreConformance, AClaimThatIsStoredAndComesAgainIsAConflict) {
  OpenOne();
  StartOne(5);
  Advance again = AdvanceOne(Status::kInProgress);
  again.tasks = {{.task = TaskKey{1},
                  .expected_status = Status::kInProgress,
                  .expected_next = 0,
                  .progress = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress}};
  EXPECT_EQ(Try(again), Verdict::kConflict);
}

TEST_P(StoreConformance, AFinishThatIsThereTwiceOrNotClaimedIsAConflict) {
  OpenOne();
  StartOne(5);
  TaskAdvance task{.task = TaskKey{1},
                   .expected_status = Status::kInProgress,
                   .expected_next = 5,
                   .progress = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress};
  const auto verdict = [&](std::vector<Finish> finishes) {
    Advance advance = AdvanceOne(Status::kInProgress);
    task.finishes = std::move(finishes);
    advance.tasks = {task};
    return Try(advance);
  };
  task.progress.succeeded = 1;
  EXPECT_EQ(verdict({MakeFinish(3, Status::kSuccess)}), Verdict::kApplied);
  task.progress.succeeded = 2;
  EXPECT_EQ(verdict({MakeFinish(1, Status::kSuccess), MakeFinish(3, Status::kFailed)}),
            Verdict::kConflict);
  EXPECT_EQ(verdict({MakeFinish(1, Status::kSuccess), MakeFinish(1, Status::kSuccess)}),
            Verdict::kConflict);
  EXPECT_EQ(verdict({MakeFinish(5, Status::kSuccess)}), Verdict::kConflict);
  EXPECT_EQ(verdict({MakeFinish(-1, Status::kSuccess)}), Verdict::kConflict);
  EXPECT_EQ(verdict({MakeFinish(1, Status::kSuccess)}), Verdict::kApplied);
}

TEST_P(StoreConformance, AnEndedExecutionMakesRoomForTheNext) {
  OpenOne();
  Advance advance = AdvanceOne(Status::kPending);
  advance.progress = ExecutionProgress{.status = Status::kCancelled, .ended_at = At(60)};
  for (int key : {1, 2}) {
    TaskProgress progress = MakeTaskExecution(key, 1, 10).progress;
    progress.status = Status::kCancelled;
    progress.closed_by = ClosedBy::kCancel;
    progress.ended_at = At(60);
    advance.tasks.push_back({.task = static_cast<TaskKey>(key), .progress = progress});
  }
  Apply(advance);
  EXPECT_TRUE(runs().LoadActive()->empty());
  Apply(OpenExecution{.epoch = epoch_, .execution = MakeExecution(2, "mw-1")});
}

TEST_P(StoreConformance, WhatIsInFlightIsClaimedAndNotFinishedStragglersFirst) {
  OpenOne();
  StartOne(9);
  Advance advance = AdvanceOne(Status::kInProgress);
  TaskProgress progress = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress;
  progress.low = 4;
  progress.stragglers = {0, 2};
  progress.succeeded = 3;
  progress.failed = 1;
  advance.tasks = {{.task = TaskKey{1},
                    .expected_status = Status::kInProgress,
                    .expected_next = 9,
                    .progress = progress,
                    .finishes = {MakeFinish(1, Status::kSuccess), MakeFinish(3, Status::kSuccess),
                                 MakeFinish(5, Status::kFailed), MakeFinish(7, Status::kSuccess)}}};
  Apply(advance);
  Reopen();
  const auto active = *runs().LoadActive();
  ASSERT_EQ(active.size(), 1u);
  ASSERT_EQ(active[0].tasks.size(), 2u);
  EXPECT_EQ(active[0].tasks[0].in_flight, (std::vector<Ordinal>{0, 2, 4, 6, 8}));
  EXPECT_TRUE(active[0].tasks[1].in_flight.empty());
  EXPECT_EQ(active[0].execution.id.value(), "execution-1");
}

TEST_P(StoreConformance, FinishesAreListedByOrdinalFromAnywhereAndByStatus) {
  OpenOne();
  StartOne(10);
  Advance advance = AdvanceOne(Status::kInProgress);
  TaskProgress progress = (*runs().ListTaskExecutions(ExecutionKey{1}))[0].progress;
  TaskAdvance task{.task = TaskKey{1},
                   .expected_status = Status::kInProgress,
                   .expected_next = 10,
                   .progress = progress};
  for (Ordinal i = 9; i >= 0; --i) {  // out of order
    const Status status = i % 3 == 0 ? Status::kFailed
                          : i == 5   ? Status::kTimedOut
                                     : Status::kSuccess;
    task.finishes.push_back(MakeFinish(i, status));
  }
  task.progress.failed = 4;
  task.progress.timed_out = 1;
  task.progress.succeeded = 5;
  advance.tasks = {task};
  Apply(advance);
  const auto ordinals = [&](RunReader::FinishQuery query) {
    std::string text;
    if (query.task == TaskKey{}) query.task = TaskKey{1};
    for (const Finish& finish : Value(runs().ListFinishes(query))) {
      text += std::to_string(finish.ordinal);
    }
    return text;
  };
  EXPECT_EQ(ordinals({}), "0123456789");
  EXPECT_EQ(ordinals({.from = 4, .limit = 3}), "456");
  EXPECT_EQ(ordinals({.status = Status::kFailed}), "0369");
  EXPECT_EQ(ordinals({.from = 4, .status = Status::kFailed, .limit = 1}), "6");
  EXPECT_EQ(ordinals({.status = Status::kTimedOut}), "5");
  EXPECT_EQ(ordinals({.from = 3, .status = Status::kSuccess, .limit = 2}), "47");
  EXPECT_EQ(ordinals({.status = Status::kCancelled}), "");
  EXPECT_EQ(ordinals({.status = Status::kInProgress}), "");
  EXPECT_EQ(ordinals({.from = 10}), "");
  EXPECT_EQ(ordinals({.task = TaskKey{2}}), "");
  EXPECT_EQ(ordinals({.task = TaskKey{99}}), "");
}

TEST_P(StoreConformance, RunsOutliveTheStore) {
  OpenOne();
  Apply(StageSnapshot{epoch_, ExecutionKey{1}, {Chunk(1, 0, {"a", "b"})}});
  StartOne(5);
  const std::string before = DescribeAll(store());
  Reopen();
  EXPECT_EQ(DescribeAll(store()), before);
}

TEST_P(StoreConformance, RecoverWithoutAnErrorChangesNothing) {
  OpenOne();
  const std::string before = DescribeAll(store());
  EXPECT_TRUE(store().Recover().ok());
  EXPECT_EQ(DescribeAll(store()), before);
}

}  // namespace
}  // namespace lull
