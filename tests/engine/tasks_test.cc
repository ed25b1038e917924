// Registered tasks after their registration (spec A.13 to A.16): what Get shows, updates, lists,
// the limit; and the bounds of a registration's members (spec A.12, E.2).
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

constexpr char kDefaultRole[] =
    "arn:aws:iam::000000000000:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM";

class TasksTest : public RegisteringTest {
 protected:
  std::string Update(const std::string& text,
                     v1::UpdateMaintenanceWindowTaskResponse* response = nullptr) {
    const auto updated = world_.engine->UpdateMaintenanceWindowTask(
        world_.context, Parse<v1::UpdateMaintenanceWindowTaskRequest>(text));
    if (updated.ok() && response != nullptr) *response = *updated;
    return Error(updated.status());
  }
  absl::StatusOr<v1::GetMaintenanceWindowTaskResponse> TryGet(const std::string& text) {
    return world_.engine->GetMaintenanceWindowTask(
        world_.context, Parse<v1::GetMaintenanceWindowTaskRequest>(text));
  }
  v1::GetMaintenanceWindowTaskResponse Get(const std::string& id) {
    const auto response = TryGet(Of(id));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetMaintenanceWindowTaskResponse();
  }
  std::string Deregister(const std::string& text) {
    return Error(
        world_.engine
            ->DeregisterTaskFromMaintenanceWindow(
                world_.context, Parse<v1::DeregisterTaskFromMaintenanceWindowRequest>(text))
            .status());
  }
  absl::StatusOr<v1::DescribeMaintenanceWindowTasksResponse> Describe(const std::string& text) {
    return world_.engine->DescribeMaintenanceWindowTasks(
        world_.context, Parse<v1::DescribeMaintenanceWindowTasksRequest>(text));
  }
  std::string Of(const std::string& id) const { return In("window_task_id", id); }
  v1::RegisterTaskWithMaintenanceWindowRequest Automation() const {
    auto request = TaskRequest();
    request.set_task_type("AUTOMATION");
    request.clear_targets();
    request.clear_max_concurrency();
    request.clear_max_errors();
    return request;
  }
  /// With every member that a command may have.
  v1::RegisterTaskWithMaintenanceWindowRequest Full() const {
    auto request = Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(R"(
        task_arn: 'AWS-RunShellScript' task_type: 'RUN_COMMAND' priority: 7
        targets { key: 'InstanceIds' values: 'i-1' values: 'i-2' }
        max_concurrency: '50%' max_errors: '1' service_role_arn: 'arn:aws:iam::1:role/r'
        name: 'patch' description: 'all' cutoff_behavior: 'CANCEL_TASK'
        logging_info { s3_bucket_name: 'bucket' s3_region: 'us-east-1' s3_key_prefix: 'p' }
        alarm_configuration { alarms { name: 'alarm' } ignore_poll_alarm_failure: true }
        task_parameters { parameters { key: 'old' value { values: 'style' } } }
        task_invocation_parameters { run_command {
          comment: '' timeout_seconds: 600
          parameters { key: 'commands' value { values: 'df' values: '' } } } })");
    request.set_window_id(window_);
    return request;
  }
  std::string RegisterWith(v1::RegisterTaskWithMaintenanceWindowRequest request,
                           const std::string& more) {
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(more, &request)) << more;
    return Register(request);
  }
};

TEST_F(TasksTest, GetShowsEveryMemberAsItWasGiven) {
  const auto request = Full();
  const std::string id = Made(request);
  const auto task = Get(id);
  EXPECT_EQ(task.window_id(), window_);
  EXPECT_EQ(task.window_task_id(), id);
  EXPECT_EQ(Text(task.targets()), "InstanceIds=i-1,i-2, ");
  EXPECT_EQ(task.task_arn(), "AWS-RunShellScript");
  EXPECT_EQ(task.service_role_arn(), "arn:aws:iam::1:role/r");
  EXPECT_EQ(task.task_type(), "RUN_COMMAND");
  EXPECT_EQ(task.priority(), 7);
  EXPECT_EQ(task.max_concurrency(), "50%");
  EXPECT_EQ(task.max_errors(), "1");
  EXPECT_EQ(task.name(), "patch");
  EXPECT_EQ(task.description(), "all");
  EXPECT_EQ(task.cutoff_behavior(), "CANCEL_TASK");
  EXPECT_EQ(task.logging_info().DebugString(), request.logging_info().DebugString());
  EXPECT_EQ(task.alarm_configuration().DebugString(), request.alarm_configuration().DebugString());
  EXPECT_EQ(task.task_parameters().DebugString(), request.task_parameters().DebugString());
  EXPECT_EQ(task.task_invocation_parameters().DebugString(),
            request.task_invocation_parameters().DebugString());
}

