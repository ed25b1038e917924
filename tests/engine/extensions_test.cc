// Executions on demand: started, resumed, skipped, cancelled with a policy, and their drain.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

class ExtensionsTest : public testing::Test {
 protected:
  /// A window (every hour from 23:13:20 on, 3 hours, cutoff 1) with a task over `nodes`.
  void Create(const std::string& nodes = "3", const std::string& concurrency = "1") {
    window_ = world_.CreateWindow();
    Register(nodes, concurrency);
  }
  void Register(const std::string& nodes, const std::string& concurrency, int priority = 1,
                const std::string& behavior = "") {
    auto task = world_.TaskRequest(window_);
    task.mutable_targets(0)->set_values(0, nodes);
    task.set_max_concurrency(concurrency);
    task.set_max_errors("100%");
    task.set_priority(priority);
    if (!behavior.empty()) task.set_cutoff_behavior(behavior);
    world_.RegisterTask(task);
  }
  v1::StartMaintenanceWindowExecutionRequest StartRequest() const {
    v1::StartMaintenanceWindowExecutionRequest request;
    request.set_window_id(window_);
    return request;
  }
  /// The new execution's id, or the error.
  std::string Start(const v1::StartMaintenanceWindowExecutionRequest& request) {
    const auto response = world_.engine->StartMaintenanceWindowExecution(world_.context, request);
    return response.ok() ? response->window_execution_id() : Error(response.status());
  }
  std::string Start() { return Start(StartRequest()); }
  std::string Resume(const v1::ResumeMaintenanceWindowExecutionRequest& request) {
    const auto response = world_.engine->ResumeMaintenanceWindowExecution(world_.context, request);
    if (!response.ok()) return Error(response.status());
    EXPECT_EQ(response->resumed_from(), request.window_execution_id());
    return response->window_execution_id();
  }
  std::string Resume(const std::string& execution) {
    v1::ResumeMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(execution);
    return Resume(request);
  }
  v1::CancelExecutionResponse Cancel(const std::string& execution, const std::string& policy,
                                     const std::string& reason = "") {
    v1::CancelExecutionRequest request;
    request.set_window_execution_id(execution);
    if (!policy.empty()) request.set_policy(policy);
    if (!reason.empty()) request.set_reason(reason);
    const auto response = world_.engine->CancelExecution(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::CancelExecutionResponse();
  }
  v1::DescribeDrainResponse Drain(const std::string& execution) {
    v1::DescribeDrainRequest request;
    request.set_window_execution_id(execution);
    const auto response = world_.engine->DescribeDrain(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::DescribeDrainResponse();
  }
  /// `skipped -> next`, or the error.
  std::string Skip(const std::string& reason = "") {
    v1::SkipNextExecutionRequest request;
    request.set_window_id(window_);
    if (!reason.empty()) request.set_reason(reason);
    const auto response = world_.engine->SkipNextExecution(world_.context, request);
    if (!response.ok()) return Error(response.status());
    return response->skipped_execution_time() + " -> " + response->next_execution_time();
  }
  v1::GetMaintenanceWindowExecutionResponse Get(const std::string& id) {
    v1::GetMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(id);
    auto response = world_.engine->GetMaintenanceWindowExecution(world_.context, request);
    EXPECT_TRUE(response.ok()) << id << ": " << response.status();
    return response.ok() ? *response : v1::GetMaintenanceWindowExecutionResponse();
  }
  Execution Row(const std::string& id) {
    return world_.store.runs().GetExecution(ExecutionId(id)).value().value();
  }
  std::vector<TaskExecution> TaskRows(const std::string& id) {
    return world_.store.runs().ListTaskExecutions(Row(id).key).value();
  }
  void Finish(int count) {
    for (; count > 0; --count) {
      world_.runner.FinishOldest(Status::kSuccess);
      world_.Settle();
    }
  }
  void FinishAll() {
    while (!world_.runner.in_flight.empty()) Finish(1);
  }
  std::vector<std::string> Statuses() {
    std::vector<std::string> statuses;
    for (const auto& run : world_.Executions(window_)) statuses.push_back(run.status());
    return statuses;
  }
  void Update(const v1::UpdateMaintenanceWindowRequest& request) {
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, request).ok());
  }
  void Enable(bool enabled) {
    v1::UpdateMaintenanceWindowRequest request;
    request.set_window_id(window_);
    request.set_enabled(enabled);
    Update(request);
  }
  std::string InProgress(const std::string& id) const {
    return "FAILED_PRECONDITION: Maintenance window " + window_ +
           " has an execution in progress: " + id + ". Cancel it or wait for its end.";
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
};

using Nodes = std::vector<std::string>;

// Start.

TEST_F(ExtensionsTest, StartedNowAWindowRunsItsTasksWithItsOwnCutoffAndKeepsItsSchedule) {
  Create();
  auto request = StartRequest();
  request.set_reason("urgent fix");
  const std::string id = Start(request);
  world_.Settle();
  EXPECT_EQ(Get(id).status(), "IN_PROGRESS");
  EXPECT_EQ(Get(id).status_details(), "Started by AKIATEST. Reason: urgent fix");
  EXPECT_EQ(Drain(id).started_by(), "AKIATEST");
  EXPECT_EQ(Drain(id).start_reason(), "urgent fix");
  const Occurrence occurrence = Row(id).occurrence;
  EXPECT_EQ(occurrence.start_at, world_.clock.Now());
  EXPECT_EQ(occurrence.cutoff_at, world_.clock.Now() + absl::Hours(2));
  EXPECT_EQ(occurrence.end_at, world_.clock.Now() + absl::Hours(3));
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), "2023-11-14T23:13:20Z");
  FinishAll();
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-1", "node-2"}));
  EXPECT_EQ(Get(id).status(), "SUCCESS");
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"IN_PROGRESS", "SUCCESS"}));
}

