// Corners of an execution as the API shows them (spec H 44 to 57): the cutoff, changes while it
// runs, cancels, a crash.
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

using Nodes = std::vector<std::string>;

class ExecutionCornersTest : public testing::Test {
 protected:
  struct Task {
    int priority = 0;
    const char* behavior = "";
    const char* type = "RUN_COMMAND";
    const char* targets = "3";
  };
  /// A window of 3 hours that opens once, in an hour, with these tasks; MaxConcurrency is 1.
  void Make(const std::vector<Task>& tasks, int cutoff_hours = 1) {
    auto request = world_.WindowRequest();
    request.set_schedule(absl::FormatTime(
        "at(%Y-%m-%dT%H:%M:%S)", world_.clock.Now() + absl::Hours(1), absl::UTCTimeZone()));
    request.set_cutoff(cutoff_hours);
    window_ = world_.CreateWindow(request);
    for (const Task& kind : tasks) {
      auto task = world_.TaskRequest(window_);
      task.set_task_type(kind.type);
      task.mutable_targets(0)->set_values(0, kind.targets);
      task.set_priority(kind.priority);
      if (*kind.behavior != '\0') task.set_cutoff_behavior(kind.behavior);
      world_.RegisterTask(task);
    }
  }
  void Open(const std::vector<Task>& tasks, int cutoff_hours = 1) {
    Make(tasks, cutoff_hours);
    world_.Advance(absl::Hours(1));
  }
  v1::MaintenanceWindowExecution Execution() { return world_.Executions(window_).at(0); }
  /// `SUCCESS: SUCCESS, TIMED_OUT`
  std::string Statuses() {
    std::string text = Execution().status();
    const char* separator = ": ";
    for (const auto& task : world_.Tasks(Execution().window_execution_id())) {
      text += separator + task.status();
      separator = ", ";
    }
    return text;
  }
  std::string TaskDetails(std::size_t task) {
    return world_.Tasks(Execution().window_execution_id()).at(task).status_details();
  }
  /// Statuses of a task's invocations.
  std::string Invocations(std::size_t task) {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(Execution().window_execution_id());
    request.set_task_id(
        world_.Tasks(Execution().window_execution_id()).at(task).task_execution_id());
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::string text;
    for (const auto& row : page->window_execution_task_invocation_identities()) {
      text += row.status() + ' ';
    }
    return text;
  }
  void Cancel(const std::string& policy = "TASK") {
    v1::CancelExecutionRequest request;
    request.set_window_execution_id(Execution().window_execution_id());
    request.set_policy(policy);
    ASSERT_TRUE(world_.engine->CancelExecution(world_.context, request).ok());
    world_.Settle();
  }
  void FinishOne(Status status = Status::kSuccess) {
    world_.runner.FinishOldest(status);
    world_.Settle();
  }
  void Drain() {
    while (!world_.runner.in_flight.empty()) FinishOne();
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
};

// H 46: what the built-in source of targets makes of targets that are none.
TEST(ExecutionTargetsTest, TargetsThatComeToNothingSucceedAndSaySo) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  const auto registered = [&](const char* key, const char* value) {
    v1::RegisterTargetWithMaintenanceWindowRequest request;
    request.set_window_id(window);
    const bool group = key == std::string("resource-groups:Name");
    request.set_resource_type(group ? "RESOURCE_GROUP" : "INSTANCE");
    v1::Target& target = *request.add_targets();
    target.set_key(key);
    target.add_values(value);
    const auto response = world.engine->RegisterTargetWithMaintenanceWindow(world.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response->window_target_id();
  };
  const std::string dangling = registered("InstanceIds", "i-gone");
  for (const std::string& target :
       {dangling, registered("tag:role", "nobody"), registered("tag-key", "nothing"),
        registered("resource-groups:Name", "no-such-group")}) {
    auto task = world.TaskRequest(window);
    task.mutable_targets(0)->set_key("WindowTargetIds");
    task.mutable_targets(0)->set_values(0, target);
    world.RegisterTask(task);
  }
  v1::DeregisterTargetFromMaintenanceWindowRequest gone;
  gone.set_window_id(window);
  gone.set_window_target_id(dangling);
  ASSERT_TRUE(world.engine->DeregisterTargetFromMaintenanceWindow(world.context, gone).ok());
  world.Advance(absl::Hours(1));
  EXPECT_TRUE(world.runner.nodes.empty());
  const auto execution = world.Executions(window).at(0);
  EXPECT_EQ(execution.status(), "SUCCESS");
  const auto tasks = world.Tasks(execution.window_execution_id());
  ASSERT_EQ(tasks.size(), 4u);
  for (const auto& task : tasks) {
    EXPECT_EQ(task.status(), "SUCCESS");
    EXPECT_EQ(task.status_details(), "No Invocations to Execute");
  }
}

// Alarms are kept and told, and nothing else comes of them.
TEST_F(ExecutionCornersTest, AnAlarmIsToldAndStopsNothing) {
  Make({});
  auto task = world_.TaskRequest(window_);
  task.mutable_alarm_configuration()->add_alarms()->set_name("cpu");
  world_.RegisterTask(task);
  world_.Advance(absl::Hours(1));
  Drain();
  EXPECT_EQ(Statuses(), "SUCCESS: SUCCESS");
  const auto listed = world_.Tasks(Execution().window_execution_id()).at(0);
  EXPECT_EQ(listed.alarm_configuration().alarms(0).name(), "cpu");
  EXPECT_EQ(listed.triggered_alarms_size(), 0);
  v1::GetMaintenanceWindowExecutionTaskRequest get;
  get.set_window_execution_id(Execution().window_execution_id());
  get.set_task_id(listed.task_execution_id());
  const auto shown = world_.engine->GetMaintenanceWindowExecutionTask(world_.context, get);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->alarm_configuration().alarms(0).name(), "cpu");
}

