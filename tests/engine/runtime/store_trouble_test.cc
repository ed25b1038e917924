// A store that can't read one window, that refuses for a while, that holds other rows than
// expected: the engine goes on with what it can, rests, tries again, and never spins.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "engine/runtime/batch.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

using Fault = ModelDisk::Fault;
using Unreadable = ModelDisk::Unreadable;

class StoreTroubleTest : public testing::Test {
 protected:
  /// As the store has them: also of a window that can't be read.
  std::vector<Execution> Stored(const std::string& window) {
    RunReader::ExecutionQuery query;
    query.window = WindowId(window);
    return world_.store.runs().ListExecutions(query).value();
  }
  void FailCommits(int count, Fault fault) {
    const std::int64_t done = world_.disk->commits();
    for (int i = 1; i <= count; ++i) world_.disk->FailCommit(done + i, fault);
  }
  /// Another engine takes the store over.
  std::unique_ptr<Engine> TakeOver(EngineWorld& world, Store& store) {
    EngineOptions options;
    options.store = &store;
    options.clock = &world.clock;
    options.ids = &world.ids;
    return Engine::Open(std::move(options)).value();
  }
  static std::string Start(Engine& engine, const std::string& window) {
    v1::StartMaintenanceWindowExecutionRequest request;
    request.set_window_id(window);
    const auto response = engine.StartMaintenanceWindowExecution({}, request);
    return response.ok() ? response->window_execution_id() : Error(response.status());
  }
  static std::string Cancel(Engine& engine, const std::string& execution) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(execution);
    return Error(
        engine.CancelMaintenanceWindowExecution({}, request, {CancelPolicy::kStop, ""}).status());
  }
  absl::Time Now() const { return world_.clock.Now(); }
  absl::Time Step() { return world_.engine->Step(); }

  EngineWorld world_;
};

TEST_F(StoreTroubleTest, AWindowThatCantBeReadHoldsUpNoOtherAndOpensOnceItCan) {
  for (const Unreadable what : {Unreadable::kWindow, Unreadable::kTasks}) {
    for (std::size_t broken = 0; broken < 3; ++broken) {  // the first, a middle and the last one
      SCOPED_TRACE(testing::Message() << static_cast<int>(what) << " of window " << broken);
      EngineWorld world;
      std::vector<std::string> windows;
      for (int i = 0; i < 3; ++i) windows.push_back(world.CreateWindow());
      const WindowId bad(windows[broken]);
      const auto opened = [&](const std::string& window) {
        RunReader::ExecutionQuery query;
        query.window = WindowId(window);
        return world.store.runs().ListExecutions(query)->size();
      };
      constexpr char kWarning[] = " is due and can't be read: planted";

      world.disk->SetUnreadable(bad, what);
      world.Advance(absl::Hours(1));
      for (const std::string& window : windows) {
        EXPECT_EQ(opened(window), window == bad.value() ? 0u : 1u);
      }
      EXPECT_EQ(world.warnings.Count("window " + bad.value() + kWarning), 1);
      EXPECT_EQ(world.engine->Step(), world.clock.Now() + kStoreRetry);
      world.Advance(kStoreRetry - absl::Milliseconds(1));
      EXPECT_EQ(world.warnings.Count(kWarning), 1) << "it is left alone meanwhile";
      world.Advance(absl::Milliseconds(1));
      EXPECT_EQ(world.warnings.Count(kWarning), 2);

      world.disk->SetUnreadable(bad, Unreadable::kNothing);
      world.Advance(kStoreRetry);
      EXPECT_EQ(opened(bad.value()), 1u);
      EXPECT_EQ(world.warnings.Count(kWarning), 2);
      EXPECT_GT(world.engine->Step(), world.clock.Now() + kStoreRetry)
          << "nothing is left to retry";
    }
  }
}