TEST_F(ExtensionsTest, AShorterDurationIsTakenAndOneBeyondTheWindowsOrNotBeyondItsCutoffRefused) {
  Create();
  auto request = StartRequest();
  request.set_duration(4);
  EXPECT_EQ(Start(request),
            "INVALID_ARGUMENT: Duration was 4 but must not be greater than 3 (the Duration of the "
            "window)");
  request.set_duration(1);
  EXPECT_EQ(Start(request),
            "INVALID_ARGUMENT: Duration was 1 but must be greater than 1 (the Cutoff of the "
            "window)");
  request.set_duration(2);
  const std::string id = Start(request);
  EXPECT_EQ(Row(id).occurrence.cutoff_at, world_.clock.Now() + absl::Hours(1));
  world_.Settle();
  world_.Advance(absl::Hours(1));
  FinishAll();  // CONTINUE_TASK by default
  EXPECT_EQ(Get(id).status(), "SUCCESS");
}

TEST_F(ExtensionsTest, WhileOneIsActiveAStartIsRefusedWithItsId) {  // R6
  Create();
  const std::string id = Start();
  EXPECT_EQ(Start(), InProgress(id)) << "while its targets are resolved";
  world_.Settle();
  EXPECT_EQ(Start(), InProgress(id));
  Cancel(id, "TASK");
  EXPECT_EQ(Start(), InProgress(id)) << "while it drains";
  FinishAll();
  EXPECT_EQ(Start().size(), id.size());
}

TEST_F(ExtensionsTest, WhatComesDueMeanwhileIsSkipped) {
  Create();
  const std::string id = Start();
  world_.Settle();
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"SKIPPED_OVERLAPPING", "IN_PROGRESS"}));
}

TEST_F(ExtensionsTest, OneThatIsDueAtThisVeryMomentOpensFirst) {
  Create();
  world_.clock.Advance(absl::Hours(1));
  const std::string refused = Start();
  ASSERT_EQ(world_.Executions(window_).size(), 1u);
  EXPECT_EQ(refused, InProgress(world_.Executions(window_)[0].window_execution_id()));
}

TEST_F(ExtensionsTest, ADisabledWindowStartsForItIsAskedTo) {
  Create();
  Enable(false);
  const std::string id = Start();
  world_.Settle();
  FinishAll();
  EXPECT_EQ(Get(id).status(), "SUCCESS");
  EXPECT_TRUE(world_.GetWindow(window_).next_execution_time().empty());
}

