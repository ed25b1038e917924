// What subscribers are told: each change of a status, in the commit of the change, in order.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"
#include "tests/support/builders.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

constexpr std::size_t kAll = 100000;

class EventsTest : public testing::Test {
 protected:
  EventsTest() : world_(&targets_) {
    world_.subscribers = {{"states"}, {"all", true}};
    world_.Restart();
  }

  /// A window with one task over `targets` nodes, `concurrency` at a time.
  std::string CreateWindow(int targets, int concurrency = 1) {
    const std::string window = world_.CreateWindow();
    auto task = world_.TaskRequest(window);
    task.mutable_targets(0)->set_values(0, absl::StrCat(targets));
    task.set_max_concurrency(absl::StrCat(concurrency));
    world_.RegisterTask(task);
    return window;
  }

  std::vector<OutboxReader::StoredEvent> Stored(const std::string& subscriber) {
    return *world_.store.outbox().ListEvents(subscriber, 0, kAll);
  }

  /// `execution PENDING, task IN_PROGRESS...`
  std::string Told(const std::string& subscriber) {
    std::string text;
    for (const auto& [seq, event] : Stored(subscriber)) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", ToAbsl(Name(event.level)), " ",
                      ToAbsl(Name(event.status)));
    }
    return text;
  }

  absl::Status Cancel(const std::string& window, CancelPolicy policy) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(world_.Executions(window).at(0).window_execution_id());
    return world_.engine->CancelMaintenanceWindowExecution(world_.context, request, {policy, ""})
        .status();
  }

  sim::CountedTargets targets_;
  EngineWorld world_;
};

TEST_F(EventsTest, AnExecutionIsToldFromTheOutsideInAndFromTheInsideOut) {
  const std::string window = CreateWindow(2);
  world_.Advance(absl::Hours(1));
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  world_.runner.FinishOldest(Status::kFailed);
  world_.Settle();
  EXPECT_EQ(Told("states"),
            "execution PENDING, execution IN_PROGRESS, task IN_PROGRESS, task FAILED, "
            "execution FAILED");
  EXPECT_EQ(Told("all"),
            "execution PENDING, execution IN_PROGRESS, task IN_PROGRESS, invocation SUCCESS, "
            "invocation FAILED, task FAILED, execution FAILED");
  const auto events = Stored("all");
  const std::string execution = world_.Executions(window).at(0).window_execution_id();
  for (const auto& [seq, event] : events) {
    EXPECT_EQ(event.window.value(), window);
    EXPECT_EQ(event.execution.value(), execution);
    EXPECT_EQ(event.at, world_.clock.Now());
  }
  EXPECT_EQ(events[4].event.node, "node-1");
  EXPECT_TRUE(events[4].event.started_at.has_value());
  EXPECT_EQ(events[4].event.ended_at, world_.clock.Now());
  EXPECT_EQ(events[5].event.task->value(), world_.Tasks(execution).at(0).task_execution_id());
  // Both have the event under one id, and no two events share one.
  EXPECT_EQ(Stored("states").back().event.id, events.back().event.id);
  EXPECT_NE(events[5].event.id, events[6].event.id);
}

TEST_F(EventsTest, WithoutSubscribersThereIsNoRow) {
  world_.subscribers.clear();
  world_.Restart();
  CreateWindow(1);
  world_.Advance(absl::Hours(1));
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_TRUE(world_.store.outbox().CountEvents()->empty());
}

TEST_F(EventsTest, OneThatIsRecordedAsFinalIsTold) {
  CreateWindow(1);
  world_.Advance(absl::Hours(1));
  world_.Advance(absl::Hours(1));  // the first is still running
  const auto events = Stored("states");
  EXPECT_EQ(events.back().event.status, Status::kSkippedOverlapping);
  EXPECT_TRUE(events.back().event.ended_at.has_value());
}

TEST_F(EventsTest, OneThatIsRefusedIsToldWithItsTasks) {
  auto task = world_.TaskRequest(world_.CreateWindow());
  auto& command = *task.mutable_task_invocation_parameters()->mutable_run_command();
  (*command.mutable_parameters())["commands"].add_values("{{ssm:unknown}}");
  world_.RegisterTask(task);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Told("states"), "task FAILED, execution FAILED");
}

TEST_F(EventsTest, AMissedOneIsTold) {
  world_.misfire.misfire = Misfire::kSkip;
  world_.Restart();
  CreateWindow(1);
  world_.engine = nullptr;
  world_.clock.Advance(absl::Hours(2) + absl::Minutes(30));
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(Stored("states").at(0).event.status, Status::kTimedOut);
}