// H 49, all six. The window opens, and two hours later, or three with a Cutoff of 0, is its cutoff.

TEST_F(ExecutionCornersTest, ATaskThatHasNotStartedByTheCutoffTimesOut) {
  Open({{.priority = 1}, {.priority = 2}});
  world_.Advance(absl::Hours(2));
  EXPECT_EQ(Statuses(), "IN_PROGRESS: IN_PROGRESS, TIMED_OUT");
  EXPECT_EQ(TaskDetails(1), "The cutoff of the maintenance window was reached.");
  EXPECT_EQ(Invocations(1), "TIMED_OUT TIMED_OUT TIMED_OUT ");
  Drain();
  EXPECT_EQ(Statuses(), "TIMED_OUT: SUCCESS, TIMED_OUT");
  EXPECT_EQ(Execution().status_details(), "One or more tasks in the orchestration timed out.");
}

TEST_F(ExecutionCornersTest, ATaskThatContinuesStartsInvocationsPastTheCutoff) {
  for (const char* const behavior : {"CONTINUE_TASK", ""}) {
    Open({{.behavior = behavior}});
    world_.runner.nodes.clear();
    world_.Advance(absl::Hours(2));
    Drain();
    EXPECT_EQ(world_.runner.nodes, (Nodes{"node-1", "node-2"})) << behavior;
    EXPECT_EQ(Statuses(), "SUCCESS: SUCCESS");
  }
}

TEST_F(ExecutionCornersTest, ACommandThatIsCutOffIsAskedToStopAndTimesOut) {
  Open({{.behavior = "CANCEL_TASK"}});
  world_.Advance(absl::Hours(2));
  EXPECT_EQ(world_.runner.stops.size(), 1u);
  EXPECT_EQ(Invocations(0), "CANCELLING TIMED_OUT TIMED_OUT ");
  FinishOne(Status::kCancelled);
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0"}));
  EXPECT_EQ(Invocations(0), "CANCELLED TIMED_OUT TIMED_OUT ");
  EXPECT_EQ(Statuses(), "TIMED_OUT: TIMED_OUT");
  EXPECT_EQ(TaskDetails(0), "The cutoff of the maintenance window was reached.");
}