TEST_F(ExtensionsTest, WithoutTasksItEndsAtOnceAndTwoInOneInstantAreTwo) {
  window_ = world_.CreateWindow();
  const std::string first = Start();
  const std::string second = Start();
  EXPECT_NE(first, second);
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"SUCCESS", "SUCCESS"}));
}

TEST_F(ExtensionsTest, AWindowThatDoesNotExistCannotStart) {
  window_ = kNoWindow;
  EXPECT_EQ(Start(), std::string("NOT_FOUND: Maintenance window ") + kNoWindow + " does not exist");
}

TEST_F(ExtensionsTest, ATokenComesBackWithTheSameExecutionAlsoAfterARestart) {
  Create();
  auto request = StartRequest();
  request.set_client_token("once");
  const std::string id = Start(request);
  EXPECT_EQ(Start(request), id);
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(Start(request), id);
  FinishAll();
  EXPECT_EQ(Start(request), id) << "of one that has ended";
  request.set_duration(2);
  EXPECT_EQ(Start(request).rfind("ALREADY_EXISTS: The client token once was used before", 0), 0u);
  EXPECT_EQ(world_.Executions(window_).size(), 1u);
}

TEST_F(ExtensionsTest, AHeldEngineStartsAndResumesNothing) {
  Create();
  const std::string id = Start();
  world_.Settle();
  Cancel(id, "INVOCATION");
  FinishAll();
  world_.engine->HoldAdmission();
  EXPECT_EQ(Start(), "UNAVAILABLE: the engine is stopping and opens nothing any more");
  EXPECT_EQ(Resume(id), "UNAVAILABLE: the engine is stopping and opens nothing any more");
}

TEST_F(ExtensionsTest, WhateverCommitFailsAStartAndItsRetryOpenOne) {
  for (const auto fault : {ModelDisk::Fault::kUnavailable, ModelDisk::Fault::kUnknownApplied,
                           ModelDisk::Fault::kUnknownNotApplied, ModelDisk::Fault::kConflict}) {
    for (const bool restart : {false, true}) {
      EngineWorld world(&targets_);
      const std::string window = world.CreateWindow();
      world.RegisterTask(world.TaskRequest(window));
      v1::StartMaintenanceWindowExecutionRequest request;
      request.set_window_id(window);
      request.set_client_token("once");
      world.disk->FailNext(fault);
      (void)world.engine->StartMaintenanceWindowExecution(world.context, request).ok();
      if (restart) {
        ASSERT_TRUE(world.store.Recover().ok());
        world.Restart();
      }
      world.clock.Advance(absl::Seconds(2));
      const auto again = world.engine->StartMaintenanceWindowExecution(world.context, request);
      ASSERT_TRUE(again.ok()) << again.status();
      world.Settle();
      ASSERT_EQ(world.Executions(window).size(), 1u);
      EXPECT_EQ(world.Executions(window)[0].window_execution_id(), again->window_execution_id());
      EXPECT_EQ(world.runner.nodes, (Nodes{"node-0"}));
    }
  }
}

// Cancel.

TEST_F(ExtensionsTest, ACancelSaysWhatStandsAndAStricterOneIsApplied) {
  Create("10", "2");
  Register("5", "1", 2);
  const std::string id = Start();
  world_.Settle();
  auto response = Cancel(id, "TASK", "wrong day");
  EXPECT_EQ(response.window_execution_id(), id);
  EXPECT_EQ(response.status(), "CANCELLING");
  EXPECT_EQ(response.queued_cancelled(), 5);
  EXPECT_EQ(response.in_flight(), 2);
  response = Cancel(id, "INVOCATION");
  EXPECT_EQ(response.queued_cancelled(), 13);
  EXPECT_EQ(response.in_flight(), 2);
  EXPECT_EQ(Cancel(id, "TASK").queued_cancelled(), 13);
  EXPECT_EQ(Row(id).progress.cancel->reason, "wrong day");
  EXPECT_TRUE(world_.runner.stops.empty());
  Cancel(id, "STOP");
  world_.Settle();
  EXPECT_EQ(world_.runner.stops.size(), 2u);
  FinishAll();
  EXPECT_EQ(Cancel(id, "").status(), "CANCELLED");
  EXPECT_EQ(world_.runner.nodes.size(), 2u);
}

