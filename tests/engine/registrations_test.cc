// Registering targets (spec A.8) and tasks (spec A.12) with a window: what is accepted, and the
// sentences of what is not.
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

constexpr char kForms[] =
    "INVALID_ARGUMENT: Targets must be specified in one of the following formats: 1) 1 target with "
    "\"Key=InstanceIds\" and \"Values=\" a list of up to 50 instance IDs, or 2) Up to 5 targets, "
    "each of which can be either \"Key=tag:<key>,Values=<tag_values>\" or "
    "\"Key=tag-key,Values=<tag_keys>\", and each with up to 5 unique tag keys/values.";
constexpr char kMismatch[] =
    "INVALID_ARGUMENT: Target Type does not match with the provided target.";
constexpr char kNeedsTargets[] =
    "For Run Command tasks, you must specify at least one resource as the target of the task. You "
    "can specify between 1 and 50 instance IDs, or between 1 and 10 maintenance window target IDs.";

constexpr char kNoName[] =
    "INVALID_ARGUMENT: A value of target InstanceIds has 0 bytes; it must have 1 to 256.";
constexpr char kLongName[] =
    "INVALID_ARGUMENT: A value of target InstanceIds has 257 bytes; it must have 1 to 256.";
constexpr char kTooMany[] = "*Member must have length less than or equal to 50";

class RegistrationsTest : public RegisteringTest {};

TEST_F(RegistrationsTest, TargetsOfEachFormAreAcceptedTheOthersToldWhy) {
  struct Row {
    const char* label;
    const char* type;
    Selectors selectors;
    std::string error;
  };
  const std::vector<Row> rows = {
      {"one node", "INSTANCE", {{"InstanceIds", {"i-1"}}}, "OK"},
      {"50 nodes", "INSTANCE", {{"InstanceIds", Many(50)}}, "OK"},
      {"51 nodes: the list is too long for the API's shape",
       "INSTANCE",
       {{"InstanceIds", Many(51)}},
       kTooMany},
      {"tags", "INSTANCE", {{"tag:role", {"web", "db"}}, {"tag-key", {"a"}}}, "OK"},
      {"5 values of a tag, one twice",
       "INSTANCE",
       {{"tag:role", {"1", "2", "3", "4", "5", "5"}}},
       "OK"},
      {"6 values of a tag", "INSTANCE", {{"tag:role", {"1", "2", "3", "4", "5", "6"}}}, kForms},
      {"a tag without a name", "INSTANCE", {{"tag:", {"x"}}}, kForms},
      {"the key in another case", "INSTANCE", {{"instanceids", {"i-1"}}}, kForms},
      {"nodes and tags", "INSTANCE", {{"InstanceIds", {"i-1"}}, {"tag:role", {"web"}}}, kForms},
      {"nodes twice", "INSTANCE", {{"InstanceIds", {"i-1"}}, {"InstanceIds", {"i-2"}}}, kForms},
      {"a group as INSTANCE", "INSTANCE", {{"resource-groups:Name", {"g"}}}, kMismatch},
      {"no values",
       "INSTANCE",
       {{"tag:Patch Group", {}}},
       "INVALID_ARGUMENT: Please specify at least one target.  Filter values can't be null and "
       "tag:Patch Group is."},
      {"no targets: the API's shape needs some",
       "INSTANCE",
       {},
       "INVALID_ARGUMENT: 1 validation error detected: Value null at 'targets' failed to satisfy "
       "constraint: Member must not be null"},
      {"a group", "RESOURCE_GROUP", {{"resource-groups:Name", {"g"}}}, "OK"},
      {"a group with types",
       "RESOURCE_GROUP",
       {{"resource-groups:Name", {"g"}}, {"resource-groups:ResourceTypeFilters", {"AWS::X::Y"}}},
       "OK"},
      {"two groups",
       "RESOURCE_GROUP",
       {{"resource-groups:Name", {"g"}}, {"resource-groups:Name", {"h"}}},
       "*"},
      {"two groups in one", "RESOURCE_GROUP", {{"resource-groups:Name", {"g", "h"}}}, "*"},
      {"types twice",
       "RESOURCE_GROUP",
       {{"resource-groups:Name", {"g"}},
        {"resource-groups:ResourceTypeFilters", {"AWS::X::Y"}},
        {"resource-groups:ResourceTypeFilters", {"AWS::X::Z"}}},
       "*at most one"},
      {"6 types",
       "RESOURCE_GROUP",
       {{"resource-groups:Name", {"g"}},
        {"resource-groups:ResourceTypeFilters", {"1", "2", "3", "4", "5", "6"}}},
       "*up to 5 resource types"},
      {"6 targets: the list is too long for the API's shape",
       "INSTANCE",
       {{"tag:1", {"a"}},
        {"tag:2", {"a"}},
        {"tag:3", {"a"}},
        {"tag:4", {"a"}},
        {"tag:5", {"a"}},
        {"tag:6", {"a"}}},
       "*Member must have length less than or equal to 5"},
      {"a node twice", "INSTANCE", {{"InstanceIds", {"i-1", "i-1"}}}, "OK"},
      {"types without a group",
       "RESOURCE_GROUP",
       {{"resource-groups:ResourceTypeFilters", {"AWS::X::Y"}}},
       "*"},
      {"nodes as RESOURCE_GROUP", "RESOURCE_GROUP", {{"InstanceIds", {"i-1"}}}, kMismatch},
      {"tags as RESOURCE_GROUP", "RESOURCE_GROUP", {{"tag:role", {"web"}}}, kMismatch},
      {"an empty value", "INSTANCE", {{"InstanceIds", {""}}}, kNoName},
      {"a value that a row just holds",
       "INSTANCE",
       {{"InstanceIds", {std::string(256, 'i')}}},
       "OK"},
      {"a value that no row holds",
       "INSTANCE",
       {{"InstanceIds", {std::string(257, 'i')}}},
       kLongName},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    auto request = TargetRequest();
    request.set_resource_type(row.type);
    SetTargets(row.selectors, request);
    ExpectError(Register(request), row.error);
  }
}