TEST_F(EventsTest, AnInvocationIsToldWithTheTargetThatItCameThrough) {
  EngineWorld world;
  world.subscribers = {{"all", true}};
  world.Restart();
  ASSERT_TRUE(world.engine->ChangeFleet(PutNodes{"inventory", 1, {MakeNode("i-1")}, At(1)}).ok());
  const std::string window = world.CreateWindow();
  v1::RegisterTargetWithMaintenanceWindowRequest target;
  target.set_window_id(window);
  target.set_resource_type("INSTANCE");
  target.set_owner_information("team-a");
  target.add_targets()->set_key("tag:role");
  target.mutable_targets(0)->add_values("web");
  const auto registered = world.engine->RegisterTargetWithMaintenanceWindow(world.context, target);
  ASSERT_TRUE(registered.ok()) << registered.status();
  auto task = world.TaskRequest(window);
  task.mutable_targets(0)->set_key("WindowTargetIds");
  task.mutable_targets(0)->set_values(0, registered->window_target_id());
  world.RegisterTask(task);
  world.Advance(absl::Hours(1));
  world.runner.FinishOldest(Status::kSuccess);
  world.Settle();
  int told = 0;
  const auto events = *world.store.outbox().ListEvents("all", 0, kAll);
  for (const auto& [seq, event] : events) {
    if (event.level != Level::kInvocation) continue;
    ++told;
    EXPECT_EQ(event.node, "i-1");
    EXPECT_EQ(event.window_target->value(), registered->window_target_id());
    EXPECT_EQ(event.owner_information, "team-a");
  }
  EXPECT_EQ(told, 1);
}

TEST_F(EventsTest, ACancelOfManyQueuedInvocationsTellsAHandful) {
  const std::string window = CreateWindow(100'000, 2);
  world_.Advance(absl::Hours(1));
  ASSERT_EQ(world_.runner.in_flight.size(), 2u);
  const std::int64_t commits = world_.disk->commits();
  ASSERT_TRUE(Cancel(window, CancelPolicy::kStop).ok());
  EXPECT_EQ(world_.disk->commits(), commits + 1);
  world_.runner.FinishOldest(Status::kCancelled);
  world_.runner.FinishOldest(Status::kCancelled);
  world_.Settle();
  EXPECT_EQ(Told("all"),
            "execution PENDING, execution IN_PROGRESS, task IN_PROGRESS, execution CANCELLING, "
            "task CANCELLING, invocation CANCELLED, invocation CANCELLED, task CANCELLED, "
            "execution CANCELLED");
}

TEST_F(EventsTest, AChangeThatIsNotStoredIsNotToldAndOneThatIsIsToldOnce) {
  for (const auto fault : {ModelDisk::Fault::kUnavailable, ModelDisk::Fault::kUnknownNotApplied,
                           ModelDisk::Fault::kUnknownApplied, ModelDisk::Fault::kConflict}) {
    SCOPED_TRACE(static_cast<int>(fault));
    EngineWorld world(&targets_);
    world.subscribers = {{"states"}};
    world.Restart();
    const std::string window = world.CreateWindow();
    world.RegisterTask(world.TaskRequest(window));
    world.Advance(absl::Hours(1));
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(world.Executions(window).at(0).window_execution_id());
    world.disk->FailNext(fault);
    world.engine->CancelMaintenanceWindowExecution(world.context, request).status().IgnoreError();
    for (int i = 0; i < 3; ++i) world.Advance(absl::Seconds(2));
    ASSERT_TRUE(world.engine->CancelMaintenanceWindowExecution(world.context, request).ok());
    int told = 0;
    const auto events = *world.store.outbox().ListEvents("states", 0, kAll);
    for (const auto& [seq, event] : events) {
      told += event.level == Level::kExecution && event.status == Status::kCancelling;
    }
    EXPECT_EQ(told, 1);
  }
}

TEST_F(EventsTest, SettledEventsAreGone) {
  CreateWindow(1);
  world_.Advance(absl::Hours(1));
  const auto events = Stored("states");
  ASSERT_GE(events.size(), 2u);
  ASSERT_TRUE(world_.engine->SettleEvents("states", {events[0].seq}).ok());
  ASSERT_TRUE(world_.engine->SettleEvents("states", {events[0].seq}).ok());
  EXPECT_EQ(Stored("states").front().seq, events[1].seq);
  EXPECT_EQ(Stored("all").size(), events.size());
}

TEST_F(EventsTest, PastTheLimitTheOldestGiveWayAndOneWarningSaysSo) {
  world_.max_events = 3;
  world_.Restart();
  CreateWindow(1);
  for (int hour = 0; hour < 6; ++hour) {
    world_.Advance(absl::Hours(1));
    if (!world_.runner.in_flight.empty()) world_.runner.FinishOldest(Status::kSuccess);
    world_.Settle();
  }
  EXPECT_EQ(Told("states"), "task IN_PROGRESS, task SUCCESS, execution SUCCESS");
  EXPECT_EQ(world_.warnings.Count("states has 3 events waiting"), 1);
  // Counted anew at a start; and once there is room again, the next bout is told anew.
  world_.Restart();
  std::vector<std::int64_t> seqs;
  for (const auto& [seq, event] : Stored("states")) seqs.push_back(seq);
  ASSERT_TRUE(world_.engine->SettleEvents("states", seqs).ok());
  for (int hour = 0; hour < 2; ++hour) {
    world_.Advance(absl::Hours(1));
    world_.runner.FinishOldest(Status::kSuccess);
    world_.Settle();
  }
  EXPECT_EQ(Stored("states").size(), 3u);
  EXPECT_EQ(world_.warnings.Count("states has 3 events waiting"), 2);
}

TEST_F(EventsTest, SubscribersWithoutANameOrWithOneTwiceAreRefused) {
  for (const std::vector<Subscriber>& wrong :
       {std::vector<Subscriber>{{""}}, {{"a"}, {"a", true}}, std::vector<Subscriber>(17)}) {
    EngineOptions options;
    options.store = &world_.store;
    options.subscribers = wrong;
    EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(std::move(options)).status()));
  }
}

}  // namespace
}  // namespace lull
