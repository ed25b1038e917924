#include <cctype>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

class ExecutionsTest : public testing::Test {
 protected:
  /// A window with a task over `nodes`, opened; its execution's id.
  std::string Open(const std::string& nodes = "3") {
    window_ = world_.CreateWindow();
    auto task = world_.TaskRequest(window_);
    task.mutable_targets(0)->set_values(0, nodes);
    world_.RegisterTask(task);
    world_.Advance(absl::Hours(1));
    return world_.Executions(window_).at(0).window_execution_id();
  }
  std::string Cancel(const std::string& id, const CancelOptions& options = {}) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(id);
    const auto response =
        world_.engine->CancelMaintenanceWindowExecution(world_.context, request, options);
    if (response.ok()) {
      EXPECT_EQ(response->window_execution_id(), id);
    }
    return Error(response.status());
  }
  v1::GetMaintenanceWindowExecutionResponse Get(const std::string& id) {
    v1::GetMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(id);
    auto response = world_.engine->GetMaintenanceWindowExecution(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetMaintenanceWindowExecutionResponse();
  }
  void Drain() {
    while (!world_.runner.in_flight.empty()) {
      world_.runner.FinishOldest(Status::kSuccess);
      world_.Settle();
    }
  }
  v1::DescribeMaintenanceWindowExecutionsRequest DescribeRequest() const {
    v1::DescribeMaintenanceWindowExecutionsRequest request;
    request.set_window_id(window_);
    return request;
  }
  absl::StatusOr<v1::DescribeMaintenanceWindowExecutionsResponse> Describe(
      const v1::DescribeMaintenanceWindowExecutionsRequest& request) {
    return world_.engine->DescribeMaintenanceWindowExecutions(world_.context, request);
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
};

TEST_F(ExecutionsTest, AWindowWithoutTasksSucceedsAndSaysSo) {
  const std::string window = world_.CreateWindow();
  const std::int64_t before = world_.disk->commits();
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(world_.disk->commits(), before + 1) << "it ends as it opens";
  const auto executions = world_.Executions(window);
  ASSERT_EQ(executions.size(), 1u);
  EXPECT_EQ(executions[0].status(), "SUCCESS");
  EXPECT_EQ(executions[0].status_details(), "No tasks to execute.");
  EXPECT_EQ(executions[0].start_time(), executions[0].end_time());
  EXPECT_EQ(Get(executions[0].window_execution_id()).task_ids_size(), 0);
}

TEST_F(ExecutionsTest, OneThatRunsWellShowsItsTimesAndNoDetails) {
  const std::string id = Open();
  EXPECT_EQ(Get(id).status(), "IN_PROGRESS");
  EXPECT_FALSE(Get(id).has_end_time());
  world_.clock.Advance(absl::Seconds(5));
  Drain();
  const auto execution = Get(id);
  EXPECT_EQ(execution.status(), "SUCCESS");
  EXPECT_FALSE(execution.has_status_details());
  EXPECT_EQ(execution.end_time(), execution.start_time() + 5);
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"node-0", "node-1", "node-2"}));
}

TEST_F(ExecutionsTest, OneThatComesDueMeanwhileIsSkippedAndTheGridStays) {  // R6
  Open();
  world_.Advance(absl::Hours(1));
  Drain();
  world_.Advance(absl::Hours(1));
  const auto executions = world_.Executions(window_);
  ASSERT_EQ(executions.size(), 3u);
  EXPECT_EQ(executions[2].status(), "SUCCESS");
  EXPECT_EQ(executions[1].status(), "SKIPPED_OVERLAPPING");
  EXPECT_EQ(executions[1].start_time(), executions[1].end_time());
  EXPECT_TRUE(world_.Tasks(executions[1].window_execution_id()).empty());
  EXPECT_EQ(executions[0].status(), "IN_PROGRESS");
  EXPECT_EQ(executions[0].start_time(), executions[2].start_time() + 7200);
}