TEST_F(ExecutionCornersTest, OtherTypesThatAreCutOffFinishWhatRunsAndStartNoMore) {
  for (const char* const type : {"AUTOMATION", "LAMBDA", "STEP_FUNCTIONS"}) {
    EngineWorld world(&targets_);
    ManualRunner runner;
    world.engine.reset();
    EngineOptions options;
    options.store = &world.store;
    options.runners[TaskType::kAutomation] = &runner;
    options.runners[TaskType::kLambda] = &runner;
    options.runners[TaskType::kStepFunctions] = &runner;
    options.targets = &targets_;
    options.clock = &world.clock;
    options.ids = &world.ids;
    world.engine = *Engine::Open(std::move(options));
    auto task = world.TaskRequest(world.CreateWindow());
    task.set_task_type(type);
    task.set_cutoff_behavior("CANCEL_TASK");
    world.RegisterTask(task);
    world.Advance(absl::Hours(1));
    const std::string id = world.Executions(task.window_id()).at(0).window_execution_id();
    world.Advance(absl::Hours(2));
    EXPECT_TRUE(runner.stops.empty()) << type;
    ASSERT_EQ(runner.in_flight.size(), 1u) << type;
    runner.FinishOldest(Status::kSuccess);
    world.Settle();
    EXPECT_EQ(runner.nodes, (Nodes{"node-0"})) << type;
    EXPECT_EQ(world.Tasks(id).at(0).status(), "TIMED_OUT") << type;
    world.engine.reset();
  }
}

TEST_F(ExecutionCornersTest, WithACutoffOfNothingTasksStartUntilTheWindowEnds) {
  for (const absl::Duration after : {absl::Hours(3) - absl::Seconds(1), absl::Hours(3)}) {
    Open({{.priority = 1, .targets = "1"}, {.priority = 2, .targets = "1"}}, 0);
    world_.clock.Advance(after);
    FinishOne();
    const bool in_time = after < absl::Hours(3);
    EXPECT_EQ(Statuses(),
              in_time ? "IN_PROGRESS: SUCCESS, IN_PROGRESS" : "TIMED_OUT: SUCCESS, TIMED_OUT");
    Drain();
  }
}

TEST_F(ExecutionCornersTest, WhatRunsWhenTheWindowEndsIsNotKilled) {
  Open({{.targets = "1"}});
  world_.Advance(absl::Hours(30));
  EXPECT_TRUE(world_.runner.stops.empty());
  EXPECT_EQ(Statuses(), "IN_PROGRESS: IN_PROGRESS");
  Drain();
  EXPECT_EQ(Statuses(), "SUCCESS: SUCCESS");
}

// H 50.
TEST_F(ExecutionCornersTest, ATaskOfTwelveMinutesInAWindowEveryFivePassesTwoBy) {
  auto request = world_.WindowRequest();
  request.set_schedule("rate(5 minutes)");
  window_ = world_.CreateWindow(request);
  auto task = world_.TaskRequest(window_);
  task.mutable_targets(0)->set_values(0, "1");
  world_.RegisterTask(task);
  world_.Advance(absl::Minutes(5));
  for (int i = 0; i < 12; ++i) world_.Advance(absl::Minutes(1));
  FinishOne();
  world_.Advance(absl::Minutes(3));
  const auto executions = world_.Executions(window_);
  ASSERT_EQ(executions.size(), 4u);
  const char* const expected[] = {"IN_PROGRESS", "SKIPPED_OVERLAPPING", "SKIPPED_OVERLAPPING",
                                  "SUCCESS"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(executions[i].status(), expected[i]);
    EXPECT_EQ(executions[i].start_time(), executions[3].start_time() + 300 * (3 - i));
  }
  EXPECT_EQ(executions[1].status_details(),
            "The previous execution of this window was still active.");
}