TEST_F(ExtensionsTest, ACancelOfOneThatHasEndedHasNoCounts) {
  Create();
  const std::string id = Start();
  world_.Settle();
  FinishAll();
  const auto response = Cancel(id, "STOP");
  EXPECT_EQ(response.status(), "SUCCESS");
  EXPECT_FALSE(response.has_queued_cancelled());
  EXPECT_FALSE(response.has_in_flight());
}

// Drain.

TEST_F(ExtensionsTest, ADrainShowsWhatIsInFlightSinceWhenAndWhenItWillBeQuiet) {
  Create("10", "2");
  Register("4", "4", 2);
  const std::string id = Start();
  world_.Settle();
  auto drain = Drain(id);
  EXPECT_EQ(drain.status(), "IN_PROGRESS");
  EXPECT_EQ(drain.in_flight(), 2);
  EXPECT_EQ(drain.queued(), 12);
  EXPECT_FALSE(drain.has_estimated_quiet_time()) << "nothing has finished yet";
  ASSERT_EQ(drain.invocations_size(), 2);
  EXPECT_EQ(drain.invocations(0).instance_id(), "node-0");
  EXPECT_EQ(drain.invocations(1).invocation_id(), world_.runner.in_flight[1].id);
  EXPECT_EQ(drain.invocations(0).task_execution_id(), world_.Tasks(id)[0].task_execution_id());
  const double start = static_cast<double>(absl::ToUnixSeconds(world_.clock.Now()));
  EXPECT_EQ(drain.invocations(0).start_time(), start);

  world_.clock.Advance(absl::Seconds(60));
  Finish(2);
  world_.clock.Advance(absl::Seconds(20));
  // 60 s each: 40 s of the two in flight, three waves of two, and the four of the second task.
  drain = Drain(id);
  EXPECT_EQ(drain.queued(), 10);
  EXPECT_EQ(drain.estimated_quiet_time(), start + 80 + 40 + 3 * 60 + 60);
  Cancel(id, "TASK");
  EXPECT_EQ(Drain(id).estimated_quiet_time(), start + 80 + 40 + 3 * 60);
  Cancel(id, "INVOCATION");
  drain = Drain(id);
  EXPECT_EQ(drain.queued(), 0);
  EXPECT_EQ(drain.in_flight(), 2);
  EXPECT_EQ(drain.estimated_quiet_time(), start + 80 + 40);
  world_.clock.Advance(absl::Seconds(300));
  EXPECT_EQ(Drain(id).estimated_quiet_time(), start + 380) << "over its time: any moment now";
  FinishAll();
  drain = Drain(id);
  EXPECT_EQ(drain.status(), "CANCELLED");
  EXPECT_EQ(drain.in_flight(), 0);
  EXPECT_EQ(drain.invocations_size(), 0);
  EXPECT_EQ(drain.estimated_quiet_time(), start + 380);
}

TEST_F(ExtensionsTest, ADrainTellsHowFarEachTaskIsByPriorityAndTheCountsAddUp) {
  Create("10", "2");
  v1::RegisterTaskWithMaintenanceWindowRequest named = world_.TaskRequest(window_);
  named.set_name("drain-balancer");
  named.set_priority(0);
  world_.RegisterTask(named);
  const std::string id = Start();
  world_.Settle();
  auto drain = Drain(id);
  ASSERT_EQ(drain.tasks_size(), 2);
  EXPECT_EQ(drain.tasks(0).name(), "drain-balancer") << "the lower number is first";
  EXPECT_EQ(drain.tasks(0).status(), "IN_PROGRESS");
  EXPECT_FALSE(drain.tasks(1).has_name());
  EXPECT_EQ(drain.tasks(1).task_arn(), named.task_arn());
  EXPECT_EQ(drain.tasks(1).status(), "PENDING");
  EXPECT_EQ(drain.tasks(1).queued(), 10);
  EXPECT_FALSE(drain.tasks(1).has_start_time());
  EXPECT_FALSE(drain.has_end_time());
  while (Drain(id).tasks(0).in_flight() > 0) Finish(1);
  Finish(1);
  Cancel(id, "INVOCATION");
  drain = Drain(id);
  EXPECT_EQ(drain.tasks(0).status(), "SUCCESS");
  const v1::ExecutionTaskProgress& cut = drain.tasks(1);
  EXPECT_EQ(cut.succeeded(), 1);
  EXPECT_EQ(cut.in_flight(), 2);
  EXPECT_EQ(cut.queued(), 0);
  EXPECT_EQ(cut.not_started(), 7);
  EXPECT_EQ(cut.targets(), 10);
  FinishAll();
  drain = Drain(id);
  EXPECT_EQ(drain.tasks(1).status(), "CANCELLED");
  EXPECT_EQ(drain.tasks(1).succeeded(), 3);
  EXPECT_TRUE(drain.has_end_time());
}