TEST_F(TasksTest, WhatWasLeftOutHasItsDefaultOrIsAbsent) {
  const auto task = Get(Made(Automation()));
  EXPECT_EQ(task.targets_size(), 0);
  EXPECT_EQ(task.max_concurrency(), "1");
  EXPECT_EQ(task.max_errors(), "1");
  EXPECT_TRUE(task.has_priority());
  EXPECT_EQ(task.priority(), 0);
  EXPECT_EQ(task.service_role_arn(), kDefaultRole);
  EXPECT_TRUE(task.has_task_parameters()) << "{} on the wire";
  EXPECT_TRUE(task.task_parameters().parameters().empty());
  EXPECT_FALSE(task.has_task_invocation_parameters());
  EXPECT_FALSE(task.has_logging_info());
  EXPECT_FALSE(task.has_alarm_configuration());
  EXPECT_FALSE(task.has_cutoff_behavior());
  EXPECT_FALSE(task.has_name());
  EXPECT_FALSE(task.has_description());
}

TEST_F(TasksTest, WhatTheWindowLacksDoesNotExist) {
  const std::string missing = std::string("NOT_FOUND: Maintenance window task ") + kNoUuid +
                              " does not exist in window " + window_;
  EXPECT_EQ(Error(TryGet(Of(kNoUuid)).status()), missing);
  EXPECT_EQ(Update(Of(kNoUuid)), missing);
  EXPECT_EQ(Deregister(Of(kNoUuid)), missing);
  const std::string other = Made(world_.TaskRequest(world_.CreateWindow()));
  const std::string not_here =
      "NOT_FOUND: Maintenance window task " + other + " does not exist in window " + window_;
  EXPECT_EQ(Error(TryGet(Of(other)).status()), not_here);
  EXPECT_EQ(Update(Of(other)), not_here);
  EXPECT_EQ(Deregister(Of(other)), not_here);
  const std::string no_window =
      std::string("window_id: '") + kNoWindow + "' window_task_id: '" + other + "'";
  EXPECT_EQ(Error(TryGet(no_window).status()), kNoSuchWindow);
  EXPECT_EQ(Update(no_window), kNoSuchWindow);
  EXPECT_EQ(Deregister(no_window), kNoSuchWindow);
  EXPECT_EQ(Error(Describe(std::string("window_id: '") + kNoWindow + "'").status()), kNoSuchWindow);
}

TEST_F(TasksTest, IdsAreTakenInEitherCase) {
  const std::string id = Made(TaskRequest());
  std::string upper = id;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  ASSERT_NE(upper, id);
  EXPECT_EQ(Get(upper).window_task_id(), id);
  EXPECT_EQ(Update(Of(upper) + "name: 'renamed'"), "OK");
  EXPECT_EQ(Describe("window_id: '" + window_ + "' filters { key: 'WindowTaskId' values: '" +
                     upper + "' }")
                ->tasks_size(),
            1);
  EXPECT_EQ(Deregister(Of(upper)), "OK");
}

TEST_F(TasksTest, AnUpdateChangesWhatItNamesAndAnswersWithTheWhole) {
  const std::string id = Made(Full());
  auto expected = Get(id);
  v1::UpdateMaintenanceWindowTaskResponse response;
  ASSERT_EQ(
      Update(Of(id) + "priority: 1 cutoff_behavior: 'CONTINUE_TASK' task_arn: 'other'", &response),
      "OK");
  expected.set_priority(1);
  expected.set_cutoff_behavior("CONTINUE_TASK");
  expected.set_task_arn("other");
  EXPECT_EQ(Get(id).DebugString(), expected.DebugString());
  expected.clear_task_type();  // the response has none
  EXPECT_EQ(response.DebugString(), expected.DebugString());
}

TEST_F(TasksTest, ParametersAreReplacedNotMerged) {
  const std::string id = Made(Full());
  ASSERT_EQ(Update(Of(id) + "task_invocation_parameters { run_command { document_version: '1' } }"),
            "OK");
  const auto parameters = Get(id).task_invocation_parameters().run_command();
  EXPECT_EQ(parameters.document_version(), "1");
  EXPECT_FALSE(parameters.has_timeout_seconds());
  EXPECT_TRUE(parameters.parameters().empty());
  EXPECT_TRUE(Get(id).has_logging_info()) << "what the update does not name stays";
  ExpectError(Update(Of(id) + "task_invocation_parameters { lambda { qualifier: '1' } }"),
              "*must contain an entry only for the Task Type");
}