TEST_F(RegistrationsTest, AnUnknownWindowDoesNotExist) {
  auto target = TargetRequest();
  target.set_window_id(kNoWindow);
  EXPECT_EQ(Register(target), "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist");
  auto task = TaskRequest();
  task.set_window_id(kNoWindow);
  EXPECT_EQ(Register(task), "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist");
}

TEST_F(RegistrationsTest, TheSameClientTokenGivesTheSameIdInOneWindowOnly) {
  auto target = TargetRequest();
  target.set_client_token("token");
  std::string first, second, elsewhere;
  EXPECT_EQ(Register(target, &first), "OK");
  EXPECT_EQ(Register(target, &second), "OK");
  EXPECT_EQ(first, second);
  target.set_name("other");
  EXPECT_EQ(Register(target).rfind("ALREADY_EXISTS: ", 0), 0u);
  target.set_window_id(world_.CreateWindow());
  EXPECT_EQ(Register(target, &elsewhere), "OK");
  EXPECT_NE(first, elsewhere);

  auto task = TaskRequest();
  task.set_client_token("token");  // of another operation: no clash
  EXPECT_EQ(Register(task, &first), "OK");
  EXPECT_EQ(Register(task, &second), "OK");
  EXPECT_EQ(first, second);
  task.set_priority(3);
  EXPECT_EQ(Register(task).rfind("ALREADY_EXISTS: ", 0), 0u);
}

TEST_F(RegistrationsTest, TargetsOfTasksAreNodesOrRegisteredTargets) {
  std::string known;
  ASSERT_EQ(Register(TargetRequest(), &known), "OK");
  struct Row {
    const char* label;
    const char* type;
    Selectors selectors;
    std::string error;
  };
  const std::string needs = std::string("INVALID_ARGUMENT: ") + kNeedsTargets;
  const std::vector<Row> rows = {
      {"a node", "RUN_COMMAND", {{"InstanceIds", {"i-1"}}}, "OK"},
      {"50 nodes", "RUN_COMMAND", {{"InstanceIds", Many(50)}}, "OK"},
      {"a registered target", "RUN_COMMAND", {{"WindowTargetIds", {known}}}, "OK"},
      {"both", "RUN_COMMAND", {{"WindowTargetIds", {known}}, {"InstanceIds", {"i-1"}}}, "OK"},
      {"none", "RUN_COMMAND", {}, needs},
      {"no values", "RUN_COMMAND", {{"InstanceIds", {}}}, needs},
      {"no values, of an automation", "AUTOMATION", {{"InstanceIds", {}}}, needs},
      {"11 registered targets",
       "RUN_COMMAND",
       {{"WindowTargetIds", Many(11)}},
       "INVALID_ARGUMENT: The maximum number of window targets is 10"},
      {"11 registered targets in two lists",
       "RUN_COMMAND",
       {{"WindowTargetIds", {known}}, {"WindowTargetIds", Many(10)}},
       "INVALID_ARGUMENT: The maximum number of window targets is 10"},
      {"51 nodes in two lists",
       "RUN_COMMAND",
       {{"InstanceIds", Many(50)}, {"InstanceIds", {"i-51"}}},
       needs},
      {"51 nodes: the list is too long for the API's shape",
       "RUN_COMMAND",
       {{"InstanceIds", Many(51)}},
       kTooMany},
      {"an empty value", "RUN_COMMAND", {{"InstanceIds", {"i-1", ""}}}, kNoName},
      {"a value that no row holds",
       "RUN_COMMAND",
       {{"InstanceIds", {std::string(257, 'i')}}},
       kLongName},
      {"a tag",
       "RUN_COMMAND",
       {{"tag:role", {"web"}}},
       std::string("INVALID_ARGUMENT: tag:role is an invalid window task target type, use "
                   "WindowTargetIds or InstanceIds. ") +
           kNeedsTargets},
      {"the key in another case",
       "RUN_COMMAND",
       {{"windowtargetids", {known}}},
       std::string("INVALID_ARGUMENT: windowtargetids is an invalid window task target type, use "
                   "WindowTargetIds or InstanceIds. ") +
           kNeedsTargets},
      {"one that is not registered",
       "RUN_COMMAND",
       {{"WindowTargetIds", {kNoUuid}}},
       "NOT_FOUND: Maintenance window target 00000000-0000-4000-8000-000000000000 does not exist "
       "in window " +
           window_},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.label);
    auto request = TaskRequest();
    request.set_task_type(row.type);
    SetTargets(row.selectors, request);
    ExpectError(Register(request), row.error);
  }
}

