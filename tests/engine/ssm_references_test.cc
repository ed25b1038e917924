// `{{ssm:NAME}}` in a task's parameters: there is no parameter store (spec D.2, E.3, H 53).
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

class SsmReferencesTest : public RegisteringTest {
 protected:
  v1::RegisterTaskWithMaintenanceWindowRequest Command(const std::string& text) const {
    auto request = TaskRequest();
    (*request.mutable_task_invocation_parameters()
          ->mutable_run_command()
          ->mutable_parameters())["commands"]
        .add_values(text);
    return request;
  }
  v1::MaintenanceWindowExecution Newest() { return world_.Executions(window_).at(0); }
  /// StatusDetails of an execution whose command is `text`; empty: it opened.
  std::string DetailsOf(const std::string& text) {
    EngineWorld world;
    auto request = Command(text);
    request.set_window_id(world.CreateWindow());
    world.RegisterTask(request);
    world.Advance(absl::Hours(1));
    const auto execution = world.Executions(request.window_id()).at(0);
    EXPECT_EQ(execution.status(), execution.status_details().empty() ? "IN_PROGRESS" : "FAILED");
    return execution.status_details();
  }
};

constexpr char kInvalid[] = "The following SSM parameters are invalid: ";

TEST_F(SsmReferencesTest, AnExecutionThatHasOneFailsAtItsOpeningAndNoTaskStarts) {
  Made(Command("echo hello"));
  auto second = Command("use {{ssm:LevelUp}}");
  second.set_priority(7);
  Made(second);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Newest().status(), "FAILED");
  EXPECT_EQ(Newest().status_details(), std::string(kInvalid) + "LevelUp");
  EXPECT_EQ(Newest().start_time(), Newest().end_time());
  const auto tasks = world_.Tasks(Newest().window_execution_id());
  ASSERT_EQ(tasks.size(), 2u);
  for (const auto& task : tasks) {
    EXPECT_EQ(task.status(), "FAILED");
    EXPECT_EQ(task.status_details(), std::string(kInvalid) + "LevelUp");
  }
  EXPECT_TRUE(world_.runner.nodes.empty());
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(world_.Executions(window_).size(), 2u) << "and the schedule goes on";
}

TEST_F(SsmReferencesTest, WhatIsOne) {
  struct Row {
    const char* text;
    const char* names;  // nothing: it is none
  };
  for (const Row& row : {
           Row{"a {{ssm:b}} {{ ssm:a }} {{ssm: a}} {{ssm:b}}", "a, b"},
           {"{{ssm:/team/db-1_x.y:3}}", "/team/db-1_x.y:3"},
           {"{{{ssm:a}}}", "a"},
           {"{{WINDOW_ID}} {{ssm:a}", nullptr},
           {"{{ssm:}} {{ssm: }} {{ssm:a b}} {{ssm:\xC3\xA9}}", nullptr},
           {"{{ssm:a} }} {ssm:a} ssm:a {{aws:a}} {{xssm:a}}", nullptr},
           {"{{ssm:{{ssm:inner}}}}", "inner"},
           {"{{", nullptr},
           {"{{ssm:", nullptr},
       }) {
    EXPECT_EQ(DetailsOf(row.text), row.names ? std::string(kInvalid) + row.names : "") << row.text;
  }
}

TEST_F(SsmReferencesTest, TheTextIsCutToWhatADetailHolds) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{{ssm:parameter-" + std::to_string(1000 + i) + "}}";
  const std::string details = DetailsOf(text);
  EXPECT_EQ(details.size(), 250u);
  EXPECT_EQ(details.rfind(std::string(kInvalid) + "parameter-1000, parameter-1001, ", 0), 0u);
}

TEST_F(SsmReferencesTest, ParametersOfEveryKindAreLookedAtAndNothingElse) {
  const std::vector<std::string> parameters = {
      "task_invocation_parameters { run_command { comment: '{{ssm:x}}' } }",
      "task_parameters { parameters { key: 'p' value { values: 'a' values: '{{ssm:x}}' } } }",
      "task_type: 'LAMBDA' task_invocation_parameters { lambda { payload: '{\"a\":\"{{ssm:x}}\"}' "
      "} }",
      "task_type: 'AUTOMATION' task_invocation_parameters { automation {"
      " parameters { key: 'p' value { values: '{{ssm:x}}' } } } }",
      "task_type: 'STEP_FUNCTIONS' task_invocation_parameters { step_functions {"
      " input: '{\"a\":{\"b\":\"{{ssm:x}}\"}}' name: 'n' } }",
  };
  for (const std::string& text : parameters) {
    EngineWorld world;
    auto request = world.TaskRequest(world.CreateWindow());
    request.MergeFrom(Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(text));
    world.RegisterTask(request);
    world.Advance(absl::Hours(1));
    EXPECT_EQ(world.Executions(request.window_id()).at(0).status_details(),
              std::string(kInvalid) + "x")
        << text;
  }
  auto request = TaskRequest();
  request.MergeFrom(Parse<v1::RegisterTaskWithMaintenanceWindowRequest>(
      "description: '{{ssm:x}}' alarm_configuration { alarms { name: '{{ssm:x}}' } }"));
  Made(request);
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(Newest().status(), "IN_PROGRESS");
}

TEST_F(SsmReferencesTest, OneThatIsStartedOnDemandFailsAsWellAndLeavesNothingToResume) {
  Made(Command("{{ssm:x}}"));
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window_);
  const auto started = world_.engine->StartMaintenanceWindowExecution(world_.context, start);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(Newest().window_execution_id(), started->window_execution_id());
  EXPECT_EQ(Newest().status_details(), std::string(kInvalid) + "x");
  world_.Restart();
  world_.Settle();
  EXPECT_EQ(Newest().status(), "FAILED");
  v1::ResumeMaintenanceWindowExecutionRequest resume;
  resume.set_window_execution_id(started->window_execution_id());
  EXPECT_EQ(Error(world_.engine->ResumeMaintenanceWindowExecution(world_.context, resume).status())
                .rfind("INVALID_ARGUMENT: ", 0),
            0u);
}

}  // namespace
}  // namespace lull