TEST_F(TasksTest, ReplaceClearsWhatItLeavesOut) {
  const std::string id = Made(Full());
  ASSERT_EQ(Update(Of(id) + "replace: true task_arn: 'other' max_concurrency: '2' max_errors: '3' "
                            "targets { key: 'InstanceIds' values: 'i-9' }"),
            "OK");
  const auto task = Get(id);
  EXPECT_EQ(task.task_arn(), "other");
  EXPECT_EQ(task.task_type(), "RUN_COMMAND");
  EXPECT_EQ(Text(task.targets()), "InstanceIds=i-9, ");
  EXPECT_EQ(task.max_concurrency(), "2");
  EXPECT_EQ(task.max_errors(), "3");
  EXPECT_EQ(task.priority(), 0);
  EXPECT_EQ(task.service_role_arn(), kDefaultRole);
  EXPECT_TRUE(task.has_task_parameters());
  EXPECT_TRUE(task.task_parameters().parameters().empty());
  EXPECT_FALSE(task.has_task_invocation_parameters());
  EXPECT_FALSE(task.has_logging_info());
  EXPECT_FALSE(task.has_alarm_configuration());
  EXPECT_FALSE(task.has_cutoff_behavior());
  EXPECT_FALSE(task.has_name());
  EXPECT_FALSE(task.has_description());
}

TEST_F(TasksTest, ReplaceNeedsWhatRegisterNeeds) {
  const std::string id = Made(Full());
  const std::string before = Get(id).DebugString();
  EXPECT_EQ(Update(Of(id) + "replace: true"),
            "INVALID_ARGUMENT: 1 validation error detected: Value null at 'taskArn' failed to "
            "satisfy constraint: Member must not be null");
  ExpectError(Update(Of(id) + "replace: true task_arn: 'a'"), "*For Run Command tasks, you must");
  EXPECT_EQ(Update(Of(id) + "replace: true task_arn: 'a' "
                            "targets { key: 'InstanceIds' values: 'i-9' }"),
            "INVALID_ARGUMENT: Max Errors must be a number of at least 0, or a percentage between "
            "0 and 100 Max Concurrency must be a number greater than 0, or a percentage between 1 "
            "and 100");
  EXPECT_EQ(Get(id).DebugString(), before) << "refused, nothing changed";
}

TEST_F(TasksTest, RulesOverSeveralMembersHoldForTheMergedTask) {
  constexpr char kOneNode[] = "targets { key: 'InstanceIds' values: 'i-9' } ";
  const std::string targeted = Made(TaskRequest());
  EXPECT_EQ(Update(Of(targeted) + kOneNode), "OK") << "it has both limits already";
  EXPECT_EQ(Get(targeted).max_concurrency(), "1");
  EXPECT_EQ(Update(Of(targeted) + "max_errors: '5'"), "OK");
  EXPECT_EQ(Get(targeted).max_errors(), "5");

  const std::string targetless = Made(Automation());
  EXPECT_EQ(Update(Of(targetless) + "max_errors: '1'"),
            "INVALID_ARGUMENT: Maintenance window tasks without targets do not support MaxErrors "
            "values.");
  ExpectError(Update(Of(targetless) + kOneNode), "*Max Errors must be a number");
  ExpectError(Update(Of(targetless) + kOneNode + "max_errors: '1'"),
              "INVALID_ARGUMENT: Max Concurrency must be a number greater than 0, or a percentage "
              "between 1 and 100");
  EXPECT_EQ(Update(Of(targetless) + kOneNode + "max_errors: '2' max_concurrency: '3'"), "OK");
  EXPECT_EQ(Get(targetless).max_errors(), "2");
  // Without targets again: the limits go with them.
  EXPECT_EQ(Update(Of(targetless) + "replace: true task_arn: 'a'"), "OK");
  EXPECT_EQ(Get(targetless).targets_size(), 0);
  EXPECT_EQ(Get(targetless).max_errors(), "1");
  EXPECT_EQ(Update(Of(targetless) + "replace: true task_arn: 'a' max_concurrency: '1'"),
            "INVALID_ARGUMENT: Maintenance window tasks without targets do not support "
            "MaxConcurrency values.");
  EXPECT_EQ(Update(Of(targetless) + "cutoff_behavior: 'STOP'")
                .rfind("INVALID_ARGUMENT: 1 validation error detected: ", 0),
            0u);
}

