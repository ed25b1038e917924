// What has ended long enough ago is removed, and nothing else; a crash at any point loses nothing
// but what was to go.
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"
#include "tests/support/describe.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr int kTargets = 600;  // more than two pieces of rows

class HistoryTest : public testing::Test {
 protected:
  /// A window that opens every two days, with a task over kTargets, all at once.
  void SetUp() override {
    v1::CreateMaintenanceWindowRequest window = world_.WindowRequest();
    window.set_schedule("rate(2 days)");
    window_ = world_.CreateWindow(window);
    auto task = world_.TaskRequest(window_);
    task.mutable_targets(0)->set_values(0, std::to_string(kTargets));
    task.set_max_concurrency(std::to_string(kTargets));
    world_.RegisterTask(task);
  }
  /// Lets the window open. Returns the execution.
  std::string Open() {
    world_.Advance(2 * kDay);
    return world_.Executions(window_).at(0).window_execution_id();
  }
  void FinishAll() {
    while (!world_.runner.in_flight.empty()) world_.runner.FinishOldest(Status::kSuccess);
    world_.Settle();
  }
  std::string OpenAndFinish() {
    const std::string execution = Open();
    FinishAll();
    return execution;
  }
  void Disable() {
    v1::UpdateMaintenanceWindowRequest request;
    request.set_window_id(window_);
    request.set_enabled(false);
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, request).ok());
  }
  std::vector<std::string> Kept() {
    std::vector<std::string> ids;
    for (const auto& row : world_.Executions(window_)) ids.push_back(row.window_execution_id());
    return ids;
  }
  bool Exists(const std::string& execution) {
    return world_.store.runs().GetExecution(ExecutionId(execution))->has_value();
  }
  std::size_t Finishes(std::int64_t task) {
    return world_.store.runs()
        .ListFinishes({.task = static_cast<TaskKey>(task), .limit = 2 * kTargets})
        ->size();
  }
  bool HasSnapshot(std::int64_t task) {
    return !world_.store.runs().ReadTargets(static_cast<TaskKey>(task), 0, 1)->empty();
  }
  /// Nothing of the first execution is stored.
  void ExpectFirstIsGone() {
    EXPECT_EQ(Finishes(1), 0u);
    EXPECT_FALSE(HasSnapshot(1));
    EXPECT_TRUE(world_.store.runs().ListTaskExecutions(ExecutionKey{1})->empty());
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
};

TEST_F(HistoryTest, AfterThirtyDaysAnExecutionGoesWithAllThatBelongsToItAndNothingEarlier) {
  const std::string execution = OpenAndFinish();
  Disable();
  world_.Advance(30 * kDay - absl::Seconds(1));
  EXPECT_TRUE(Exists(execution));
  EXPECT_EQ(Finishes(1), static_cast<std::size_t>(kTargets));
  EXPECT_EQ(world_.engine->Step(), world_.clock.Now() + absl::Seconds(1));
  world_.Advance(absl::Seconds(1));
  EXPECT_FALSE(Exists(execution));
  ExpectFirstIsGone();
  EXPECT_EQ(world_.runner.forgotten, (std::map<TaskKey, int>{{TaskKey{1}, 3}}));
  EXPECT_EQ(world_.engine->Step(), absl::InfiniteFuture()) << "nothing polls";
}

TEST_F(HistoryTest, AMonthLaterOnlyTheYoungRemain) {
  std::vector<std::string> young;
  for (int i = 0; i < 20; ++i) {
    const std::string execution = OpenAndFinish();
    if (i >= 5) young.insert(young.begin(), execution);
  }
  // The twentieth ended today, the fifth 30 days ago.
  EXPECT_EQ(Kept(), young);
  ExpectFirstIsGone();
}

TEST_F(HistoryTest, AnActiveExecutionStaysHoweverOldAndGoesThirtyDaysAfterItsEnd) {
  const std::string old = Open();
  const std::string skipped = Open();  // by the first, which is still active
  Disable();
  world_.Advance(40 * kDay);
  EXPECT_EQ(Kept(), (std::vector<std::string>{old}));
  EXPECT_NE(skipped, old);
  FinishAll();
  world_.Advance(30 * kDay - absl::Seconds(1));
  EXPECT_EQ(Kept(), (std::vector<std::string>{old}));
  world_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Kept().empty());
  ExpectFirstIsGone();
}

TEST_F(HistoryTest, KeptForEverNothingGoes) {
  world_.history = absl::InfiniteDuration();
  world_.Restart();
  const std::string execution = OpenAndFinish();
  Disable();
  world_.Advance(4000 * kDay);
  EXPECT_TRUE(Exists(execution));
}

TEST_F(HistoryTest, HeldAnEngineRemovesNothing) {
  const std::string execution = OpenAndFinish();
  Disable();
  world_.engine->HoldAdmission();
  world_.Advance(40 * kDay);
  EXPECT_TRUE(Exists(execution));
}

TEST_F(HistoryTest, AClockThatWasSetForwardAndBackWithinAnHourRemovesNothing) {
  const std::string execution = OpenAndFinish();
  Disable();
  world_.clock.Jump(1000 * kDay);
  world_.Settle();
  world_.Advance(absl::Minutes(59));
  EXPECT_TRUE(Exists(execution));
  world_.clock.Jump(-1000 * kDay);
  world_.Settle();
  world_.Advance(absl::Hours(2));
  EXPECT_TRUE(Exists(execution));
  world_.clock.Jump(1000 * kDay);
  world_.Settle();
  world_.Advance(absl::Hours(1));
  EXPECT_FALSE(Exists(execution)) << "it seems to be right";
}