// H 51.
TEST_F(ExecutionCornersTest, CancelledInEveryStateItEndsCancelledAndAnEndedOneStays) {
  struct Row {
    const char* label;
    std::function<void()> arrange;
    const char* at_once;
    const char* in_the_end;
  };
  const Row rows[] = {
      {"running", [] {}, "CANCELLING: IN_PROGRESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED"},
      {"twice", [this] { Cancel(); }, "CANCELLING: IN_PROGRESS, CANCELLED",
       "CANCELLED: SUCCESS, CANCELLED"},
      {"between two cancels, killed",
       [this] {
         Cancel();
         world_.runner.in_flight.clear();
         world_.Restart();
         world_.Settle();
       },
       "CANCELLED: FAILED, CANCELLED", "CANCELLED: FAILED, CANCELLED"},
      {"past the cutoff", [this] { world_.Advance(absl::Hours(2)); },
       "CANCELLING: IN_PROGRESS, TIMED_OUT", "CANCELLED: SUCCESS, TIMED_OUT"},
      {"SUCCESS", [this] { Drain(); }, "SUCCESS: SUCCESS, SUCCESS", "SUCCESS: SUCCESS, SUCCESS"},
      {"FAILED",
       [this] {
         FinishOne(Status::kFailed);
         Drain();
       },
       "FAILED: FAILED, SUCCESS", "FAILED: FAILED, SUCCESS"},
      {"CANCELLED",
       [this] {
         Cancel();
         Drain();
       },
       "CANCELLED: SUCCESS, CANCELLED", "CANCELLED: SUCCESS, CANCELLED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    Open({{.priority = 1, .targets = "2"}, {.priority = 2, .targets = "1"}});
    row.arrange();
    const bool had_ended = Execution().has_end_time();
    const double end = Execution().end_time();
    Cancel();
    EXPECT_EQ(Statuses(), row.at_once);
    if (had_ended) {
      EXPECT_EQ(Execution().end_time(), end) << "nothing changes";
    }
    Drain();
    EXPECT_EQ(Statuses(), row.in_the_end);
  }
}

TEST_F(ExecutionCornersTest, CancelledWhenItWasSkippedNothingChanges) {
  const auto request = world_.WindowRequest();
  window_ = world_.CreateWindow(request);
  world_.RegisterTask(world_.TaskRequest(window_));
  world_.Advance(absl::Hours(1));
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Statuses(), "SKIPPED_OVERLAPPING");
  Cancel();
  EXPECT_EQ(Statuses(), "SKIPPED_OVERLAPPING");
}

TEST_F(ExecutionCornersTest, CancelledBeforeItsTargetsAreKnownItEndsAtOnce) {
  Make({{}});
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window_);
  ASSERT_TRUE(world_.engine->StartMaintenanceWindowExecution(world_.context, start).ok());
  EXPECT_EQ(Statuses(), "PENDING: PENDING");
  Cancel();
  EXPECT_EQ(Statuses(), "CANCELLED: CANCELLED");
  EXPECT_TRUE(Execution().has_end_time());
  EXPECT_TRUE(world_.runner.nodes.empty());
}

TEST_F(ExecutionCornersTest, CancelledByAnyPolicyWhileACutOffTaskDrainsItKeepsItsCloser) {
  for (const char* const policy : {"TASK", "INVOCATION", "STOP"}) {
    SCOPED_TRACE(policy);
    Open({{.behavior = "CANCEL_TASK"}});
    world_.Advance(absl::Hours(2));
    Cancel(policy);
    EXPECT_EQ(Invocations(0), "CANCELLING TIMED_OUT TIMED_OUT ");
    FinishOne(Status::kCancelled);
    EXPECT_EQ(Statuses(), "CANCELLED: TIMED_OUT");
  }
}