TEST_F(TasksTest, TargetsThatComeWithAnUpdateHaveToExist) {
  const std::string target = Made(TargetRequest());
  const std::string id = MadeTaskOn({{"WindowTargetIds", {target}}});
  const auto naming = [](const std::string& ids) {
    return "targets { key: 'WindowTargetIds' values: '" + ids + "' }";
  };
  EXPECT_EQ(Update(Of(id) + naming(kNoUuid)).rfind("NOT_FOUND: Maintenance window target ", 0), 0u);
  v1::DeregisterTargetFromMaintenanceWindowRequest forced;
  forced.set_window_id(window_);
  forced.set_window_target_id(target);
  ASSERT_TRUE(world_.engine->DeregisterTargetFromMaintenanceWindow(world_.context, forced).ok());
  EXPECT_EQ(Update(Of(id) + "name: 'renamed'"), "OK") << "those that it had may be gone";
  EXPECT_EQ(Update(Of(id) + naming(target)).rfind("NOT_FOUND: Maintenance window target ", 0), 0u);
  ExpectError(Update(Of(id) + "targets { key: 'tag:role' values: 'web' }"),
              "*tag:role is an invalid window task target type");
}

TEST_F(TasksTest, ADeregisteredTaskIsGone) {
  const std::string id = Made(TaskRequest());
  EXPECT_EQ(Deregister(Of(id)), "OK");
  EXPECT_EQ(Error(TryGet(Of(id)).status()).rfind("NOT_FOUND: ", 0), 0u);
  EXPECT_EQ(Deregister(Of(id)).rfind("NOT_FOUND: ", 0), 0u);
}

TEST_F(TasksTest, AnExecutionInProgressKeepsTheTasksThatItOpenedWithAcrossACrashToo) {
  const std::string first = MadeTaskOn({{"InstanceIds", {"i-1", "i-2"}}});
  auto later = TaskRequest();
  later.set_priority(5);
  SetTargets({{"InstanceIds", {"i-later"}}}, later);
  const std::string second = Made(later);
  world_.Advance(absl::Hours(1));
  ASSERT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1"}));
  ASSERT_EQ(Update(Of(first) + "max_concurrency: '9' targets { key: 'InstanceIds' values: 'i-9' }"),
            "OK");
  ASSERT_EQ(Deregister(Of(second)), "OK");
  MadeTaskOn({{"InstanceIds", {"i-new"}}});
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1", "i-2"})) << "one at a time still";
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Restart();  // the report was not stored: i-2 is told to have failed, the window goes on
  world_.Settle();
  ASSERT_EQ(Deregister(Of(first)), "OK");
  const auto executions = world_.Executions(window_);
  ASSERT_EQ(executions.size(), 1u);
  EXPECT_EQ(world_.Tasks(executions[0].window_execution_id()).size(), 2u);
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1", "i-2", "i-later"}));
}

TEST_F(TasksTest, AListShowsTheTypeUnderItsOtherNameAndNoParameters) {
  const std::string id = Made(Full());
  const auto response = Describe("window_id: '" + window_ + "'");
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->tasks_size(), 1);
  const v1::MaintenanceWindowTask& row = response->tasks(0);
  const auto task = Get(id);
  EXPECT_EQ(row.window_id(), window_);
  EXPECT_EQ(row.window_task_id(), id);
  EXPECT_EQ(row.type(), "RUN_COMMAND");
  EXPECT_EQ(row.task_arn(), task.task_arn());
  EXPECT_EQ(Text(row.targets()), Text(task.targets()));
  EXPECT_EQ(row.priority(), 7);
  EXPECT_EQ(row.service_role_arn(), task.service_role_arn());
  EXPECT_EQ(row.max_concurrency(), "50%");
  EXPECT_EQ(row.max_errors(), "1");
  EXPECT_EQ(row.name(), "patch");
  EXPECT_EQ(row.description(), "all");
  EXPECT_EQ(row.cutoff_behavior(), "CANCEL_TASK");
  EXPECT_EQ(row.task_parameters().DebugString(), task.task_parameters().DebugString());
  EXPECT_EQ(row.logging_info().DebugString(), task.logging_info().DebugString());
  EXPECT_EQ(row.alarm_configuration().DebugString(), task.alarm_configuration().DebugString());
}