TEST_F(ExtensionsTest, ADrainIsPagedOverTasksAndItsTokenIsOfThatExecutionOnly) {
  Create("13", "13");
  Register("12", "12");
  const std::string id = Start();
  world_.Settle();
  v1::DescribeDrainRequest request;
  request.set_window_execution_id(id);
  request.set_max_results(10);
  std::set<std::string> seen;
  std::vector<int> sizes;
  do {
    const auto page = world_.engine->DescribeDrain(world_.context, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->in_flight(), 25) << "of all, on each page";
    sizes.push_back(page->invocations_size());
    for (const auto& row : page->invocations()) seen.insert(row.invocation_id());
    request.set_next_token(page->next_token());
  } while (!request.next_token().empty() && sizes.size() < 9);
  EXPECT_EQ(sizes, (std::vector<int>{10, 10, 5}));
  EXPECT_EQ(seen.size(), 25u);
  request.set_next_token("AAAA");
  EXPECT_EQ(Error(world_.engine->DescribeDrain(world_.context, request).status())
                .rfind("INVALID_ARGUMENT: The NextToken is invalid.", 0),
            0u);
}

// Resume.

TEST_F(ExtensionsTest, ResumedItRunsExactlyWhatWasNeverStartedWithTheOldDefinitions) {
  Create("10", "2");
  Register("4", "50%", 2);
  const std::string id = Start();
  world_.Settle();
  Finish(3);
  Cancel(id, "INVOCATION");
  EXPECT_EQ(Resume(id),
            "FAILED_PRECONDITION: Maintenance window execution " + id +
                " is still in progress (CANCELLING). Wait for its end before you resume it.");
  FinishAll();
  ASSERT_EQ(Get(id).status(), "CANCELLED");
  ASSERT_EQ(world_.runner.nodes.size(), 5u);
  Register("30", "1", 0);  // not what the old one was about to do
  const std::string resumed = Resume(id);
  EXPECT_EQ(Get(resumed).status(), "IN_PROGRESS") << "its targets are known";
  EXPECT_EQ(Drain(resumed).resumed_from(), id);
  EXPECT_EQ(Drain(resumed).queued(), 9);
  world_.Settle();
  FinishAll();
  EXPECT_EQ(world_.runner.nodes,
            (Nodes{"node-0", "node-1", "node-2", "node-3", "node-4", "node-5", "node-6", "node-7",
                   "node-8", "node-9", "node-0", "node-1", "node-2", "node-3"}));
  EXPECT_EQ(Get(resumed).status(), "SUCCESS");
  const auto tasks = TaskRows(resumed);
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].progress.first, 5);
  EXPECT_EQ(tasks[1].progress.first, 0);
  EXPECT_EQ(tasks[1].progress.concurrency_limit, 2);
}

TEST_F(ExtensionsTest, LimitsInPercentAreOfWhatIsLeft) {
  Create("10", "50%");
  const std::string id = Start();
  world_.Settle();
  Finish(1);
  Cancel(id, "INVOCATION");
  FinishAll();
  const auto tasks = TaskRows(Resume(id));
  EXPECT_EQ(tasks.at(0).progress.count, 4);
  EXPECT_EQ(tasks.at(0).progress.concurrency_limit, 2);
  EXPECT_EQ(tasks.at(0).progress.error_limit, 4);
}

