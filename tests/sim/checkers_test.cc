// Every checker holds its tongue over a good history, and complains of one that breaks its rule.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sim/checkers/checker.h"
#include "tests/sim/checkers/r05_durability.h"
#include "tests/sim/model_disk.h"
#include "tests/support/builders.h"

namespace lull::sim {
namespace {

constexpr Ordinal kTargets = 4;
constexpr auto kEpoch = static_cast<Epoch>(1);

/// One execution with one task of four targets, cutoff at second 1600, and whoever watches it.
class CheckersTest : public testing::Test {
 protected:
  CheckersTest() {
    Commit({TakeEpoch{"test"}}, 1);
    execution_ = MakeExecution(1, "mw-1");
    task_ = MakeTaskExecution(1, 1, kTargets);
    task_.progress.concurrency_limit = 2;
    task_.progress.error_limit = 1;
    Commit({OpenExecution{.epoch = kEpoch, .execution = execution_, .tasks = {task_}}, Told()});
    execution_.progress.status = Status::kInProgress;
    task_.progress.status = Status::kInProgress;
    task_.progress.started_at = At(1100);
    task_.progress.next = 2;
    Move(Status::kPending);
  }

  void Commit(const std::vector<Change>& changes, std::int64_t value = 0) {
    CommitSeen seen;
    seen.now = now_;
    world_.picture.Apply(changes, std::vector<ChangeResult>(changes.size(), {.value = value}),
                         seen);
    for (const auto& checker : checkers_) checker->Committed(world_, seen);
  }

  Advance AdvanceOf(Status expected, std::vector<Finish> finishes = {}) const {
    return Advance{kEpoch,
                   execution_.key,
                   expected,
                   execution_.progress,
                   {{task_.spec->key, expected, 0, task_.progress, std::move(finishes)}}};
  }
  /// Commits the execution and its task as they are here, told to the subscriber.
  void Move(Status expected, std::vector<Finish> finishes = {}) {
    Commit({AdvanceOf(expected, std::move(finishes)), Told()});
  }
  KeepEvents Told() {
    StateEvent execution = MakeEvent("test", absl::StrCat("event-", ++events_));
    execution.status = execution_.progress.status;
    StateEvent task = execution;
    task.id = absl::StrCat("event-", ++events_);
    task.level = Level::kTask;
    task.task = task_.spec->id;
    task.status = task_.progress.status;
    std::vector<StateEvent> news;
    if (told_.first != execution.status) news.push_back(execution);
    if (told_.second != task.status) news.push_back(task);
    told_ = {execution.status, task.status};
    return {0, news};
  }
  void Start(Ordinal ordinal, std::int64_t in_flight = 0) {
    const ResolvedTarget target;
    const InvocationRef ref{task_.spec->key, ordinal};
    const StartSeen start{
        {ref, execution_.id, execution_.window, *task_.spec, target}, now_, in_flight};
    for (const auto& checker : checkers_) checker->Starting(world_, start);
    ++world_.facts.Of(ref).starts;
  }
  void Cancel(CancelPolicy policy) {
    for (const auto& checker : checkers_) checker->Cancelled(world_, {execution_.id, policy, 1});
  }
  void Report(Ordinal ordinal, Status status) {
    world_.facts.Of({task_.spec->key, ordinal}).reported = status;
  }
  /// The counters and the finish of one that ended.
  std::vector<Finish> Succeed(Ordinal ordinal) {
    Report(ordinal, Status::kSuccess);
    ++task_.progress.succeeded;
    return {MakeFinish(ordinal, Status::kSuccess)};
  }

  void ExpectGood() const { EXPECT_TRUE(world_.violations.empty()) << world_.violations.front(); }
  void ExpectBroken(const std::string& rule) const {
    for (const std::string& violation : world_.violations) {
      if (violation.substr(0, rule.size() + 1) == rule + ':') return;
    }
    ADD_FAILURE() << "nobody complained of " << rule;
  }