// H 52.
TEST_F(ExecutionCornersTest, WhateverChangesMeanwhileItRunsAsItOpened) {
  struct Row {
    const char* label;
    std::function<absl::Status()> change;
  };
  Engine* engine = nullptr;
  std::string task;
  const Row rows[] = {
      {"update the window",
       [&] {
         v1::UpdateMaintenanceWindowRequest request;
         request.set_window_id(window_);
         request.set_name("other");
         request.set_duration(1);
         request.set_cutoff(0);
         request.set_schedule("rate(30 days)");
         request.set_allow_unassociated_targets(false);
         return engine->UpdateMaintenanceWindow(world_.context, request).status();
       }},
      {"disable the window",
       [&] {
         v1::UpdateMaintenanceWindowRequest request;
         request.set_window_id(window_);
         request.set_enabled(false);
         return engine->UpdateMaintenanceWindow(world_.context, request).status();
       }},
      {"delete the window",
       [&] {
         v1::DeleteMaintenanceWindowRequest request;
         request.set_window_id(window_);
         return engine->DeleteMaintenanceWindow(world_.context, request).status();
       }},
      {"update the task",
       [&] {
         v1::UpdateMaintenanceWindowTaskRequest request;
         request.set_window_id(window_);
         request.set_window_task_id(task);
         request.set_max_concurrency("3");
         request.set_priority(9);
         return engine->UpdateMaintenanceWindowTask(world_.context, request).status();
       }},
      {"deregister the task",
       [&] {
         v1::DeregisterTaskFromMaintenanceWindowRequest request;
         request.set_window_id(window_);
         request.set_window_task_id(task);
         return engine->DeregisterTaskFromMaintenanceWindow(world_.context, request).status();
       }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    world_.runner.nodes.clear();
    Open({{.priority = 1}, {.priority = 2, .targets = "1"}});
    const std::string id = Execution().window_execution_id();
    engine = world_.engine.get();
    v1::DescribeMaintenanceWindowTasksRequest list;
    list.set_window_id(window_);
    const auto tasks = engine->DescribeMaintenanceWindowTasks(world_.context, list);
    ASSERT_TRUE(tasks.ok());
    for (const auto& each : tasks->tasks()) {
      if (each.priority() == 1) task = each.window_task_id();
    }
    EXPECT_EQ(Error(row.change()), "OK");
    world_.Advance(absl::Minutes(90));
    EXPECT_EQ(world_.runner.in_flight.size(), 1u) << "one at a time";
    Drain();
    EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-1", "node-2", "node-0"}));
    v1::GetMaintenanceWindowExecutionRequest get;
    get.set_window_execution_id(id);
    EXPECT_EQ(engine->GetMaintenanceWindowExecution(world_.context, get)->status(), "SUCCESS");
  }
}

// H 54.
TEST_F(ExecutionCornersTest, TimesLieWithinEachOther) {
  Open({{.targets = "1"}, {.priority = 1, .targets = "1"}});
  world_.clock.Advance(absl::Seconds(3));
  FinishOne();
  EXPECT_FALSE(Execution().has_end_time());
  world_.clock.Advance(absl::Seconds(4));
  Drain();
  const auto execution = Execution();
  const auto tasks = world_.Tasks(execution.window_execution_id());
  ASSERT_EQ(tasks.size(), 2u);
  for (const auto& task : tasks) {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(execution.window_execution_id());
    request.set_task_id(task.task_execution_id());
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    ASSERT_TRUE(page.ok());
    const auto& invocation = page->window_execution_task_invocation_identities(0);
    EXPECT_LE(execution.start_time(), task.start_time());
    EXPECT_LE(task.start_time(), invocation.start_time());
    EXPECT_LT(invocation.start_time(), invocation.end_time());
    EXPECT_LE(invocation.end_time(), task.end_time());
    EXPECT_LE(task.end_time(), execution.end_time());
    EXPECT_FALSE(task.has_status_details());
  }
  EXPECT_LE(tasks[0].end_time(), tasks[1].start_time());
}

// H 57.
TEST_F(ExecutionCornersTest, KilledAtAnyPointItReachesItsEndAndStartsNothingTwice) {
  for (int kill_after = 0; kill_after < 4; ++kill_after) {
    SCOPED_TRACE(kill_after);
    world_.runner.nodes.clear();
    Open({{.targets = "2"}, {.priority = 1, .targets = "2"}});
    for (int i = 0; i < kill_after; ++i) FinishOne();
    world_.runner.in_flight.clear();
    world_.Restart();
    world_.Settle();
    Drain();
    EXPECT_TRUE(Execution().has_end_time());
    EXPECT_EQ(Execution().status(), "FAILED") << "one outcome is unknown";
    const bool first = kill_after % 2 == 0;  // of a task: MaxErrors is 0
    EXPECT_EQ(world_.runner.nodes.size(), first ? 3u : 4u);
  }
}

}  // namespace
}  // namespace lull