TEST_F(ExtensionsTest, WhatTheCutoffClosedIsResumed) {
  window_ = world_.CreateWindow();
  Register("4", "1", 1, "CANCEL_TASK");
  Register("2", "1", 2);
  Enable(false);
  const std::string id = Start();
  world_.Settle();
  world_.Advance(absl::Hours(2));
  FinishAll();
  ASSERT_EQ(Get(id).status(), "TIMED_OUT");
  const std::string resumed = Resume(id);
  world_.Settle();
  FinishAll();
  EXPECT_EQ(Get(resumed).status(), "SUCCESS");
  EXPECT_EQ(world_.runner.nodes,
            (Nodes{"node-0", "node-1", "node-2", "node-3", "node-0", "node-1"}));
}

TEST_F(ExtensionsTest, AResumptionIsResumedItselfAndNothingTwice) {
  Create("6", "1");
  const std::string first = Start();
  world_.Settle();
  Cancel(first, "INVOCATION");
  FinishAll();
  const std::string second = Resume(first);
  world_.Settle();
  EXPECT_EQ(Resume(first), "INVALID_ARGUMENT: Maintenance window execution " + first +
                               " was resumed before, by " + second + ". Resume that one.");
  Finish(1);
  Cancel(second, "INVOCATION");
  FinishAll();
  const std::string third = Resume(second);
  world_.Settle();
  FinishAll();
  EXPECT_EQ(Get(third).status(), "SUCCESS");
  EXPECT_EQ(world_.runner.nodes,
            (Nodes{"node-0", "node-1", "node-2", "node-3", "node-4", "node-5"}));
  EXPECT_EQ(
      Resume(third).rfind(
          "INVALID_ARGUMENT: Maintenance window execution " + third + " left nothing to resume", 0),
      0u);
}

TEST_F(ExtensionsTest, CancelledBeforeItsTargetsWereKnownItResolvesThemAnew) {
  Create();
  const std::string id = Start();
  Cancel(id, "TASK");
  ASSERT_EQ(Get(id).status(), "CANCELLED");
  const std::string resumed = Resume(id);
  EXPECT_EQ(Get(resumed).status(), "PENDING");
  EXPECT_FALSE(Drain(resumed).has_estimated_quiet_time());
  world_.Settle();
  FinishAll();
  EXPECT_EQ(Get(resumed).status(), "SUCCESS");
  EXPECT_EQ(world_.runner.nodes.size(), 3u);
}

TEST_F(ExtensionsTest, AResumeNeedsItsWindowAndThatNothingElseOfItIsActive) {
  Create();
  const std::string id = Start();
  world_.Settle();
  Cancel(id, "INVOCATION");
  FinishAll();
  const std::string other = Start();
  EXPECT_EQ(Resume(id), InProgress(other));
  v1::DeleteMaintenanceWindowRequest gone;
  gone.set_window_id(window_);
  ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, gone).ok());
  EXPECT_EQ(Resume(id), "NOT_FOUND: Maintenance window " + window_ + " does not exist");
  EXPECT_EQ(Resume(kNoUuid),
            std::string("NOT_FOUND: Maintenance window execution ") + kNoUuid + " does not exist");
}

TEST_F(ExtensionsTest, AResumeWithATokenIsOneAlsoAcrossARestart) {
  Create();
  const std::string id = Start();
  world_.Settle();
  Cancel(id, "INVOCATION");
  FinishAll();
  v1::ResumeMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(id);
  request.set_client_token("once");
  const std::string resumed = Resume(request);
  world_.Restart();
  EXPECT_EQ(Resume(request), resumed);
  world_.Settle();
  FinishAll();
  EXPECT_EQ(Get(resumed).status(), "SUCCESS");
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-1", "node-2"}));
}