TEST_F(TasksTest, FiltersMatchAnyOfTheirValuesAndAllOfThem) {
  const std::string full = Made(Full());
  const std::string automation = Made(Automation());
  auto third = TaskRequest();
  third.set_priority(3);
  third.set_task_arn("AWS-RunPatchBaseline");
  const std::string patch = Made(third);
  struct Row {
    std::string filters;
    std::vector<std::string> ids;
  };
  const std::vector<Row> rows = {
      {"", {full, automation, patch}},
      {"filters { key: 'TaskType' values: 'AUTOMATION' }", {automation}},
      {"filters { key: 'TaskType' values: 'AUTOMATION' values: 'RUN_COMMAND' }",
       {full, automation, patch}},
      {"filters { key: 'TaskArn' values: 'AWS-RunPatchBaseline' }", {patch}},
      {"filters { key: 'TaskArn' values: 'AWS-Run' }", {}},
      {"filters { key: 'Priority' values: '3' }", {patch}},
      {"filters { key: 'Priority' values: '03' values: '0' }", {automation, patch}},
      {"filters { key: 'Priority' values: '7' } filters { key: 'TaskType' values: 'RUN_COMMAND' }",
       {full}},
      {"filters { key: 'Priority' values: '7' } filters { key: 'TaskType' values: 'LAMBDA' }", {}},
      {"filters { key: 'WindowTaskId' values: '" + patch + "' }", {patch}}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.filters);
    const auto response = Describe("window_id: '" + window_ + "' " + row.filters);
    ASSERT_TRUE(response.ok()) << response.status();
    std::vector<std::string> ids;
    for (const auto& task : response->tasks()) ids.push_back(task.window_task_id());
    EXPECT_EQ(ids, row.ids);
  }
}

TEST_F(TasksTest, FiltersThatMeanNothingAreRefused) {
  const auto error = [&](const std::string& filters) {
    return Error(Describe("window_id: '" + window_ + "' " + filters).status());
  };
  EXPECT_EQ(error("filters { key: 'Name' values: 'a' }"),
            "INVALID_ARGUMENT: The filter key Name is not valid. Valid filter keys are "
            "WindowTaskId, TaskArn, Priority and TaskType.");
  for (const char* value : {"x", "-1", "+1", "1.5", "99999999999", " 1"}) {
    EXPECT_EQ(error(std::string("filters { key: 'Priority' values: '") + value + "' }"),
              std::string("INVALID_ARGUMENT: The value ") + value +
                  " of filter Priority is not valid. Use a whole number of at least 0.");
  }
  EXPECT_EQ(error("filters { key: 'TaskType' values: 'run_command' }"),
            "INVALID_ARGUMENT: The value run_command of filter TaskType is not valid. Use "
            "RUN_COMMAND, AUTOMATION, STEP_FUNCTIONS or LAMBDA.");
}

TEST_F(TasksTest, PagesFollowTheOrderOfRegistrationThoughTasksGoBetween) {
  UseLimits({.tasks_per_window = 100});
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i) ids.push_back(Made(TaskRequest()));
  std::vector<std::string> seen;
  const auto page = [&](const std::string& token) {
    const auto response =
        Describe("window_id: '" + window_ + "' max_results: 10 next_token: '" + token + "'");
    EXPECT_TRUE(response.ok()) << response.status();
    for (const auto& task : response->tasks()) seen.push_back(task.window_task_id());
    return response->next_token();
  };
  const std::string second = page("");
  ASSERT_EQ(Deregister(Of(ids[9])), "OK");
  ASSERT_EQ(Deregister(Of(ids[12])), "OK");
  EXPECT_TRUE(page(page(second)).empty());
  ids.erase(ids.begin() + 12);
  EXPECT_EQ(seen, ids);
}

TEST_F(TasksTest, NoMoreAreRegisteredThanTheLimitSays) {
  UseLimits({.tasks_per_window = 2});
  auto first = TaskRequest();
  first.set_client_token("token");
  const std::string id = Made(first);
  Made(TaskRequest());
  EXPECT_EQ(Register(TaskRequest()),
            "RESOURCE_EXHAUSTED: The limit of 2 tasks of a maintenance window is reached. "
            "Deregister one, or raise the limit: lull serve --max-tasks-per-window, or "
            "Limits::tasks_per_window of the library.");
  EXPECT_EQ(Made(first), id) << "a repeated request makes nothing";
  Made(world_.TaskRequest(world_.CreateWindow()));
  ASSERT_EQ(Deregister(Of(id)), "OK");
  Made(TaskRequest());
}

