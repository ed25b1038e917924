// Pseudo parameters (spec E.3, H53): each of the nine, in each type of task, in each place.
#include "engine/pseudo_parameters.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/model/runs.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

constexpr char kAll[] =
    "{{WINDOW_ID}}|{{WINDOW_TASK_ID}}|{{WINDOW_TARGET_ID}}|{{WINDOW_EXECUTION_ID}}|"
    "{{TASK_EXECUTION_ID}}|{{INVOCATION_ID}}|{{TARGET_TYPE}}|{{TARGET_ID}}|{{RESOURCE_ID}}";
constexpr char kOfInstance[] =
    "mw-1|task-2|target-3|execution-4|task-execution-5|invocation-6|INSTANCE|";

class PseudoParametersTest : public testing::Test {
 protected:
  PseudoParametersTest() {
    task_.id = TaskExecutionId("task-execution-5");
    task_.window_task = WindowTaskId("task-2");
    target_.node = "mi-7";
    target_.window_target = WindowTargetId("target-3");
  }

  PseudoParameters Values() const {
    return PseudoParametersOf(WindowId("mw-1"), ExecutionId("execution-4"), task_,
                              InvocationId("invocation-6"), target_, {"eu-west-1", "123456789012"});
  }
  /// `text` as a value of an AUTOMATION task.
  std::string Put(const std::string& text) {
    v1::TaskPayload payload;
    auto& map = *payload.mutable_task_invocation_parameters()->mutable_automation();
    (*map.mutable_parameters())["p"].add_values(text);
    PutPseudoParameters(Values(), payload);
    return payload.task_invocation_parameters().automation().parameters().at("p").values(0);
  }

  TaskSpec task_{.type = TaskType::kAutomation};
  ResolvedTarget target_;
};

TEST_F(PseudoParametersTest, OfAnInstanceAreItsId) {
  EXPECT_EQ(Put(kAll), std::string(kOfInstance) + "mi-7|mi-7");
}

TEST_F(PseudoParametersTest, OfAResourceGroupAreArnAndId) {
  target_.resource_type = ResourceType::kResourceGroup;
  EXPECT_EQ(Put("{{TARGET_TYPE}} {{TARGET_ID}} {{RESOURCE_ID}}"),
            "RESOURCE_GROUP arn:aws:ssm:eu-west-1:123456789012:managed-instance/mi-7 mi-7");
  target_.node = "i-8";
  EXPECT_EQ(Put("{{TARGET_TYPE}} {{TARGET_ID}} {{RESOURCE_ID}}"),
            "RESOURCE_GROUP arn:aws:ec2:eu-west-1:123456789012:instance/i-8 i-8");
}

TEST_F(PseudoParametersTest, ThatThereIsNothingForAreEmpty) {
  target_.window_target.reset();
  EXPECT_EQ(Put("[{{WINDOW_TARGET_ID}}] {{TARGET_TYPE}}"), "[] INSTANCE");
  target_.node.clear();
  EXPECT_EQ(Put("[{{TARGET_TYPE}}][{{TARGET_ID}}][{{RESOURCE_ID}}]"), "[][][]");
}

TEST_F(PseudoParametersTest, StandInEachPlaceOfEachTypeOfTask) {
  for (const TaskType type : {TaskType::kRunCommand, TaskType::kAutomation,
                              TaskType::kStepFunctions, TaskType::kLambda}) {
    task_.type = type;
    v1::TaskPayload payload;
    auto& all = *payload.mutable_task_invocation_parameters();
    all.mutable_run_command()->set_comment(kAll);
    (*all.mutable_run_command()->mutable_parameters())["p"].add_values("x");
    (*all.mutable_run_command()->mutable_parameters())["p"].add_values(kAll);
    (*all.mutable_automation()->mutable_parameters())["p"].add_values(kAll);
    all.mutable_step_functions()->set_input(kAll);
    all.mutable_step_functions()->set_name(kAll);
    all.mutable_lambda()->set_payload(kAll);
    all.mutable_lambda()->set_client_context(kAll);
    all.mutable_lambda()->set_qualifier(kAll);
    PutPseudoParameters(Values(), payload);
    const std::string expected =
        std::string(kOfInstance) +
        (type == TaskType::kRunCommand ? "{{TARGET_ID}}|{{RESOURCE_ID}}" : "mi-7|mi-7");
    EXPECT_EQ(all.run_command().comment(), expected);
    EXPECT_EQ(all.run_command().parameters().at("p").values(0), "x");
    EXPECT_EQ(all.run_command().parameters().at("p").values(1), expected);
    EXPECT_EQ(all.automation().parameters().at("p").values(0), expected);
    EXPECT_EQ(all.step_functions().input(), expected);
    EXPECT_EQ(all.step_functions().name(), expected);
    EXPECT_EQ(all.lambda().payload(), expected);
    EXPECT_EQ(all.lambda().client_context(), expected);
    EXPECT_EQ(all.lambda().qualifier(), kAll) << "no place that the API names";
  }
}

TEST_F(PseudoParametersTest, MayHaveBlanksInTheirBracesAndStandInsideOfText) {
  EXPECT_EQ(Put("{{ WINDOW_ID }}.Task-{{WINDOW_TASK_ID }}{{\tWINDOW_ID}}"), "mw-1.Task-task-2mw-1");
  EXPECT_EQ(Put("{{{WINDOW_ID}}} {{{{WINDOW_ID}}}}"), "{mw-1} {{mw-1}}");
}

TEST_F(PseudoParametersTest, ThatAreNoneStayAsTheyAre) {
  for (const std::string text :
       {"{{UNKNOWN}}", "{{window_id}}", "{WINDOW_ID}", "{{WINDOW ID}}", "{{ssm:x}}", "{{}}", "}}{{",
        "{{ aws:ORCHESTRATION_ID }}", "{{WINDOW_ID", "WINDOW_ID}}", "", "}}}}}}", "{{{{{{"}) {
    EXPECT_EQ(Put(text), text);
  }
  EXPECT_EQ(Put("{{X}} {{WINDOW_ID}} {{Y}}"), "{{X}} mw-1 {{Y}}");
}

TEST_F(PseudoParametersTest, AreNotLookedForInTheirOwnValues) {
  target_.node = "{{WINDOW_ID}}";
  EXPECT_EQ(Put("{{TARGET_ID}} {{{{TARGET_ID}}}}"), "{{WINDOW_ID}} {{{{WINDOW_ID}}}}");
}

TEST_F(PseudoParametersTest, AreEscapedInJson) {
  target_.node = "a\"b\\";
  v1::TaskPayload payload;
  auto& all = *payload.mutable_task_invocation_parameters();
  all.mutable_lambda()->set_payload("{\"id\": \"{{TARGET_ID}}\", \"w\": [\"{{ WINDOW_ID }}\"]}");
  all.mutable_step_functions()->set_input("{\"id\": \"{{TARGET_ID}}\"}");
  PutPseudoParameters(Values(), payload);
  EXPECT_EQ(all.lambda().payload(), R"({"id": "a\"b\\", "w": ["mw-1"]})");
  EXPECT_EQ(all.step_functions().input(), R"({"id": "a\"b\\"})");
}

TEST_F(PseudoParametersTest, WithManyBracesTakeNoLongTime) {
  std::string open;
  for (int i = 0; i < 50000; ++i) open += "{{x}} ";
  EXPECT_EQ(Put(open), open);
  const std::string braces(200000, '{');
  EXPECT_EQ(Put(braces + "}}"), braces + "}}");
}

}  // namespace
}  // namespace lull