TEST_F(RegistrationsTest, ATargetOfAnotherWindowDoesNotExistInThisOne) {
  auto target = TargetRequest();
  target.set_window_id(world_.CreateWindow());
  std::string elsewhere;
  ASSERT_EQ(Register(target, &elsewhere), "OK");
  auto task = TaskRequest();
  SetTargets({{"WindowTargetIds", {elsewhere}}}, task);
  EXPECT_EQ(Register(task).rfind("NOT_FOUND: ", 0), 0u);
}

TEST_F(RegistrationsTest, TasksWithTargetsNeedBothLimitsThoseWithoutTakeNone) {
  constexpr char kErrors[] =
      "Max Errors must be a number of at least 0, or a percentage between 0 and 100";
  constexpr char kConcurrency[] =
      "Max Concurrency must be a number greater than 0, or a percentage between 1 and 100";
  constexpr char kNoErrors[] =
      "Maintenance window tasks without targets do not support MaxErrors values.";
  constexpr char kNoConcurrency[] =
      "Maintenance window tasks without targets do not support MaxConcurrency values.";
  const auto with = [&](bool targets, bool errors, bool concurrency) {
    auto request = TaskRequest();
    if (!targets) {
      request.set_task_type("AUTOMATION");
      request.clear_targets();
    }
    if (!errors) request.clear_max_errors();
    if (!concurrency) request.clear_max_concurrency();
    return Register(request);
  };
  const std::string invalid = "INVALID_ARGUMENT: ";
  EXPECT_EQ(with(true, true, true), "OK");
  EXPECT_EQ(with(true, false, true), invalid + kErrors);
  EXPECT_EQ(with(true, true, false), invalid + kConcurrency);
  EXPECT_EQ(with(true, false, false), invalid + kErrors + " " + kConcurrency);
  EXPECT_EQ(with(false, false, false), "OK");
  EXPECT_EQ(with(false, true, false), invalid + kNoErrors);
  EXPECT_EQ(with(false, false, true), invalid + kNoConcurrency);
  EXPECT_EQ(with(false, true, true), invalid + kNoErrors + " " + kNoConcurrency);
}

TEST_F(RegistrationsTest, ParametersAreOfTheTasksOwnTypeOnly) {
  constexpr char kOnlyItsOwn[] =
      "INVALID_ARGUMENT: Task Invocation Parameters must contain an entry only for the Task Type "
      "specified in the Window Task.";
  auto request = TaskRequest();
  request.mutable_task_invocation_parameters()->mutable_run_command();
  EXPECT_EQ(Register(request), "OK");
  request.mutable_task_invocation_parameters()->mutable_automation();
  EXPECT_EQ(Register(request), kOnlyItsOwn);
  request = TaskRequest();
  request.mutable_task_invocation_parameters()->mutable_lambda();
  EXPECT_EQ(Register(request), kOnlyItsOwn);
}

TEST_F(RegistrationsTest, NotificationsNeedARole) {
  auto request = TaskRequest();
  auto& run_command = *request.mutable_task_invocation_parameters()->mutable_run_command();
  run_command.mutable_notification_config();  // an empty one asks for nothing
  EXPECT_EQ(Register(request), "OK");
  run_command.mutable_notification_config()->set_notification_type("Command");
  EXPECT_EQ(Register(request),
            "INVALID_ARGUMENT: ServiceRoleArn of RunCommandInvocationParameter is required if "
            "NotificationConfig is specified");
  run_command.set_service_role_arn("arn:aws:iam::1:role/r");
  EXPECT_EQ(Register(request), "OK");
}

TEST_F(RegistrationsTest, ARefusedRegistrationStoresNothing) {
  auto request = TaskRequest();
  request.clear_targets();
  EXPECT_NE(Register(request), "OK");
  EXPECT_TRUE(world_.store.definitions().ListTasks(WindowId(window_))->empty());
}

}  // namespace
}  // namespace lull