TEST_F(TasksTest, The21stTaskIsRefused) {
  for (int i = 0; i < 20; ++i) Made(TaskRequest());
  EXPECT_EQ(Register(TaskRequest()).rfind("RESOURCE_EXHAUSTED: The limit of 20 tasks", 0), 0u);
}

TEST_F(TasksTest, LimitsOfARegistrationAreNumbersOrPercentages) {
  struct Row {
    const char* value;
    bool is_concurrency;
    bool is_errors;
  };
  const Row rows[] = {{"0", false, true},         {"0%", false, true},  {"100%", true, true},
                      {"101%", false, false},     {"1%", true, true},   {"01", false, false},
                      {"10 %", false, false},     {"-1", false, false}, {"9999999", true, true},
                      {"99999999", false, false}, {"", false, false}};
  UseLimits({.tasks_per_window = kNoLimit});
  for (const Row& row : rows) {
    SCOPED_TRACE(row.value);
    auto concurrency = TaskRequest();
    concurrency.set_max_concurrency(row.value);
    EXPECT_EQ(Register(concurrency) == "OK", row.is_concurrency);
    auto errors = TaskRequest();
    errors.set_max_errors(row.value);
    EXPECT_EQ(Register(errors) == "OK", row.is_errors);
  }
}

TEST_F(TasksTest, PrioritiesAreWholeNumbersFromZero) {
  auto request = TaskRequest();
  request.set_priority(2147483647);
  EXPECT_EQ(Get(Made(request)).priority(), 2147483647);
  request.set_priority(0);
  EXPECT_EQ(Register(request), "OK");
  request.set_priority(-1);
  ExpectError(Register(request), "*Member must have value greater than or equal to 0");
}

TEST_F(TasksTest, ParametersKeepToTheirBounds) {
  UseLimits({.tasks_per_window = kNoLimit});
  const auto command = [&](const std::string& members) {
    return RegisterWith(TaskRequest(),
                        "task_invocation_parameters { run_command { " + members + " } }");
  };
  ExpectError(command("timeout_seconds: 29"), "*greater than or equal to 30");
  EXPECT_EQ(command("timeout_seconds: 30"), "OK");
  EXPECT_EQ(command("timeout_seconds: 2592000"), "OK");
  ExpectError(command("timeout_seconds: 2592001"), "*less than or equal to 2592000");
  EXPECT_EQ(command("document_version: '$LATEST'"), "OK");
  ExpectError(command("document_version: '0'"), "*documentVersion");
  ExpectError(command("notification_config { notification_events: 'FAILURE' }"), "*enum value set");
  const auto automation = [&](int parameters) {
    auto request = Automation();
    auto& map = *request.mutable_task_invocation_parameters()->mutable_automation();
    for (int i = 0; i < parameters; ++i) {
      (*map.mutable_parameters())["p" + std::to_string(i)].add_values("v");
    }
    return Register(request);
  };
  EXPECT_EQ(automation(200), "OK");
  ExpectError(automation(201), "*less than or equal to 200");
  const auto lambda = [&](std::size_t bytes) {
    auto request = Automation();
    request.set_task_type("LAMBDA");
    request.mutable_task_invocation_parameters()->mutable_lambda()->set_payload(
        std::string(bytes, '\xFF'));
    return Register(request);
  };
  EXPECT_EQ(lambda(4096), "OK");
  ExpectError(lambda(4097), "*less than or equal to 4096");
  const auto steps = [&](std::size_t bytes) {
    auto request = Automation();
    request.set_task_type("STEP_FUNCTIONS");
    request.mutable_task_invocation_parameters()->mutable_step_functions()->set_input(
        std::string(bytes, 'x'));
    return Register(request);
  };
  EXPECT_EQ(steps(4096), "OK");
  ExpectError(steps(4097), "*less than or equal to 4096");
  // Of two types at once, and an empty one.
  ExpectError(command("} automation { document_version: '1'"), "*only for the Task Type");
  EXPECT_EQ(RegisterWith(TaskRequest(), "task_invocation_parameters { }"), "OK");
}

TEST_F(TasksTest, NodesThatAreNotRegisteredAreTakenThoughTheWindowAllowsNone) {
  auto window = world_.WindowRequest();
  window.set_allow_unassociated_targets(false);
  EXPECT_EQ(Register(world_.TaskRequest(world_.CreateWindow(window))), "OK");
}

}  // namespace
}  // namespace lull
