// Whatever a task was registered with is shown by every operation that has a place for it, and
// lists go on where a page ended.
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

constexpr char kCommand[] =
    "service_role_arn: 'arn:task' alarm_configuration { alarms { name: 'disk' } } "
    "task_invocation_parameters { run_command { "
    "  comment: 'patch' service_role_arn: 'arn:command' timeout_seconds: 60 "
    "  output_s3_bucket_name: 'logs' output_s3_key_prefix: 'patches' "
    "  notification_config { notification_type: 'Command' } "
    "  cloud_watch_output_config { cloud_watch_output_enabled: true } "
    "  parameters { key: 'commands' value { values: 'a' values: 'b' } } "
    "  parameters { key: 'workingDirectory' value { values: '/' } } } }";

constexpr char kAutomation[] =
    "task_arn: 'doc' task_type: 'AUTOMATION' task_invocation_parameters { automation { "
    "  parameters { key: 'Image' value { values: 'x' } } } }";

class ShownTest : public RegisteringTest {
 protected:
  /// Registers a task that runs a command, with these members beside.
  void RegisterCommand(const std::string& members) {
    auto request = TaskRequest();
    request.MergeFrom(Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(members));
    Made(request);
  }
  void Open() {
    world_.Advance(absl::Hours(1));
    execution_ = world_.Executions(window_).at(0).window_execution_id();
    task_ = world_.Tasks(execution_).at(0).task_execution_id();
  }
  template <class Response, class Request>
  Response Get(const std::string& members) {
    const auto response = world_.engine->Call(world_.context, Parse<Request>(members));
    EXPECT_TRUE(response.ok()) << response.status();
    Response copy;
    if (response.ok()) copy.CopyFrom(**response);
    return copy;
  }
  v1::GetMaintenanceWindowExecutionTaskResponse ExecutionTask() {
    return Get<v1::GetMaintenanceWindowExecutionTaskResponse,
               v1::GetMaintenanceWindowExecutionTaskRequest>(
        absl::StrCat("window_execution_id: '", execution_, "' task_id: '", task_, "'"));
  }
  /// The text of the first invocation's Parameters.
  std::string InvocationParameters() {
    const auto page = Get<v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse,
                          v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest>(
        absl::StrCat("window_execution_id: '", execution_, "' task_id: '", task_, "'"));
    return page.window_execution_task_invocation_identities(0).parameters();
  }

  std::string execution_;
  std::string task_;
};

TEST_F(ShownTest, ACommandWithAllThatItWasGiven) {
  RegisterCommand(kCommand);
  Open();
  const auto command = Get<v1::ListCommandsResponse, v1::ListCommandsRequest>("").commands(0);
  EXPECT_EQ(command.service_role(), "arn:command");
  EXPECT_EQ(command.comment(), "patch");
  EXPECT_EQ(command.timeout_seconds(), 60);
  EXPECT_EQ(command.output_s3_bucket_name(), "logs");
  EXPECT_EQ(command.output_s3_key_prefix(), "patches");
  EXPECT_EQ(command.notification_config().notification_type(), "Command");
  EXPECT_TRUE(command.cloud_watch_output_config().cloud_watch_output_enabled());
  EXPECT_EQ(command.alarm_configuration().alarms(0).name(), "disk");
  EXPECT_EQ(command.parameters().at("commands").values_size(), 2);

  const auto invocation =
      Get<v1::ListCommandInvocationsResponse, v1::ListCommandInvocationsRequest>("")
          .command_invocations(0);
  EXPECT_EQ(invocation.service_role(), "arn:command");
  EXPECT_EQ(invocation.notification_config().notification_type(), "Command");
  EXPECT_TRUE(invocation.cloud_watch_output_config().cloud_watch_output_enabled());

  const auto task = ExecutionTask();
  EXPECT_EQ(task.service_role(), "arn:task");
  EXPECT_EQ(task.alarm_configuration().alarms(0).name(), "disk");
  const auto& parameters = task.task_parameters(0).parameters();
  EXPECT_EQ(parameters.at("commands").values(1), "b");
  EXPECT_EQ(parameters.at("aws:InstanceId").values(0), "3");
  EXPECT_EQ(world_.Tasks(execution_).at(0).alarm_configuration().alarms(0).name(), "disk");
  EXPECT_EQ(InvocationParameters(),
            "{\"comment\":\"patch\",\"documentName\":\"AWS-RunShellScript\",\"instanceIds\":"
            "[\"3\"],\"maxConcurrency\":\"1\",\"maxErrors\":\"0\",\"parameters\":"
            "{\"commands\":[\"a\",\"b\"],\"workingDirectory\":[\"/\"]},\"timeoutSeconds\":60}");
}