TEST_F(ExtensionsTest, KilledAfterAnyCommitAResumedTargetStartsOnceAtMost) {
  for (int commits = 1; commits < 12; ++commits) {
    SCOPED_TRACE(commits);
    EngineWorld world(&targets_);
    const std::string window = world.CreateWindow();
    auto task = world.TaskRequest(window);
    task.mutable_targets(0)->set_values(0, "8");
    task.set_max_errors("100%");
    world.RegisterTask(task);
    v1::UpdateMaintenanceWindowRequest disable;
    disable.set_window_id(window);
    disable.set_enabled(false);
    ASSERT_TRUE(world.engine->UpdateMaintenanceWindow(world.context, disable).ok());
    v1::StartMaintenanceWindowExecutionRequest start;
    start.set_window_id(window);
    const auto started = world.engine->StartMaintenanceWindowExecution(world.context, start);
    ASSERT_TRUE(started.ok());
    world.Settle();
    v1::CancelExecutionRequest cancel;
    cancel.set_window_execution_id(started->window_execution_id());
    cancel.set_policy("INVOCATION");
    ASSERT_TRUE(world.engine->CancelExecution(world.context, cancel).ok());
    world.runner.FinishOldest(Status::kSuccess);
    world.Settle();
    v1::ResumeMaintenanceWindowExecutionRequest resume;
    resume.set_window_execution_id(started->window_execution_id());
    ASSERT_TRUE(world.engine->ResumeMaintenanceWindowExecution(world.context, resume).ok());
    const std::int64_t until = world.disk->commits() + commits - 1;
    for (int n = 0; n < 100 && world.disk->commits() < until; ++n) {
      world.engine->Step();
      if (!world.runner.in_flight.empty()) world.runner.FinishOldest(Status::kSuccess);
    }
    world.runner.in_flight.clear();  // the process is gone
    world.Restart();
    world.Settle();
    while (!world.runner.in_flight.empty()) {
      world.runner.FinishOldest(Status::kSuccess);
      world.Settle();
    }
    const std::set<std::string> distinct(world.runner.nodes.begin(), world.runner.nodes.end());
    EXPECT_EQ(distinct.size(), world.runner.nodes.size());
    EXPECT_GE(distinct.size(), 7u) << "the one that the crash caught may have been lost";
    const auto runs = world.Executions(window);
    ASSERT_EQ(runs.size(), 2u);
    EXPECT_TRUE(runs[0].status() == "SUCCESS" || runs[0].status() == "FAILED") << runs[0].status();
  }
}

// Skip.

TEST_F(ExtensionsTest, SkippedTheNextOccurrenceIsRecordedAndTheOneAfterItOpens) {
  Create();
  EXPECT_EQ(Skip("holiday"), "2023-11-14T23:13:20Z -> 2023-11-15T00:13:20Z");
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), "2023-11-15T00:13:20Z");
  auto runs = world_.Executions(window_);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].status(), "SKIPPED_OVERLAPPING");
  EXPECT_EQ(runs[0].status_details(),
            "Skipped by AKIATEST: it was to start at 2023-11-14T23:13:20Z. Reason: holiday");
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(world_.Executions(window_).size(), 1u);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"IN_PROGRESS", "SKIPPED_OVERLAPPING"}));
}

TEST_F(ExtensionsTest, AskedTwiceForOneOccurrenceItSkipsThatOneOnly) {
  Create();
  v1::SkipNextExecutionRequest request;
  request.set_window_id(window_);
  request.set_execution_time("2023-11-15T00:13:20+01:00");
  const auto skip = [&] {
    return world_.engine->SkipNextExecution(world_.context, request).status();
  };
  EXPECT_TRUE(skip().ok());
  EXPECT_EQ(Error(skip()), "INVALID_ARGUMENT: The next execution of maintenance window " + window_ +
                               " is at 2023-11-15T00:13:20Z, not at 2023-11-15T00:13:20+01:00: "
                               "nothing was skipped.");
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), "2023-11-15T00:13:20Z");
  request.set_execution_time("tomorrow");
  EXPECT_TRUE(absl::IsInvalidArgument(skip()));
}