TEST_F(StoreTroubleTest, AStoreThatRefusedIsLeftAloneForAWhile) {
  const std::string window = world_.CreateWindow();
  world_.clock.Advance(absl::Hours(1));
  FailCommits(2, Fault::kUnavailable);
  const std::int64_t before = world_.disk->commits();
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  world_.clock.Advance(kStoreRetry / 2);
  EXPECT_EQ(Step(), Now() + kStoreRetry / 2);
  EXPECT_EQ(world_.disk->commits(), before + 1);
  world_.clock.Advance(kStoreRetry / 2);
  EXPECT_EQ(Step(), Now() + kStoreRetry) << "refused again";
  EXPECT_EQ(world_.disk->commits(), before + 2);
  world_.Advance(kStoreRetry);
  EXPECT_EQ(Stored(window).size(), 1u);
}

TEST_F(StoreTroubleTest, AClockThatIsSetBackAfterARefusalDoesNotProlongTheRest) {
  const std::string window = world_.CreateWindow();
  world_.clock.Advance(absl::Minutes(90));  // and so the window stays due
  FailCommits(1, Fault::kUnavailable);
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  world_.clock.Jump(-absl::Minutes(20));
  world_.Settle();
  EXPECT_EQ(Stored(window).size(), 1u);
}

TEST_F(StoreTroubleTest, AClockThatIsSetBackHoldsUpNeitherReportsNorResolutions) {
  const std::string window = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window));
  world_.clock.Advance(absl::Hours(1));
  world_.disk->FailCommit(world_.disk->commits() + 2, Fault::kUnavailable);
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  EXPECT_EQ(Stored(window).at(0).progress.status, Status::kPending) << "no targets are stored";
  world_.clock.Jump(-absl::Minutes(20));
  world_.Settle();
  ASSERT_EQ(world_.runner.in_flight.size(), 1u);

  world_.runner.FinishOldest(Status::kSuccess);
  FailCommits(1, Fault::kUnavailable);
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  world_.clock.Jump(-absl::Minutes(20));
  world_.Settle();
  EXPECT_EQ(Stored(window).at(0).progress.status, Status::kSuccess);
}

TEST_F(StoreTroubleTest, AClockThatIsSetBackHoldsUpNoRecovery) {
  const std::string window = world_.CreateWindow();
  world_.clock.Advance(absl::Minutes(90));
  FailCommits(1, Fault::kUnknownNotApplied);
  world_.disk->FailRecover(1);
  EXPECT_LE(Step(), Now());
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  world_.clock.Jump(-absl::Minutes(20));
  world_.Settle();
  EXPECT_EQ(Stored(window).size(), 1u);
}

TEST_F(StoreTroubleTest, AWindowThatChangesInTheCommitThatOpensItOpensAllTheSame) {
  const std::string window = world_.CreateWindow();
  world_.clock.Advance(absl::Hours(1));
  v1::UpdateMaintenanceWindowRequest update;  // the caller leads, and takes what is due with it
  update.set_window_id(window);
  update.set_description("changed");
  ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, update).ok());
  world_.Settle();
  ASSERT_EQ(Stored(window).size(), 1u);
  EXPECT_EQ(Stored(window)[0].occurrence.start_at, Now());
  EXPECT_TRUE(world_.warnings.texts.empty());
}

TEST_F(StoreTroubleTest, ARepeatedCreateIsNotAnsweredFromACommitThatMayYetBeLost) {
  auto request = world_.WindowRequest();
  request.set_client_token("once");
  FailCommits(1, Fault::kUnknownApplied);
  EXPECT_EQ(world_.engine->CreateMaintenanceWindow(world_.context, request).status().code(),
            absl::StatusCode::kUnknown);
  world_.disk->FailRecover(1);
  EXPECT_EQ(world_.engine->CreateMaintenanceWindow(world_.context, request).status().code(),
            absl::StatusCode::kUnavailable)
      << "the token is there to read, but not known to be durable";
  const auto again = world_.engine->CreateMaintenanceWindow(world_.context, request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(world_.CreateWindow(request), again->window_id());
}

TEST_F(StoreTroubleTest, AWindowIsNotPlannedForAnOccurrenceThatTheStoreHasAlready) {
  const std::string window = world_.CreateWindow();
  world_.Advance(absl::Hours(1));
  ASSERT_EQ(Stored(window).size(), 1u);
  // The clock is set back, and the window planned anew: not for the instant that it has opened at.
  world_.clock.Jump(-absl::Minutes(30));
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(window);
  for (const bool enabled : {false, true}) {
    update.set_enabled(enabled);
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, update).ok());
  }
  world_.Advance(absl::Minutes(30));
  EXPECT_EQ(Stored(window).size(), 1u);
  EXPECT_EQ(world_.warnings.Count("in its way"), 0);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Stored(window).size(), 2u);
}