TEST_F(ShownTest, ACommandWithoutARoleOfItsOwnHasItsTasks) {
  RegisterCommand("service_role_arn: 'arn:task'");
  Open();
  const auto list = Get<v1::ListCommandsResponse, v1::ListCommandsRequest>("");
  EXPECT_EQ(list.commands(0).service_role(), "arn:task");
}

TEST_F(ShownTest, AnAutomationWithoutTargetsAndItsParameters) {
  auto request = Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(kAutomation);
  request.set_window_id(window_);
  Made(request);
  Open();
  const auto task = ExecutionTask();
  EXPECT_EQ(task.task_parameters(0).parameters().at("Image").values(0), "x");
  const std::string text = InvocationParameters();
  EXPECT_NE(text.find("\"instanceIds\":[]"), std::string::npos) << text;
  EXPECT_NE(text.find("\"parameters\":{\"Image\":[\"x\"]}"), std::string::npos) << text;
}

TEST_F(ShownTest, TasksOfAnExecutionPageByPage) {
  for (int i = 0; i < 12; ++i) Made(TaskRequest());
  Open();
  std::set<std::string> ids;
  std::string token;
  for (const int rows : {10, 2}) {
    v1::DescribeMaintenanceWindowExecutionTasksRequest request;
    request.set_window_execution_id(execution_);
    request.set_max_results(10);
    request.set_next_token(token);
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTasks(world_.context, request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->window_execution_task_identities_size(), rows);
    for (const auto& row : page->window_execution_task_identities()) {
      ids.insert(row.task_execution_id());
    }
    token = page->next_token();
  }
  EXPECT_EQ(ids.size(), 12u);
  EXPECT_EQ(token, "");
}

TEST_F(ShownTest, CommandsBehindMoreOtherTasksThanOneCallReadsAreOnTheNextPage) {
  UseLimits({.windows = kNoLimit, .tasks_per_window = kNoLimit});
  Made(TaskRequest());
  auto other = Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(kAutomation);
  other.set_window_id(window_);
  for (int i = 0; i < 260; ++i) Made(other);
  Open();
  v1::ListCommandsRequest commands;
  v1::ListCommandInvocationsRequest invocations;
  for (const int rows : {0, 1}) {
    const auto page = world_.engine->ListCommands(world_.context, commands);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->commands_size(), rows);
    EXPECT_EQ(page->next_token().empty(), rows == 1);
    commands.set_next_token(page->next_token());
    const auto of_all = world_.engine->ListCommandInvocations(world_.context, invocations);
    ASSERT_TRUE(of_all.ok()) << of_all.status();
    EXPECT_EQ(of_all->command_invocations_size(), rows);
    EXPECT_EQ(of_all->next_token().empty(), rows == 1);
    invocations.set_next_token(of_all->next_token());
  }
}

TEST_F(ShownTest, ATaskWhoseStoredParametersCantBeReadIsToldOfNotShown) {
  const std::string id = Made(TaskRequest());
  Open();
  WindowTask task = world_.store.definitions().GetTask(WindowTaskId(id))->value();
  task.payload = "\xFF";
  const std::int64_t version = task.version++;
  ASSERT_TRUE(world_.store.Commit({UpdateTask{task, version, {}}}).ok());
  const std::string expected = "INTERNAL: the stored parameters of task " + id + " can't be read";
  const auto error = [&](const auto& request) {
    return Error(world_.engine->Call(world_.context, request).status());
  };
  const std::string text = In("window_task_id", id);
  EXPECT_EQ(error(Parse<v1::GetMaintenanceWindowTaskRequest>(text)), expected);
  EXPECT_EQ(error(Parse<v1::UpdateMaintenanceWindowTaskRequest>(text + "name: 'another'")),
            expected);
  v1::DescribeMaintenanceWindowTasksRequest list;
  list.set_window_id(window_);
  EXPECT_EQ(error(list), expected);

  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  Open();  // a task execution of it
  EXPECT_EQ(error(Parse<v1::GetMaintenanceWindowExecutionTaskRequest>(
                absl::StrCat("window_execution_id: '", execution_, "' task_id: '", task_, "'"))),
            "INTERNAL: the stored parameters of the task can't be read");
}

TEST_F(ShownTest, OutputThatCantBeReadIsAnErrorNotAnEmptyText) {
  Made(TaskRequest());
  Open();
  world_.runner.unreadable = true;
  v1::GetCommandInvocationRequest request;
  request.set_command_id(task_);
  request.set_instance_id("3");
  EXPECT_EQ(Error(world_.engine->GetCommandInvocation(world_.context, request).status()),
            "UNAVAILABLE: what an invocation printed can't be read: planted");
  v1::ListCommandInvocationsRequest list;
  list.set_details(true);
  EXPECT_EQ(Error(world_.engine->ListCommandInvocations(world_.context, list).status()),
            "UNAVAILABLE: what an invocation printed can't be read: planted");
}

}  // namespace
}  // namespace lull