TEST_F(ExtensionsTest, AskedTwiceItSkipsTwoAndARestartAClockOrAnUpdateBringsNoneBack) {
  Create();
  Skip();
  EXPECT_EQ(Skip(), "2023-11-15T00:13:20Z -> 2023-11-15T01:13:20Z");
  const std::string next = "2023-11-15T01:13:20Z";
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), next);
  Enable(false);
  Enable(true);
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), next);
  world_.clock.Jump(-absl::Minutes(10));
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(world_.warnings.Count("the clock was set back"), 1);
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), next);
  world_.Advance(absl::Hours(2) + absl::Minutes(20));
  EXPECT_TRUE(world_.runner.nodes.empty());
  world_.Advance(absl::Hours(1));
  EXPECT_FALSE(world_.runner.nodes.empty());
  EXPECT_EQ(world_.warnings.Count("does not open"), 0);
}

TEST_F(ExtensionsTest, SkippedLongAheadTheOccurrenceStaysSkippedThoughHistoryGoesBeforeIt) {
  v1::CreateMaintenanceWindowRequest request = world_.WindowRequest();
  request.set_schedule("rate(90 days)");
  window_ = world_.CreateWindow(request);
  ASSERT_EQ(Skip(), "2024-02-12T22:13:20Z -> 2024-05-12T22:13:20Z");
  world_.Advance(absl::Hours(24 * 60));
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), "2024-05-12T22:13:20Z");
  world_.Advance(absl::Hours(24 * 59));
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"SKIPPED_OVERLAPPING"}));
  world_.Advance(absl::Hours(24 * 2));  // 30 days after its time
  EXPECT_EQ(Statuses(), (std::vector<std::string>{}));
  EXPECT_EQ(world_.GetWindow(window_).next_execution_time(), "2024-05-12T22:13:20Z");
}

TEST_F(ExtensionsTest, WhatIsSkippedIsNotForecast) {
  Create();
  Skip();
  v1::DescribeMaintenanceWindowScheduleRequest request;
  request.set_window_id(window_);
  const auto schedule = world_.engine->DescribeMaintenanceWindowSchedule(world_.context, request);
  ASSERT_TRUE(schedule.ok());
  EXPECT_EQ(schedule->scheduled_window_executions(0).execution_time(), "2023-11-15T00:13:20Z");
}

TEST_F(ExtensionsTest, WithoutANextOccurrenceThereIsNothingToSkip) {
  auto once = world_.WindowRequest();
  once.set_schedule("at(2023-11-15T00:00:00)");
  window_ = world_.CreateWindow(once);
  EXPECT_EQ(Skip(), "2023-11-15T00:00Z -> ");
  EXPECT_EQ(Skip(), "INVALID_ARGUMENT: Maintenance window " + window_ +
                        " has no next execution to skip: its schedule has come to its end.");
  world_.Restart();
  world_.Advance(absl::Hours(24));
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"SKIPPED_OVERLAPPING"}));
  Create();
  Enable(false);
  EXPECT_EQ(Skip(), "INVALID_ARGUMENT: Maintenance window " + window_ +
                        " is disabled: it has no next execution to skip.");
}

TEST_F(ExtensionsTest, OneThatIsDueAtThisVeryMomentOpensAndTheNextIsSkipped) {
  Create();
  world_.clock.Advance(absl::Hours(1));
  EXPECT_EQ(Skip(), "2023-11-15T00:13:20Z -> 2023-11-15T01:13:20Z");
  EXPECT_EQ(Statuses(), (std::vector<std::string>{"SKIPPED_OVERLAPPING", "PENDING"}));
}

TEST_F(ExtensionsTest, ASkipWhoseCommitFailsIsWholeOrNotAtAll) {
  for (const auto fault : {ModelDisk::Fault::kUnavailable, ModelDisk::Fault::kUnknownApplied,
                           ModelDisk::Fault::kUnknownNotApplied}) {
    Create();
    const std::string before = world_.GetWindow(window_).next_execution_time();
    world_.disk->FailNext(fault);
    EXPECT_NE(Skip().find("planted"), std::string::npos);
    const bool applied = fault == ModelDisk::Fault::kUnknownApplied;
    world_.Advance(absl::Seconds(2));
    EXPECT_EQ(world_.Executions(window_).size(), applied ? 1u : 0u);
    EXPECT_EQ(world_.GetWindow(window_).next_execution_time() == before, !applied);
  }
}

}  // namespace
}  // namespace lull