TEST_F(StoreTroubleTest, AnOccurrenceThatTheStoreHasAlreadyIsSteppedOver) {
  const std::string id = world_.CreateWindow();
  world_.Advance(absl::Hours(1));
  ASSERT_EQ(Stored(id).size(), 1u);
  // As a restored backup may have it: what is due has opened already.
  Window window = world_.store.definitions().GetWindow(WindowId(id))->value();
  window.due_at = Now();
  const std::int64_t version = window.version++;
  ASSERT_TRUE(world_.store.Commit({UpdateWindow{window, version}}).ok());
  world_.Restart();
  const std::int64_t before = world_.disk->commits();
  EXPECT_LE(Step(), Now()) << "it may have been a race: read again at once";
  EXPECT_EQ(Step(), Now() + absl::Hours(1));
  EXPECT_EQ(world_.disk->commits(), before + 2);
  EXPECT_EQ(Stored(id).size(), 1u);
  EXPECT_EQ(world_.warnings.Count("the store holds an execution that is in its way"), 1);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Stored(id).size(), 2u);
}

TEST_F(StoreTroubleTest, AnOpeningThatMeetsConflictAfterConflictIsTriedWithRests) {
  const std::string window = world_.CreateWindow();
  const std::string other = world_.CreateWindow();
  world_.clock.Advance(absl::Hours(1));
  constexpr int kRests = 4;
  FailCommits(2 + kRests, Fault::kConflict);
  EXPECT_LE(Step(), Now());
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  for (int i = 0; i < kRests; ++i) {
    world_.clock.Advance(kStoreRetry);
    EXPECT_EQ(Step(), Now() + kStoreRetry);
  }
  world_.Advance(kStoreRetry);
  EXPECT_TRUE(Stored(window).empty());
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Stored(window).size(), 1u);
  EXPECT_EQ(Stored(other).size(), 1u);
}

TEST_F(StoreTroubleTest, AnExecutionThatMeetsConflictAfterConflictIsReadAgainWithRests) {
  const std::string window = world_.CreateWindow();
  auto task = world_.TaskRequest(window);
  task.mutable_targets(0)->add_values("4");
  world_.RegisterTask(task);
  world_.Advance(absl::Hours(1));
  world_.runner.FinishOldest(Status::kSuccess);
  FailCommits(3, Fault::kConflict);
  EXPECT_LE(Step(), Now()) << "it may have been a race: read again at once";
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  world_.clock.Advance(kStoreRetry);
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  EXPECT_EQ(world_.warnings.Count("the store holds other rows than expected"), 3);
  world_.Advance(kStoreRetry);
  ASSERT_EQ(world_.runner.in_flight.size(), 1u);
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(Stored(window).at(0).progress.status, Status::kSuccess);
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"3", "4"})) << "R4";
}

TEST_F(StoreTroubleTest, NothingStartsOfAClaimThatTheStoreRefuses) {  // R4
  world_.RegisterTask(world_.TaskRequest(world_.CreateWindow()));
  world_.disk->FailCommit(world_.disk->commits() + 2, Fault::kUnavailable);  // the first one opens
  world_.clock.Advance(absl::Hours(1));
  EXPECT_EQ(Step(), Now() + kStoreRetry);
  EXPECT_EQ(world_.runner.nodes, std::vector<std::string>{});
  world_.Advance(kStoreRetry);
  EXPECT_EQ(world_.runner.nodes, std::vector<std::string>{"3"});
}

TEST_F(StoreTroubleTest, AnExecutionThatIsPendingWhenTheEngineDiesResolvesItsTargetsAnew) {
  const std::string window = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window));
  world_.disk->FailCommit(world_.disk->commits() + 2, Fault::kUnavailable);
  world_.clock.Advance(absl::Hours(1));
  Step();
  ASSERT_EQ(Stored(window).at(0).progress.status, Status::kPending);
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(Stored(window).at(0).progress.status, Status::kInProgress);
  EXPECT_EQ(world_.runner.nodes, std::vector<std::string>{"3"});
}