TEST_F(HistoryTest, ACancelInTheMiddleOfPruningIsStoredWithoutAPieceOfIt) {
  OpenAndFinish();
  const std::string active = Open();
  Disable();
  world_.clock.Advance(28 * kDay);
  while (Finishes(1) == static_cast<std::size_t>(kTargets)) world_.engine->Step();
  const std::size_t left = Finishes(1);
  ASSERT_GT(left, 0u);
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(active);
  const std::int64_t commits = world_.disk->commits();
  ASSERT_TRUE(world_.engine
                  ->CancelMaintenanceWindowExecution(world_.context, request,
                                                     {.policy = CancelPolicy::kInvocation})
                  .ok());
  EXPECT_EQ(world_.disk->commits(), commits + 1);
  EXPECT_EQ(Finishes(1), left);
  world_.Settle();
  ExpectFirstIsGone();
  EXPECT_TRUE(Exists(active));
}

TEST_F(HistoryTest, WhatIsBeingPrunedIsFoundNoMore) {
  const std::string execution = OpenAndFinish();
  const std::string task = world_.Tasks(execution).at(0).task_execution_id();
  Disable();
  world_.clock.Advance(30 * kDay);
  while (world_.runner.forgotten.empty()) world_.engine->Step();
  EXPECT_EQ(Finishes(1), static_cast<std::size_t>(kTargets)) << "rows go after what was printed";
  EXPECT_TRUE(Kept().empty());
  v1::GetMaintenanceWindowExecutionRequest get;
  get.set_window_execution_id(execution);
  EXPECT_TRUE(
      absl::IsNotFound(world_.engine->GetMaintenanceWindowExecution(world_.context, get).status()));
  v1::CancelMaintenanceWindowExecutionRequest cancel;
  cancel.set_window_execution_id(execution);
  EXPECT_TRUE(absl::IsNotFound(
      world_.engine->CancelMaintenanceWindowExecution(world_.context, cancel).status()));
  v1::GetCommandInvocationRequest command;
  command.set_command_id(task);
  command.set_instance_id("node-0");
  EXPECT_TRUE(
      absl::IsNotFound(world_.engine->GetCommandInvocation(world_.context, command).status()));
  const auto commands = world_.engine->ListCommands(world_.context, {});
  ASSERT_TRUE(commands.ok());
  EXPECT_EQ(commands->commands_size(), 0);
}

TEST_F(HistoryTest, WhatWasStagedOfAnExecutionThatWasCancelledWhilePendingGoesWithIt) {
  auto task = world_.TaskRequest(window_);
  task.mutable_targets(0)->set_values(0, "9000");  // several pieces
  world_.RegisterTask(task);
  world_.clock.Advance(2 * kDay);
  for (int i = 0; i < 4; ++i) world_.engine->Step();
  const std::string execution = world_.Executions(window_).at(0).window_execution_id();
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(execution);
  ASSERT_TRUE(world_.engine->CancelMaintenanceWindowExecution(world_.context, request).ok());
  world_.Settle();
  EXPECT_EQ(world_.Executions(window_).at(0).status(), "CANCELLED");
  ASSERT_TRUE(HasSnapshot(1) && HasSnapshot(2)) << "else this shows nothing";
  Disable();
  world_.Advance(30 * kDay);
  EXPECT_TRUE(Kept().empty());
  EXPECT_FALSE(HasSnapshot(1));
  EXPECT_FALSE(HasSnapshot(2));
}

/// A fault at, or a crash after, each commit of the pruning of an execution.
class HistoryFaultTest : public HistoryTest {
 protected:
  /// Everything is due to go. Returns the number of commits up to now.
  std::int64_t Prepare() {
    OpenAndFinish();
    Disable();
    world_.clock.Advance(30 * kDay);
    return world_.disk->commits();
  }
  void ExpectNothingIsStored() {
    EXPECT_TRUE(world_.store.runs().ListAges(ExecutionKey{}, 1)->empty());
    for (std::int64_t task = 1; task <= 30; ++task) {
      EXPECT_EQ(Finishes(task), 0u) << task;
      EXPECT_FALSE(HasSnapshot(task)) << task;
    }
  }
  void Enable() {
    v1::UpdateMaintenanceWindowRequest enable;
    enable.set_window_id(window_);
    enable.set_enabled(true);
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, enable).ok());
  }
};

TEST_F(HistoryFaultTest, CrashedAfterAnyCommitTheNextLifeGoesOn) {
  for (int after = 1;; ++after) {
    SCOPED_TRACE(after);
    const std::int64_t before = Prepare();
    while (world_.disk->commits() < before + after && world_.engine->Step() <= world_.clock.Now()) {
    }
    const bool was_over = world_.disk->commits() < before + after;
    world_.Restart();
    world_.Settle();
    EXPECT_TRUE(Kept().empty());
    ExpectNothingIsStored();
    if (was_over) {
      EXPECT_GE(after, 4);  // hidden, three pieces of rows
      return;
    }
    Enable();
  }
}

TEST_F(HistoryFaultTest, WhateverBecomesOfAnyCommitItGoesOnByItself) {
  for (const auto fault : {ModelDisk::Fault::kUnavailable, ModelDisk::Fault::kUnknownNotApplied,
                           ModelDisk::Fault::kUnknownApplied, ModelDisk::Fault::kConflict}) {
    for (int at = 1; at <= 4; ++at) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(fault) << ' ' << at);
      const std::int64_t before = Prepare();
      world_.disk->FailCommit(before + at, fault);
      world_.Settle();
      for (int i = 0; i < 3; ++i) world_.Advance(absl::Seconds(1));
      EXPECT_GE(world_.disk->commits(), before + at) << "the fault was not met";
      ExpectNothingIsStored();
      Enable();
    }
  }
}

}  // namespace
}  // namespace lull
