#include "engine/core/decide.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/core/execution_world.h"

namespace lull {
namespace {

constexpr CancelPolicy kTask = CancelPolicy::kTask;
constexpr CancelPolicy kInvocation = CancelPolicy::kInvocation;
constexpr CancelPolicy kStop = CancelPolicy::kStop;

ExecutionWorld World(const std::vector<TaskKind>& kinds) { return ExecutionWorld(kinds); }

/// Opened, its first task running, and its runner told of all that is claimed.
ExecutionWorld Running(const std::vector<TaskKind>& kinds) {
  ExecutionWorld world(kinds);
  world.Open();
  world.HandOverAll();
  return world;
}

/// Runs what is left to its end, each with `outcome`.
void Drain(ExecutionWorld& world, Status outcome = Status::kSuccess) {
  for (bool moved = true; moved;) {
    moved = false;
    world.HandOverAll();
    for (std::size_t i = 0; i < world.kinds.size(); ++i) {
      while (world.CanFinish(i)) {
        world.Finish(i, outcome);
        moved = true;
      }
    }
  }
}

Status QueuedReadsAs(const ExecutionWorld& world, std::size_t task) {
  return InvocationStatus({{}, false, false, world.Progress(task).closed_by});
}

std::string Statuses(const ExecutionWorld& world) {
  std::string text(Name(world.Progress().status));
  for (std::size_t i = 0; i < world.kinds.size(); ++i) {
    text += i == 0 ? ": " : ", ";
    text += Name(world.Progress(i).status);
  }
  return text;
}

// Cancel x what it meets x policy. The execution has two tasks of 3 targets, one after the other,
// two at a time. First what it is right after the cancel, then what it comes to when all drains.
TEST(CancelTest, DecisionTable) {
  struct Row {
    const char* label;
    void (*arrange)(ExecutionWorld&);
    CancelPolicy policy;
    const char* at_once;
    const char* in_the_end;
    Ordinal claimed;  // of the first task, right after the cancel
    bool stop;
  };
  const auto pending = [](ExecutionWorld&) {};
  const auto running = [](ExecutionWorld& world) {
    world.Open();
    world.HandOverAll();
  };
  const auto not_handed_over = [](ExecutionWorld& world) { world.Open(); };
  const auto last_in_flight = [](ExecutionWorld& world) {
    world.Open();
    world.HandOverAll();
    world.Finish(0, Status::kSuccess);
    world.HandOverAll();
  };
  const auto succeeded = [](ExecutionWorld& world) {
    world.Open();
    Drain(world);
  };
  const auto failed = [](ExecutionWorld& world) {
    world.Open();
    Drain(world, Status::kFailed);
  };
  const auto timed_out = [](ExecutionWorld& world) { world.PassCutoff(); };
  const auto cancelled = [](ExecutionWorld& world) { world.Cancel(kTask); };
  const Row rows[] = {
      {"PENDING, TASK", pending, kTask, "CANCELLED: CANCELLED, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 0, false},
      {"PENDING, INVOCATION", pending, kInvocation, "CANCELLED: CANCELLED, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 0, false},
      {"PENDING, STOP", pending, kStop, "CANCELLED: CANCELLED, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 0, false},
      {"running, TASK: it goes on over all its targets", running, kTask,
       "CANCELLING: IN_PROGRESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED", 2, false},
      {"running, INVOCATION: what is claimed drains", running, kInvocation,
       "CANCELLING: CANCELLING, CANCELLED", "CANCELLED: CANCELLED, CANCELLED", 2, false},
      {"running, STOP: and is asked to stop", running, kStop, "CANCELLING: CANCELLING, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 2, true},
      {"claimed but not handed over, TASK", not_handed_over, kTask,
       "CANCELLING: IN_PROGRESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED", 2, false},
      {"claimed but not handed over, INVOCATION: the claims move back, nothing is in flight",
       not_handed_over, kInvocation, "CANCELLED: CANCELLED, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 0, false},
      {"claimed but not handed over, STOP: nothing to stop", not_handed_over, kStop,
       "CANCELLED: CANCELLED, CANCELLED", "CANCELLED: CANCELLED, CANCELLED", 0, false},
      {"all its targets claimed, INVOCATION: its own outcome", last_in_flight, kInvocation,
       "CANCELLING: IN_PROGRESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED", 3, false},
      {"all its targets claimed, STOP: its own outcome", last_in_flight, kStop,
       "CANCELLING: IN_PROGRESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED", 3, true},
      {"SUCCESS", succeeded, kStop, "SUCCESS: SUCCESS, SUCCESS", "SUCCESS: SUCCESS, SUCCESS", 3,
       false},
      {"FAILED", failed, kStop, "FAILED: FAILED, FAILED", "FAILED: FAILED, FAILED", 2, false},
      {"TIMED_OUT", timed_out, kStop, "TIMED_OUT: TIMED_OUT, TIMED_OUT",
       "TIMED_OUT: TIMED_OUT, TIMED_OUT", 0, false},
      {"CANCELLED", cancelled, kStop, "CANCELLED: CANCELLED, CANCELLED",
       "CANCELLED: CANCELLED, CANCELLED", 0, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    ExecutionWorld world = World({{.priority = 0, .count = 3, .concurrency = 2},
                                  {.priority = 1, .count = 3, .concurrency = 2}});
    row.arrange(world);
    const bool ended = world.Ended();
    EXPECT_EQ(world.Cancel(row.policy), !ended);
    EXPECT_EQ(Statuses(world), row.at_once);
    EXPECT_EQ(world.Progress(0).next, row.claimed);
    EXPECT_EQ(world.Progress(0).stop_requested, row.stop);
    EXPECT_EQ(world.notes.stops.empty(), !row.stop);
    Drain(world);
    EXPECT_EQ(Statuses(world), row.in_the_end);
  }
}

// Cutoff x behaviour x type, of a task with one in flight and more queued, and one not started.
TEST(CutoffTest, DecisionTable) {
  struct Row {
    const char* label;
    CutoffBehavior behavior;
    TaskType type;
    bool closed;
    bool stop;
    Status queued;
    Status end;
  };
  constexpr Row kRows[] = {
      {"CONTINUE_TASK, RUN_COMMAND", CutoffBehavior::kContinueTask, TaskType::kRunCommand, false,
       false, Status::kPending, Status::kSuccess},
      {"CONTINUE_TASK, AUTOMATION", CutoffBehavior::kContinueTask, TaskType::kAutomation, false,
       false, Status::kPending, Status::kSuccess},
      {"CONTINUE_TASK, LAMBDA", CutoffBehavior::kContinueTask, TaskType::kLambda, false, false,
       Status::kPending, Status::kSuccess},
      {"CANCEL_TASK, RUN_COMMAND", CutoffBehavior::kCancelTask, TaskType::kRunCommand, true, true,
       Status::kTimedOut, Status::kTimedOut},
      {"CANCEL_TASK, AUTOMATION", CutoffBehavior::kCancelTask, TaskType::kAutomation, true, false,
       Status::kTimedOut, Status::kTimedOut},
      {"CANCEL_TASK, STEP_FUNCTIONS", CutoffBehavior::kCancelTask, TaskType::kStepFunctions, true,
       false, Status::kTimedOut, Status::kTimedOut},
      {"CANCEL_TASK, LAMBDA", CutoffBehavior::kCancelTask, TaskType::kLambda, true, false,
       Status::kTimedOut, Status::kTimedOut},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.label);
    ExecutionWorld world =
        Running({{.count = 3, .behavior = row.behavior, .type = row.type}, {.priority = 1}});
    world.PassCutoff();
    EXPECT_EQ(world.Progress(0).closed_by != ClosedBy::kNone, row.closed);
    EXPECT_EQ(world.Progress(0).stop_requested, row.stop);
    EXPECT_EQ(QueuedReadsAs(world, 0), row.queued);
    EXPECT_EQ(world.Progress(1).status, Status::kTimedOut);  // it never starts: R7
    EXPECT_EQ(world.Progress().status, Status::kInProgress);
    Drain(world);
    EXPECT_EQ(world.Progress(0).status, row.end);
    EXPECT_EQ(world.Progress().status, Status::kTimedOut);
  }
}

TEST(CutoffTest, OfAPendingExecutionTimesItOut) {
  ExecutionWorld world = World({TaskKind{}});
  world.PassCutoff();
  EXPECT_EQ(Statuses(world), "TIMED_OUT: TIMED_OUT");
  EXPECT_EQ(world.Progress().reason, Reason::kCutoff);
}

TEST(CutoffTest, ABeatBeforeItStartsAndAtItDoesNot) {
  for (const bool at : {false, true}) {
    ExecutionWorld world = World({TaskKind{}});
    world.now = world.state.execution.occurrence.cutoff_at - absl::Microseconds(at ? 0 : 1);
    world.Open();
    EXPECT_EQ(world.Progress(0).started_at.has_value(), !at);
  }
}

TEST(OpenTest, WithoutTasksSucceedsAtOnceAndSaysSo) {
  ExecutionWorld world = World({});
  world.Open();
  EXPECT_EQ(world.Progress().status, Status::kSuccess);
  EXPECT_EQ(world.Progress().reason, Reason::kNoTasks);
}

TEST(OpenTest, ATaskWithoutTargetsSucceedsAndSaysSo) {
  ExecutionWorld world = World({{.count = 0}});
  world.Open();
  EXPECT_EQ(Statuses(world), "SUCCESS: SUCCESS");
  EXPECT_EQ(world.Progress(0).reason, Reason::kNoInvocations);
}

TEST(OpenTest, ATaskThatCouldNotBeResolvedFailsAndTheOthersRun) {
  ExecutionWorld world = Running({TaskKind{}, {.priority = 1, .unresolvable = true}});
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: IN_PROGRESS, FAILED") << "before its turn";
  EXPECT_EQ(world.Progress(1).reason, Reason::kTargets);
  EXPECT_FALSE(world.Progress(1).started_at);
  Drain(world);
  EXPECT_EQ(Statuses(world), "FAILED: SUCCESS, FAILED");
}

TEST(PriorityTest, EqualOnesStartTogetherTheNextAfterAllBeforeEndedEvenInFailure) {  // R9
  ExecutionWorld world = Running({{.priority = 1}, {.priority = 1}, {.priority = 2}});
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: IN_PROGRESS, IN_PROGRESS, PENDING");
  world.Finish(0, Status::kFailed);
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: FAILED, IN_PROGRESS, PENDING");
  world.Finish(1, Status::kSuccess);
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: FAILED, SUCCESS, IN_PROGRESS");
}

TEST(MaxErrorsTest, OneMoreThanAllowedClosesTheTaskAndQueuedReadAsCancelled) {
  ExecutionWorld world = Running({{.count = 9, .errors = 2}});
  for (int errors = 1; errors <= 3; ++errors) {
    EXPECT_EQ(world.Progress(0).closed_by, ClosedBy::kNone);
    world.Finish(0, errors == 2 ? Status::kTimedOut : Status::kFailed);
    if (!world.Ended()) world.HandOverAll();
  }
  EXPECT_EQ(world.Progress(0).closed_by, ClosedBy::kMaxErrors);
  EXPECT_EQ(QueuedReadsAs(world, 0), Status::kCancelled);
  EXPECT_EQ(world.Progress(0).next, 3);
  EXPECT_EQ(Statuses(world), "FAILED: FAILED");
  EXPECT_EQ(world.Progress(0).reason, Reason::kMaxErrors);
}

TEST(MaxErrorsTest, AsManyAsAllowedHoldNothingBackAndFailTheTaskInTheEnd) {
  struct Row {
    const char* label;
    std::int64_t limit;
    int errors;
    Status end;
  };
  constexpr Row kRows[] = {{"none of 0", 0, 0, Status::kSuccess},
                           {"1 of 1", 1, 1, Status::kFailed},
                           {"1 of 3", 3, 1, Status::kSuccess},
                           {"2 of 3", 3, 2, Status::kSuccess},
                           {"3 of 3", 3, 3, Status::kFailed}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.label);
    ExecutionWorld world = Running({{.count = 10, .errors = row.limit}});
    for (int i = 0; i < row.errors; ++i) {
      world.Finish(0, Status::kFailed);
      world.HandOverAll();
    }
    Drain(world);
    EXPECT_EQ(world.Progress(0).status, row.end);
    EXPECT_EQ(world.Progress(0).finished(), 10);
  }
}

TEST(FinishedTest, CancelledThatNobodyAskedForIsRecordedAsFailed) {
  ExecutionWorld world = Running({{.count = 1}});
  world.Finish(0, Status::kCancelled);
  EXPECT_EQ(world.Progress(0).failed, 1);
  EXPECT_EQ(world.Progress(0).cancelled, 0);
}

TEST(FinishedTest, CancelledAfterAStopRequestCountsAsNoError) {
  ExecutionWorld world = Running({{.count = 1}});
  world.Cancel(kStop);
  world.Finish(0, Status::kCancelled);
  EXPECT_EQ(world.Progress(0).cancelled, 1);
  EXPECT_EQ(Statuses(world), "CANCELLED: CANCELLED");
}

TEST(CancelTest, TwiceChangesNothing) {
  for (const CancelPolicy policy : {kTask, kInvocation, kStop}) {
    ExecutionWorld world = Running({{.count = 3}, {.priority = 1}});
    EXPECT_TRUE(world.Cancel(policy));
    const std::string before = world.Key();
    const CancelRequest request = *world.Progress().cancel;
    world.now += absl::Seconds(1);
    EXPECT_FALSE(world.Cancel(policy));
    EXPECT_EQ(world.Key(), before);
    EXPECT_EQ(*world.Progress().cancel, request);
  }
}

TEST(CancelTest, StricterLaterIsAppliedMilderLaterIsNot) {
  ExecutionWorld world = Running({{.count = 4, .concurrency = 2}});
  EXPECT_TRUE(world.Cancel(kTask));
  EXPECT_EQ(world.Progress(0).status, Status::kInProgress);
  EXPECT_TRUE(world.Cancel(kInvocation));
  EXPECT_EQ(world.Progress(0).status, Status::kCancelling);
  EXPECT_FALSE(world.Progress(0).stop_requested);
  EXPECT_TRUE(world.Cancel(kStop));
  EXPECT_TRUE(world.Progress(0).stop_requested);
  EXPECT_FALSE(world.Cancel(kTask));
  EXPECT_EQ(world.Progress().cancel->policy, kStop);
  Drain(world, Status::kCancelled);
  EXPECT_EQ(Statuses(world), "CANCELLED: CANCELLED");
  EXPECT_EQ(world.Progress(0).cancelled, 2);
}

TEST(CancelTest, CountsWhatItCancelledAndWhatItLeftToDrain) {
  ExecutionWorld world = World({{.count = 10, .concurrency = 4}, {.priority = 1, .count = 5}});
  world.Open();
  for (int i = 0; i < 3; ++i) world.HandOver(0);
  world.Cancel(kInvocation);
  EXPECT_EQ(world.Progress().cancel->in_flight, 3);
  EXPECT_EQ(world.Progress().cancel->queued, 7 + 5);
  EXPECT_EQ(world.Progress(0).next, 3);
}

TEST(CancelTest, StricterLaterCountsWhatIsInFlightThen) {
  ExecutionWorld world = World({{.count = 3, .concurrency = 2}});
  world.admission = Admission::kHeld;
  world.Open();
  world.admission = Admission::kOpen;
  world.EndBatch();
  world.HandOverAll();
  world.Finish(0, Status::kSuccess);  // two more are claimed, one of them was not handed over
  world.Cancel(kTask);
  world.Cancel(kInvocation);
  EXPECT_EQ(world.Progress().cancel->in_flight, 1);
  EXPECT_EQ(world.Progress().cancel->queued, 1);
}

/// A finish and a cancel in one batch, in either order.
TEST(CancelTest, RacingWithTheLastFinishInOneBatchEndsCancelledInBothOrders) {
  for (const CancelPolicy policy : {kTask, kInvocation, kStop}) {
    for (const bool finish_first : {false, true}) {
      SCOPED_TRACE(std::string(Name(policy)) +
                   (finish_first ? ", finish first" : ", cancel first"));
      ExecutionWorld world = Running({{.count = 1}, {.priority = 1}});
      world.notes = {};
      CancelRequest request;
      request.policy = policy;
      request.requested_at = world.now;
      if (finish_first) Finished(world.state, 0, Status::kSuccess, world.notes);
      EXPECT_TRUE(Cancel(world.state, request, world.notes));
      if (!finish_first) Finished(world.state, 0, Status::kSuccess, world.notes);
      world.EndBatch();
      EXPECT_TRUE(world.notes.refused.empty());
      EXPECT_EQ(Statuses(world), "CANCELLED: SUCCESS, CANCELLED");
      EXPECT_FALSE(world.Progress(1).started_at);
    }
  }
}

TEST(CancelTest, RacingWithAFinishThatIsOneErrorTooManyLeavesOneCloserInBothOrders) {
  for (const bool finish_first : {false, true}) {
    ExecutionWorld world = Running({{.count = 5, .concurrency = 2}});
    world.notes = {};
    CancelRequest request;
    request.policy = kInvocation;
    request.requested_at = world.now;
    if (finish_first) Finished(world.state, 0, Status::kFailed, world.notes);
    EXPECT_TRUE(Cancel(world.state, request, world.notes));
    if (!finish_first) Finished(world.state, 0, Status::kFailed, world.notes);
    world.EndBatch();
    EXPECT_TRUE(world.notes.refused.empty());
    EXPECT_EQ(world.Progress(0).closed_by, finish_first ? ClosedBy::kMaxErrors : ClosedBy::kCancel);
    Drain(world);
    EXPECT_EQ(Statuses(world), finish_first ? "CANCELLED: FAILED" : "CANCELLED: CANCELLED");
  }
}

// The first closer wins: who came first decides how the task ends and how queued ones read.
TEST(CloserTest, TheFirstOneWins) {
  struct Row {
    const char* label;
    std::vector<void (*)(ExecutionWorld&)> events;
    ClosedBy closed_by;
    Status end;
  };
  const auto cancel = [](ExecutionWorld& world) { world.Cancel(kInvocation); };
  const auto cutoff = [](ExecutionWorld& world) { world.PassCutoff(); };
  const auto error = [](ExecutionWorld& world) { world.Finish(0, Status::kFailed); };
  const Row rows[] = {
      {"cancel, cutoff", {cancel, cutoff}, ClosedBy::kCancel, Status::kCancelled},
      {"cancel, max_errors", {cancel, error}, ClosedBy::kCancel, Status::kCancelled},
      {"cutoff, cancel", {cutoff, cancel}, ClosedBy::kCutoff, Status::kTimedOut},
      {"cutoff, max_errors", {cutoff, error}, ClosedBy::kCutoff, Status::kTimedOut},
      {"max_errors, cancel", {error, cancel}, ClosedBy::kMaxErrors, Status::kFailed},
      {"max_errors, cutoff", {error, cutoff}, ClosedBy::kMaxErrors, Status::kFailed},
      {"max_errors, cutoff, cancel",
       {error, cutoff, cancel},
       ClosedBy::kMaxErrors,
       Status::kFailed},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    ExecutionWorld world =
        Running({{.count = 9, .concurrency = 3, .behavior = CutoffBehavior::kCancelTask}});
    for (const auto event : row.events) event(world);
    EXPECT_EQ(world.Progress(0).closed_by, row.closed_by);
    EXPECT_EQ(QueuedReadsAs(world, 0), QueuedStatus(row.closed_by));
    EXPECT_EQ(world.Progress(0).next, 3);
    Drain(world);
    EXPECT_EQ(world.Progress(0).status, row.end);
  }
}

TEST(CloseRunningTest, ClaimsThatNoRunnerHeardOfMoveBack) {
  for (Ordinal handed = 0; handed <= 4; ++handed) {
    ExecutionWorld world = World({{.count = 9, .concurrency = 4}});
    world.Open();
    for (Ordinal i = 0; i < handed; ++i) world.HandOver(0);
    world.Cancel(kInvocation);
    EXPECT_EQ(world.Progress(0).next, handed);
    EXPECT_EQ(world.Progress(0).in_flight(), handed);
    EXPECT_EQ(world.Ended(), handed == 0);
  }
}

TEST(CloseRunningTest, AStopIsAskedForOnce) {
  ExecutionWorld world = Running({{.behavior = CutoffBehavior::kCancelTask}});
  world.PassCutoff();
  EXPECT_EQ(world.notes.stops.size(), 1u);
  world.PassCutoff();
  EXPECT_TRUE(world.notes.stops.empty());
}

TEST(CloseRunningTest, ACancelClosesATaskOfWhichAClaimHasYetToBeHandedOverAgain) {
  for (const bool unstarted : {false, true}) {
    ExecutionWorld world = Running({{.count = 2, .concurrency = 2}});
    world.state.execution.progress.cancel = CancelRequest{.policy = kInvocation};
    world.notes = {};
    CloseRunning(world.state, {0, ClosedBy::kCancel, false, unstarted}, 2, world.now, world.notes);
    EXPECT_EQ(world.Progress(0).closed_by, unstarted ? ClosedBy::kCancel : ClosedBy::kNone);
    EXPECT_EQ(world.Progress(0).next, 2);
  }
}

TEST(RefuseTest, AllTasksFailWithTheDetailAndNoneStarts) {
  ExecutionWorld world = World({{.count = 3}, {.priority = 1}});
  world.Refuse();
  EXPECT_EQ(Statuses(world), "FAILED: FAILED, FAILED");
  EXPECT_EQ(world.Progress().detail, "refused");
  EXPECT_EQ(world.Progress().ended_at, world.now);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(world.Progress(i).detail, "refused");
    EXPECT_EQ(world.Progress(i).reason, Reason::kParameters);
    EXPECT_FALSE(world.Progress(i).started_at);
    EXPECT_EQ(QueuedReadsAs(world, i), Status::kFailed);
  }
}

// What could not be delivered is shown as FAILED and is no error (spec D.5).
TEST(UndeliveredTest, DecisionTable) {
  struct Row {
    const char* outcomes;  // u: undelivered, F: FAILED, T: TIMED_OUT, S: SUCCESS
    std::int64_t error_limit;
    ClosedBy closed_by;
    Status status;
    Reason reason;
  };
  const Row rows[] = {
      {"uuuuS", 0, ClosedBy::kNone, Status::kSuccess, Reason::kNone},
      {"uuuuu", 0, ClosedBy::kNone, Status::kFailed, Reason::kUndelivered},
      {"u", 3, ClosedBy::kNone, Status::kFailed, Reason::kUndelivered},
      {"uuF", 0, ClosedBy::kMaxErrors, Status::kFailed, Reason::kMaxErrors},
      {"uuF", 1, ClosedBy::kNone, Status::kFailed, Reason::kMaxErrors},
      {"uuF", 2, ClosedBy::kNone, Status::kSuccess, Reason::kNone},
      {"uT", 0, ClosedBy::kMaxErrors, Status::kFailed, Reason::kMaxErrors},
      {"uT", 1, ClosedBy::kNone, Status::kTimedOut, Reason::kMaxErrors},
      {"FuSS", 0, ClosedBy::kMaxErrors, Status::kFailed, Reason::kMaxErrors},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.outcomes) + " at " + std::to_string(row.error_limit));
    const std::string outcomes = row.outcomes;
    ExecutionWorld world =
        Running({{.count = static_cast<Ordinal>(outcomes.size()), .errors = row.error_limit}});
    for (const char outcome : outcomes) {
      world.HandOverAll();
      if (!world.CanFinish(0)) break;
      world.Finish(0,
                   outcome == 'S'   ? Status::kSuccess
                   : outcome == 'T' ? Status::kTimedOut
                                    : Status::kFailed,
                   outcome == 'u' ? Delivery::kUndelivered : Delivery::kDelivered);
    }
    EXPECT_EQ(world.Progress(0).closed_by, row.closed_by);
    EXPECT_EQ(world.Progress(0).status, row.status);
    EXPECT_EQ(world.Progress(0).reason, row.reason);
  }
}

TEST(UndeliveredTest, OnlyAFailureIsUndelivered) {
  ExecutionWorld world = Running({{.count = 2, .concurrency = 2, .errors = 1}});
  world.Finish(0, Status::kSuccess, Delivery::kUndelivered);
  world.Finish(0, Status::kTimedOut, Delivery::kUndelivered);
  EXPECT_EQ(world.Progress(0).undelivered, 0);
  EXPECT_EQ(world.Progress(0).errors(), 1);
}

// R1's last guard: rows may come from a store that someone else wrote.
TEST(SettleTest, StartsNothingOnceACancelIsStored) {
  ExecutionWorld world = Running({TaskKind{}, {.priority = 1}});
  world.state.execution.progress.cancel = CancelRequest{.policy = kTask};
  world.Finish(0, Status::kSuccess);
  EXPECT_EQ(Statuses(world), "CANCELLING: SUCCESS, PENDING");
  EXPECT_FALSE(world.Progress(1).started_at);
  EXPECT_EQ(world.Progress(1).next, 0);
}

// Rows that are damaged: a report for a task that does not run.
TEST(CloseRunningTest, LeavesATaskAloneThatDoesNotRun) {
  ExecutionWorld world = Running({TaskKind{}, {.priority = 1}});
  CloseRunning(world.state, {1, ClosedBy::kMaxErrors}, 0, world.state.execution.occurrence.start_at,
               world.notes);
  EXPECT_EQ(world.Progress(1).closed_by, ClosedBy::kNone);
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: IN_PROGRESS, PENDING");
}

TEST(SettleTest, EndsFailedByATaskThatIsCancelledThoughNothingCancelledIt) {
  ExecutionWorld world = Running({TaskKind{}});
  world.Progress(0).status = Status::kCancelled;
  Settle(world.state, world.state.execution.occurrence.start_at, Admission::kOpen, world.notes);
  EXPECT_EQ(Statuses(world), "FAILED: CANCELLED");
}

TEST(SettleTest, StartsNothingFromTheCutoffOnThoughNobodyHasPassedIt) {  // R7
  ExecutionWorld world = World({TaskKind{}});
  world.admission = Admission::kHeld;
  world.Open();
  const absl::Time cutoff = world.state.execution.occurrence.cutoff_at;
  Settle(world.state, cutoff, Admission::kOpen, world.notes);
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: PENDING");
  EXPECT_EQ(world.Progress(0).next, 0);
  Settle(world.state, cutoff - absl::Microseconds(1), Admission::kOpen, world.notes);
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: IN_PROGRESS");
}

TEST(MoveTest, ThatIsNotInTheTableIsToldAndNotMade) {
  ExecutionWorld world = Running({TaskKind{}});
  Drain(world);
  const ExecutionState before = world.state;
  world.now += absl::Seconds(1);
  Miss(world.state, world.now, world.notes);
  EXPECT_EQ(world.Progress(), before.execution.progress);
  EXPECT_EQ(world.notes.refused,
            std::vector<std::string>{"execution is SUCCESS: 'time out' is not a legal move"});
}

TEST(SettleTest, WhileAdmissionIsHeldNothingStartsAndWhatIsInFlightEnds) {
  ExecutionWorld world = World({{.count = 3}, {.priority = 1}});
  world.admission = Admission::kHeld;
  world.Open();
  EXPECT_EQ(Statuses(world), "IN_PROGRESS: PENDING, PENDING");
  world.admission = Admission::kOpen;
  world.EndBatch();
  world.HandOverAll();
  world.admission = Admission::kHeld;
  world.Finish(0, Status::kSuccess);
  EXPECT_EQ(world.Progress(0).next, 1);
  EXPECT_EQ(world.Progress(0).in_flight(), 0);
}

}  // namespace
}  // namespace lull