TEST_F(ExecutionsTest, TasksRunByPriorityAndOneThatFailsFailsTheExecution) {
  window_ = world_.CreateWindow();
  for (const int priority : {2, 1, 1}) {
    auto task = world_.TaskRequest(window_);
    task.set_priority(priority);
    task.mutable_targets(0)->set_values(0, "1");
    world_.RegisterTask(task);
  }
  world_.Advance(absl::Hours(1));
  const std::string id = world_.Executions(window_).at(0).window_execution_id();
  EXPECT_EQ(world_.runner.in_flight.size(), 2u);
  world_.runner.FinishOldest(Status::kFailed, "broken");
  world_.Settle();
  EXPECT_EQ(world_.runner.in_flight.size(), 1u);
  Drain();
  const auto tasks = world_.Tasks(id);
  ASSERT_EQ(tasks.size(), 3u);
  EXPECT_EQ(tasks[0].status(), "FAILED");
  EXPECT_EQ(tasks[0].status_details(), "The maximum error count was exceeded.");
  EXPECT_EQ(tasks[1].status(), "SUCCESS");
  EXPECT_EQ(tasks[2].status(), "SUCCESS");
  EXPECT_EQ(Get(id).status(), "FAILED");
  EXPECT_EQ(Get(id).status_details(), "One or more tasks in the orchestration failed.");
  EXPECT_EQ(Get(id).task_ids(2), tasks[2].task_execution_id());
}

TEST_F(ExecutionsTest, TargetsThatCantBeResolvedFailTheirTaskWithTheReason) {
  const std::string id = Open("none");
  EXPECT_EQ(Get(id).status(), "FAILED");
  EXPECT_EQ(world_.Tasks(id).at(0).status_details(), "no such targets");
}

TEST_F(ExecutionsTest, ListsAreNewestFirstPagedAndEnd) {
  window_ = world_.CreateWindow();
  for (int i = 0; i < 25; ++i) world_.Advance(absl::Hours(1));
  auto request = DescribeRequest();
  request.set_max_results(10);
  std::vector<double> starts;
  int pages = 0;
  do {
    const auto page = Describe(request);
    ASSERT_TRUE(page.ok());
    ASSERT_LT(++pages, 10);
    for (const auto& row : page->window_executions()) starts.push_back(row.start_time());
    request.set_next_token(page->next_token());
  } while (!request.next_token().empty());
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(starts.size(), 25u);
  for (std::size_t i = 1; i < starts.size(); ++i) EXPECT_EQ(starts[i], starts[i - 1] - 3600);
}