  World world_;
  std::vector<std::unique_ptr<Checker>> checkers_ = MakeCheckers();
  Execution execution_;
  TaskExecution task_;
  absl::Time now_ = At(1100);
  int events_ = 0;
  std::pair<Status, Status> told_ = {Status::kSkippedOverlapping, Status::kPending};
};

TEST_F(CheckersTest, AGoodHistoryIsGood) {
  Start(0);
  Start(1, 1);
  task_.progress.next = 3;
  Move(Status::kInProgress, Succeed(0));
  Start(2, 1);
  task_.progress.next = 4;
  auto finishes = Succeed(1);
  finishes.push_back(Succeed(2).front());
  Move(Status::kInProgress, finishes);
  Start(3);
  task_.progress.status = execution_.progress.status = Status::kSuccess;
  task_.progress.ended_at = execution_.progress.ended_at = At(1200);
  Move(Status::kInProgress, Succeed(3));
  ExpectGood();
  EXPECT_EQ(world_.picture.ended, 1);
}

TEST_F(CheckersTest, R1AStartAfterTheCancelReturned) {
  task_.progress.closed_by = ClosedBy::kCancel;
  execution_.progress.status = task_.progress.status = Status::kCancelling;
  execution_.progress.cancel = CancelRequest{.policy = CancelPolicy::kInvocation, .queued = 2};
  Move(Status::kInProgress);
  Cancel(CancelPolicy::kInvocation);
  ExpectGood();
  Start(1);
  ExpectBroken("R1");
}

TEST_F(CheckersTest, R1ACancelThatLeavesUnclaimedInvocationsToCome) {
  execution_.progress.status = Status::kCancelling;
  execution_.progress.cancel = CancelRequest{.policy = CancelPolicy::kInvocation};
  Move(Status::kInProgress);
  ExpectGood();
  Cancel(CancelPolicy::kInvocation);
  ExpectBroken("R1");
}

TEST_F(CheckersTest, R1ACancelOfTwoTransactions) {
  for (const auto& checker : checkers_) {
    checker->Cancelled(world_, {execution_.id, CancelPolicy::kTask, 2, false});
  }
  ExpectBroken("R1");
}

TEST_F(CheckersTest, R2AnOutcomeThatNobodyReported) {
  ++task_.progress.succeeded;
  Move(Status::kInProgress, {MakeFinish(0, Status::kSuccess)});
  ExpectBroken("R2");
}

TEST_F(CheckersTest, R2AnOutcomeThatIsRecordedTwice) {
  Move(Status::kInProgress, Succeed(0));
  ExpectGood();
  Move(Status::kInProgress, Succeed(0));
  ExpectBroken("R2");
}

TEST_F(CheckersTest, R2AnotherOutcomeThanTheReportedOne) {
  Report(0, Status::kTimedOut);
  ++task_.progress.succeeded;
  Move(Status::kInProgress, {MakeFinish(0, Status::kSuccess)});
  ExpectBroken("R2");
}

TEST_F(CheckersTest, R2ACounterThatDoesNotAddUp) {
  auto finishes = Succeed(0);
  ++task_.progress.succeeded;
  Move(Status::kInProgress, finishes);
  ExpectBroken("R2");
}

TEST_F(CheckersTest, R3AnExecutionThatEndsBeforeItsTasks) {
  execution_.progress.status = Status::kSuccess;
  execution_.progress.ended_at = At(1200);
  Move(Status::kInProgress);
  ExpectBroken("R3");
}

TEST_F(CheckersTest, R3ACancelledExecutionThatEndsOtherwise) {
  execution_.progress.cancel = CancelRequest{};
  Move(Status::kInProgress);
  ExpectBroken("R3");
}

TEST_F(CheckersTest, R4AStartTwice) {
  Start(0);
  ExpectGood();
  Start(0);
  ExpectBroken("R4");
}

TEST_F(CheckersTest, R4AStartBeforeItsClaim) {
  Start(2);
  ExpectBroken("R4");
}

TEST_F(CheckersTest, R4AStartThatIsRecordedAsNeverStarted) {
  Start(0);
  ++task_.progress.failed;
  Finish finish = MakeFinish(0, Status::kFailed);
  finish.detail = std::string(Text(Reason::kNeverStarted));
  Move(Status::kInProgress, {finish});
  ExpectBroken("R4");
}

TEST_F(CheckersTest, R5AnAnswerOfWhatWasNeverStored) {
  for (const auto& checker : checkers_) {
    checker->Made(world_, {MadeSeen::Kind::kWindow, "mw-2", "mark"});
  }
  ExpectBroken("R5");
}

TEST_F(CheckersTest, R5ACancelThatWasAnsweredAndNeverStored) {
  Cancel(CancelPolicy::kTask);
  ExpectBroken("R5");
}

TEST_F(CheckersTest, R5AStoreThatLostAnExecution) {
  ModelDisk disk(1);
  const auto store = disk.Open();
  ASSERT_TRUE(CompareWithStore(world_, **store, Scope::kAll).ok());
  ExpectBroken("R5");
}

TEST_F(CheckersTest, R5AStoreThatHasHalfOfACommit) {
  ModelDisk disk(1);
  const auto store = disk.Open();
  World world;
  const Execution other = MakeExecution(2, "mw-2");
  const TaskExecution its = MakeTaskExecution(2, 2, 1);
  const TaskExecution ours = MakeTaskExecution(1, 1, 1);
  const std::vector<Change> open = {
      OpenExecution{.epoch = kEpoch, .execution = MakeExecution(1, "mw-1"), .tasks = {ours}},
      OpenExecution{.epoch = kEpoch, .execution = other, .tasks = {its}}};
  CommitSeen seen;
  ASSERT_TRUE((*store)->Commit({TakeEpoch{"test"}}).ok());
  const auto results = (*store)->Commit(open);
  ASSERT_TRUE(results.ok());
  world.picture.Apply(open, *results, seen);

  std::vector<Change> advances;
  for (const TaskExecution& task : {ours, its}) {
    TaskProgress progress = task.progress;
    progress.next = 1;
    advances.push_back(Advance{kEpoch,
                               task.spec->execution,
                               Status::kPending,
                               {},
                               {{task.spec->key, Status::kPending, 0, progress, {}}}});
  }
  ASSERT_TRUE((*store)->Commit({advances.front()}).ok());
  ASSERT_TRUE(Resolve(world, **store, advances, seen).ok());
  ASSERT_FALSE(world.violations.empty());
  EXPECT_EQ(world.violations.front(), "R5: half of a commit was applied");
}

TEST_F(CheckersTest, R6TwoActiveExecutionsOfOneWindow) {
  Commit({OpenExecution{.epoch = kEpoch, .execution = MakeExecution(2, "mw-1"), .tasks = {}}});
  ExpectBroken("R6");
}

TEST_F(CheckersTest, R6TwoExecutionsAtOneStart) {
  Execution second = MakeExecution(2, "mw-1");
  second.occurrence = execution_.occurrence;
  second.progress.status = Status::kSkippedOverlapping;
  second.progress.ended_at = At(1100);
  Commit({OpenExecution{.epoch = kEpoch, .execution = second, .tasks = {}}});
  ExpectBroken("R6");
}

TEST_F(CheckersTest, R7ATaskThatStartsAtTheCutoff) {
  now_ = execution_.occurrence.cutoff_at;
  task_.progress.started_at = now_;
  Move(Status::kInProgress);
  ExpectBroken("R7");
}

TEST_F(CheckersTest, R7AClaimPastTheCutoffOfACancelTask) {
  auto spec = std::make_shared<TaskSpec>(*task_.spec);
  spec->key = static_cast<TaskKey>(2);
  spec->id = TaskExecutionId("task-execution-2");
  spec->cutoff_behavior = CutoffBehavior::kCancelTask;
  task_.spec = spec;
  execution_ = MakeExecution(2, "mw-2");
  Commit({OpenExecution{.epoch = kEpoch, .execution = execution_, .tasks = {task_}}});
  now_ = execution_.occurrence.cutoff_at;
  task_.progress.next = 3;
  Commit({AdvanceOf(Status::kInProgress)});
  ExpectBroken("R7");
}

TEST_F(CheckersTest, R8OneMoreThanMaxConcurrency) {
  task_.progress.next = 3;
  Move(Status::kInProgress);
  ExpectBroken("R8");
}

TEST_F(CheckersTest, R8OneMoreAtTheRunnerThanMaxConcurrency) {
  Start(1, 2);
  ExpectBroken("R8");
}

TEST_F(CheckersTest, R8ATaskThatGoesOnPastMaxErrors) {
  std::vector<Finish> finishes;
  for (const Ordinal ordinal : {0, 1}) {
    Report(ordinal, Status::kFailed);
    finishes.push_back(MakeFinish(ordinal, Status::kFailed));
    ++task_.progress.failed;
  }
  Move(Status::kInProgress, finishes);
  ExpectBroken("R8");
}

TEST_F(CheckersTest, R9ATaskThatStartsBeforeALowerNumberHasEnded) {
  TaskExecution first = MakeTaskExecution(2, 2, 1);
  auto later = std::make_shared<TaskSpec>(*MakeTaskExecution(3, 2, 1).spec);
  later->priority = first.spec->priority + 1;
  TaskExecution second{later, first.progress};
  Commit({OpenExecution{
      .epoch = kEpoch, .execution = MakeExecution(2, "mw-2"), .tasks = {first, second}}});
  second.progress.status = Status::kInProgress;
  second.progress.started_at = At(1100);
  Commit({Advance{kEpoch,
                  static_cast<ExecutionKey>(2),
                  Status::kPending,
                  {},
                  {{later->key, Status::kPending, 0, second.progress, {}}}}});
  ExpectBroken("R9");
}

TEST_F(CheckersTest, R10AMoveThatIsNotInTheTable) {
  execution_.progress.status = Status::kPending;
  Move(Status::kInProgress);
  ExpectBroken("R10");
}

TEST_F(CheckersTest, R10ACancelRequestThatIsTakenBack) {
  execution_.progress.status = Status::kCancelling;
  execution_.progress.cancel = CancelRequest{};
  Move(Status::kInProgress);
  ExpectGood();
  execution_.progress.cancel.reset();
  Move(Status::kCancelling);
  ExpectBroken("R10");
}

TEST_F(CheckersTest, R11AnOldEpochThatClaims) {
  Commit({TakeEpoch{"another"}}, 2);
  ExpectGood();
  Move(Status::kInProgress, Succeed(0));
  ExpectBroken("R11");
}

TEST_F(CheckersTest, AStatusThatNobodyWasToldOf) {
  execution_.progress.status = Status::kCancelling;
  execution_.progress.cancel = CancelRequest{};
  Commit({AdvanceOf(Status::kInProgress)});
  ExpectBroken("events");
}

TEST_F(CheckersTest, AnEventThatComesTwice) {
  const StateEvent event = MakeEvent("test", "event-1");
  Commit({KeepEvents{0, {event}}});
  ExpectBroken("events");
}

}  // namespace
}  // namespace lull::sim