TEST_F(StoreTroubleTest, AClaimOfUnknownOutcomeIsHandedOverOnce) {
  for (const Fault fault : {Fault::kUnknownApplied, Fault::kUnknownNotApplied}) {
    SCOPED_TRACE(fault == Fault::kUnknownApplied ? "applied" : "not applied");
    EngineWorld world;
    const std::string window = world.CreateWindow();
    world.RegisterTask(world.TaskRequest(window));
    world.disk->FailCommit(world.disk->commits() + 2, fault);  // the first one opens
    world.Advance(absl::Hours(1));
    world.Advance(kStoreRetry);
    ASSERT_EQ(world.runner.nodes, std::vector<std::string>{"3"});
    world.runner.FinishOldest(Status::kSuccess);
    world.Settle();
    EXPECT_EQ(world.Executions(window).at(0).status(), "SUCCESS");
    EXPECT_EQ(world.runner.nodes.size(), 1u) << "R4";
  }
}

TEST_F(StoreTroubleTest, AStopThatWasStoredWithoutAnAnswerIsAskedForAfterTheRecovery) {
  const std::string window = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window));
  world_.Advance(absl::Hours(1));
  FailCommits(1, Fault::kUnknownApplied);
  EXPECT_EQ(Cancel(*world_.engine, Stored(window).at(0).id.value()), "UNKNOWN: planted");
  EXPECT_TRUE(world_.runner.stops.empty());
  world_.Settle();
  EXPECT_EQ(world_.runner.stops.size(), 1u);
  world_.runner.FinishOldest(Status::kCancelled);
  world_.Settle();
  EXPECT_EQ(Stored(window).at(0).progress.status, Status::kCancelled);
}

TEST_F(StoreTroubleTest, AnEngineThatAnotherHasTakenOverFromStops) {  // R11
  for (const bool unknown : {false, true}) {
    SCOPED_TRACE(unknown ? "it learns it when it recovers" : "its commit tells");
    EngineWorld world;
    const std::string idle = world.CreateWindow();
    const std::string window = world.CreateWindow();
    world.RegisterTask(world.TaskRequest(window));
    Start(*world.engine, window);
    world.Settle();
    if (unknown) {
      world.disk->FailNext(Fault::kUnknownNotApplied);
      EXPECT_EQ(Start(*world.engine, idle), "UNKNOWN: planted");
    }
    ModelStore store(world.disk);
    const auto other = TakeOver(world, store);
    EXPECT_FALSE(world.engine->Fenced());
    EXPECT_EQ(Start(*world.engine, idle), "UNAVAILABLE: another engine has taken over this store");
    EXPECT_TRUE(world.engine->Fenced());
    EXPECT_EQ(world.engine->Step(), absl::InfiniteFuture());
    EXPECT_EQ(world.Executions(idle).size(), 0u);
  }
}

TEST_F(StoreTroubleTest, AnExecutionOfAnotherEngineIsNotCancelledHere) {
  const std::string window = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window));
  ModelStore store(world_.disk);
  const auto other = TakeOver(world_, store);
  const std::string execution = Start(*other, window);
  EXPECT_EQ(Cancel(*world_.engine, execution),
            "UNAVAILABLE: this engine does not own the execution; try again");
  EXPECT_FALSE(Stored(window).at(0).progress.cancel);
  EXPECT_EQ(Cancel(*other, execution), "OK");
  EXPECT_EQ(Cancel(*world_.engine, execution), "OK") << "it has ended";
}

TEST_F(StoreTroubleTest, AWindowThatTheStoreLostIsWaitedForNoMore) {
  const std::string window = world_.CreateWindow();
  ASSERT_TRUE(world_.store.Commit({DeleteWindow{WindowId(window)}}).ok());
  world_.Advance(absl::Hours(1));
  EXPECT_TRUE(Stored(window).empty());
  EXPECT_EQ(Step(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace lull