TEST_F(ExecutionsTest, TimeFiltersLeaveTheirInstantsOut) {
  window_ = world_.CreateWindow();  // at 22:13:20, so they open at 23:13:20, 00:13:20, 01:13:20
  for (int i = 0; i < 3; ++i) world_.Advance(absl::Hours(1));
  const auto count = [&](const std::string& after, const std::string& before) {
    auto request = DescribeRequest();
    for (const auto& [key, value] :
         {std::pair{"ExecutedAfter", after}, {"ExecutedBefore", before}}) {
      if (value.empty()) continue;
      request.add_filters()->set_key(key);
      request.mutable_filters(request.filters_size() - 1)->add_values(value);
    }
    const auto page = Describe(request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->window_executions_size() : -1;
  };
  EXPECT_EQ(count("", ""), 3);
  EXPECT_EQ(count("2023-11-14T23:13:20Z", ""), 2);
  EXPECT_EQ(count("2023-11-14T23:13:19.999Z", ""), 3);
  EXPECT_EQ(count("", "2023-11-15T01:13:20Z"), 2);
  EXPECT_EQ(count("", "2023-11-15T02:13:20.001+01:00"), 3);
  EXPECT_EQ(count("2023-11-14T23:13:20Z", "2023-11-15T01:13:20Z"), 1);
  EXPECT_EQ(count("2024-01-01T00:00:00Z", ""), 0);
}

TEST_F(ExecutionsTest, TimeFiltersCompareTheInstantThatIsShown) {
  window_ = world_.CreateWindow();
  world_.Advance(absl::Hours(1) + absl::Microseconds(1456));  // shown as 23:13:20.001
  const auto is_listed = [&](const char* key, const char* instant) {
    auto request = DescribeRequest();
    request.add_filters()->set_key(key);
    request.mutable_filters(0)->add_values(instant);
    return Describe(request)->window_executions_size() == 1;
  };
  EXPECT_TRUE(is_listed("ExecutedAfter", "2023-11-14T23:13:20.000999Z"));
  EXPECT_FALSE(is_listed("ExecutedAfter", "2023-11-14T23:13:20.001Z"));
  EXPECT_FALSE(is_listed("ExecutedBefore", "2023-11-14T23:13:20.001Z"));
  EXPECT_TRUE(is_listed("ExecutedBefore", "2023-11-14T23:13:20.0010001Z"));
  EXPECT_TRUE(is_listed("ExecutedBefore", "2023-11-14T23:13:20.002Z"));
}

TEST_F(ExecutionsTest, FiltersThatMeanNothingAreRefused) {
  window_ = world_.CreateWindow();
  auto request = DescribeRequest();
  v1::MaintenanceWindowFilter& filter = *request.add_filters();
  filter.set_key("ExecutedBefore");
  filter.add_values("yesterday");
  EXPECT_EQ(Error(Describe(request).status()).rfind("INVALID_ARGUMENT: DateTime yesterday is", 0),
            0u);
  filter.add_values("2023-11-14T23:13:20Z");
  EXPECT_EQ(Error(Describe(request).status()),
            "INVALID_ARGUMENT: The filter ExecutedBefore takes exactly one date-time, not 2.");
  filter.set_key("Status");
  EXPECT_EQ(Error(Describe(request).status()),
            "INVALID_ARGUMENT: The filter key Status is not valid. Valid filter keys are "
            "ExecutedBefore and ExecutedAfter.");
}

TEST_F(ExecutionsTest, OfAnUnknownWindowThereAreNone) {
  EXPECT_TRUE(world_.Executions(kNoWindow).empty());
}

TEST_F(ExecutionsTest, UnknownIdsDoNotExist) {
  const std::string missing = std::string(kNoUuid) + " does not exist";
  EXPECT_EQ(Cancel(kNoUuid), "NOT_FOUND: Maintenance window execution " + missing);
  v1::GetMaintenanceWindowExecutionRequest get;
  get.set_window_execution_id(kNoUuid);
  EXPECT_EQ(Error(world_.engine->GetMaintenanceWindowExecution(world_.context, get).status()),
            "NOT_FOUND: Maintenance window execution " + missing);
  v1::GetMaintenanceWindowExecutionTaskRequest task;
  task.set_window_execution_id(Open());
  task.set_task_id(kNoUuid);
  EXPECT_EQ(Error(world_.engine->GetMaintenanceWindowExecutionTask(world_.context, task).status()),
            "NOT_FOUND: Maintenance window execution task " + missing + " in execution " +
                task.window_execution_id());
}

TEST_F(ExecutionsTest, AnIdInUpperCaseIsTheSame) {
  std::string id = Open();
  for (char& c : id) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(Get(id).status(), "IN_PROGRESS");
  EXPECT_EQ(Cancel(id), "OK");
}

TEST_F(ExecutionsTest, CancelledSaysWhoWhenAndWhatItMet) {
  const std::string id = Open("10");
  EXPECT_EQ(Cancel(id, {.policy = CancelPolicy::kInvocation, .reason = "wrong day"}), "OK");
  EXPECT_EQ(Get(id).status(), "CANCELLING");
  EXPECT_EQ(Get(id).status_details(),
            "Cancelled by AKIATEST at 2023-11-14T23:13:20Z: 9 queued invocations cancelled, 1 in "
            "flight left to drain. Reason: wrong day");
  EXPECT_EQ(Cancel(id), "OK");
  EXPECT_EQ(Cancel(id, {.policy = CancelPolicy::kStop}), "OK");
  EXPECT_EQ(Get(id).status_details(),
            "Cancelled by AKIATEST at 2023-11-14T23:13:20Z: 9 queued invocations cancelled, 1 in "
            "flight asked to stop. Reason: wrong day");
  Drain();
  EXPECT_EQ(Get(id).status(), "CANCELLED");
  EXPECT_EQ(Cancel(id), "OK") << "of one that has ended";
  EXPECT_EQ(world_.runner.nodes.size(), 1u);
}

TEST_F(ExecutionsTest, CancelledByTaskGoesOnOverAllTargetsAndStartsNoOtherTask) {
  window_ = world_.CreateWindow();
  for (const int priority : {1, 2}) {
    auto task = world_.TaskRequest(window_);
    task.set_priority(priority);
    world_.RegisterTask(task);
  }
  world_.Advance(absl::Hours(1));
  const std::string id = world_.Executions(window_).at(0).window_execution_id();
  EXPECT_EQ(Cancel(id), "OK");
  Drain();
  EXPECT_EQ(world_.runner.nodes.size(), 3u);
  EXPECT_EQ(world_.Tasks(id)[0].status(), "SUCCESS");
  EXPECT_EQ(world_.Tasks(id)[1].status(), "CANCELLED");
  EXPECT_EQ(Get(id).status(), "CANCELLED");
}

TEST_F(ExecutionsTest, CancelledByStopAsksTheRunner) {
  const std::string id = Open();
  EXPECT_EQ(Cancel(id, {.policy = CancelPolicy::kStop}), "OK");
  world_.Settle();
  EXPECT_FALSE(world_.runner.stops.empty());
}

TEST_F(ExecutionsTest, DetailsAreCutBetweenCharacters) {
  world_.context.principal = std::string(70, 'p');
  std::string reason;
  while (reason.size() + 3 <= kMaxCancelReasonBytes) reason += "\xE2\x82\xAC";
  for (const std::string& shift : {std::string(), std::string("a"), std::string("ab")}) {
    const std::string id = Open();
    ASSERT_EQ(Cancel(id, {.policy = CancelPolicy::kInvocation, .reason = shift + reason}), "OK");
    const std::string details = Get(id).status_details();
    EXPECT_LE(details.size(), 250u);
    EXPECT_GE(details.size(), 248u);
    EXPECT_EQ(details.substr(details.size() - 3), "\xE2\x82\xAC");
    Drain();
  }
}

TEST_F(ExecutionsTest, AReasonThatIsTooLongIsRefused) {
  const std::string id = Open();
  EXPECT_EQ(Cancel(id, {.reason = std::string(129, 'r')}),
            "INVALID_ARGUMENT: The reason has 129 bytes; it must have 128 at most.");
  EXPECT_EQ(Get(id).status(), "IN_PROGRESS");
}

TEST_F(ExecutionsTest, TheTaskShowsItsNodesAndLimits) {
  const std::string id = Open();
  v1::GetMaintenanceWindowExecutionTaskRequest request;
  request.set_window_execution_id(id);
  request.set_task_id(world_.Tasks(id).at(0).task_execution_id());
  const auto task = world_.engine->GetMaintenanceWindowExecutionTask(world_.context, request);
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->task_arn(), "AWS-RunShellScript");
  EXPECT_EQ(task->type(), "RUN_COMMAND");
  EXPECT_EQ(task->max_concurrency(), "1");
  EXPECT_EQ(task->max_errors(), "0");
  EXPECT_EQ(task->task_parameters(0).parameters().at("aws:InstanceId").values_size(), 3);
}

TEST_F(ExecutionsTest, TheListOfTasksIsFilteredByStatus) {
  const std::string id = Open();
  v1::DescribeMaintenanceWindowExecutionTasksRequest request;
  request.set_window_execution_id(id);
  v1::MaintenanceWindowFilter& filter = *request.add_filters();
  filter.set_key("STATUS");
  const auto count = [&](const std::vector<std::string>& values) {
    filter.clear_values();
    for (const std::string& value : values) filter.add_values(value);
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTasks(world_.context, request);
    return page.ok() ? page->window_execution_task_identities_size() : -1;
  };
  EXPECT_EQ(count({"IN_PROGRESS"}), 1);
  EXPECT_EQ(count({"SUCCESS"}), 0);
  EXPECT_EQ(count({"SUCCESS", "IN_PROGRESS"}), 1);
  EXPECT_EQ(count({"in_progress"}), -1);
  EXPECT_EQ(count({}), -1);
}

}  // namespace
}  // namespace lull
