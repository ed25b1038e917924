#include "cli/plan_function.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "cli/describe_invocation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/payload.pb.h"

namespace lull::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const ArnScope kScope = {"us-east-1", "000000000000"};

class PlanFunctionTest : public testing::Test {
 protected:
  PlanFunctionTest() {
    task_.id = TaskExecutionId("task-execution");
    task_.window_task = WindowTaskId("window-task");
    task_.type = TaskType::kLambda;
    task_.task_arn = "patch";
    target_.node = "web-1";
    (*config_.mutable_functions())["patch"].set_url("https://functions.example.com/patch");
    v1::FunctionConfig& command = (*config_.mutable_functions())["local"];
    command.add_command("/usr/bin/patch-all");
    command.add_command("a b");
  }

  Invocation TheInvocation() {
    task_.payload = payload_.SerializeAsString();
    id_ = MakeInvocationId(task_.id, kRef).value();
    return {kRef, execution_, window_, task_, target_};
  }
  absl::StatusOr<std::optional<runners::FunctionCall>> Plan() {
    return PlanCall(TheInvocation(), config_, kScope, [](const InvocationId& id) {
      return "https://lull.example.com/callback/" + id.value() + "/secret";
    });
  }
  std::string Described() { return *DescribeInvocation(TheInvocation(), kScope, ""); }

  v1::Config config_;
  v1::TaskPayload payload_;
  static constexpr InvocationRef kRef{TaskKey{7}, 3};
  std::string id_;  ///< of what was planned last
  ExecutionId execution_{"execution"};
  WindowId window_{"window"};
  TaskSpec task_;
  ResolvedTarget target_;
};

TEST_F(PlanFunctionTest, AFunctionIsCalledWithTheInvocation) {
  const auto call = Plan();
  ASSERT_TRUE(call.ok() && call->has_value()) << call.status();
  EXPECT_EQ((*call)->function, "patch");
  EXPECT_EQ((*call)->request.url, "https://functions.example.com/patch");
  EXPECT_EQ((*call)->request.timeout, absl::Seconds(30));
  EXPECT_EQ((*call)->result_timeout, absl::Hours(1));
  EXPECT_THAT((*call)->request.headers,
              ElementsAre("Content-Type: application/json", "X-Lull-Invocation-Id: " + id_,
                          "Idempotency-Key: " + id_));
  EXPECT_EQ((*call)->request.body,
            R"({"InvocationId":")" + id_ +
                R"(","WindowExecutionId":"execution",)"
                R"("TaskExecutionId":"task-execution","WindowId":"window",)"
                R"("WindowTaskId":"window-task","TaskType":"LAMBDA","TaskArn":"patch",)"
                R"("Node":"web-1",)"
                R"("CallbackUrl":"https://lull.example.com/callback/)" +
                id_ + R"(/secret"})");
}

TEST_F(PlanFunctionTest, ItsTimeOutsAreTheConfigurations) {
  (*config_.mutable_functions())["patch"].set_answer_timeout_seconds(5);
  (*config_.mutable_functions())["patch"].set_result_timeout_seconds(6);
  EXPECT_EQ((**Plan()).request.timeout, absl::Seconds(5));
  EXPECT_EQ((**Plan()).result_timeout, absl::Seconds(6));
}

TEST_F(PlanFunctionTest, AnArnEndsWithTheNameAndPerhapsAVersion) {
  for (const char* arn : {
           "arn:aws:lambda:us-east-1:000000000000:function:patch",
           "arn:aws:lambda:us-east-1:000000000000:function:patch:local",
           "arn:aws:lambda:us-east-1:000000000000:function:patch:$LATEST",
           "arn:aws:states:us-east-1:000000000000:stateMachine:patch",
           "arn:aws:ssm:us-east-1:000000000000:automation-definition/patch:1",
           "arn:aws:ssm:us-east-1:000000000000:document/patch",
       }) {
    task_.task_arn = arn;
    const auto call = Plan();
    ASSERT_TRUE(call.ok() && call->has_value()) << arn << ": " << call.status();
    EXPECT_EQ((*call)->function, "patch") << arn;
  }
}

TEST_F(PlanFunctionTest, ANameThatIsWrittenInFullComesFirst) {
  task_.task_arn = "arn:aws:lambda:us-east-1:000000000000:function:patch";
  (*config_.mutable_functions())[task_.task_arn].set_url("https://other.example.com/");
  EXPECT_EQ((**Plan()).request.url, "https://other.example.com/");
}

TEST_F(PlanFunctionTest, AnUnknownNameIsToldWithWhatToDo) {
  for (const char* arn : {"patsch", "arn:aws:lambda:patch", "function:patch", "web/patch",
                          "arn:aws:lambda:us-east-1:000000000000:function:local2:patch"}) {
    task_.task_arn = arn;
    const auto call = Plan();
    ASSERT_EQ(call.status().code(), absl::StatusCode::kNotFound) << arn;
    const std::string text(call.status().message());
    EXPECT_THAT(text, HasSubstr("add it, with a url or a command, to functions in the config"));
    EXPECT_THAT(text, HasSubstr(R"(it has "local", "patch")")) << arn;
    EXPECT_LE(text.size(), kMaxDetailBytes) << text;
  }
  task_.task_arn = "patsch";
  config_.clear_functions();
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("it has none yet"));
}

TEST_F(PlanFunctionTest, ALocalCommandIsAProcessWithTheInvocationOnItsStandardInput) {
  task_.task_arn = "local";
  EXPECT_EQ(*Plan(), std::nullopt);
  (*config_.mutable_functions())["local"].set_timeout_seconds(9);
  const auto plan = PlanFunction(TheInvocation(), config_, kScope);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->argv, ElementsAre("/usr/bin/patch-all", "a b"));
  EXPECT_EQ(plan->script_by, runners::ScriptBy::kStdin);
  EXPECT_EQ(plan->script, Described());
  EXPECT_THAT(plan->script, Not(HasSubstr("CallbackUrl")));
  EXPECT_EQ(plan->execution_timeout, absl::Seconds(9));
}

TEST_F(PlanFunctionTest, ACalledFunctionIsNoLocalCommand) {
  EXPECT_EQ(PlanFunction(TheInvocation(), config_, kScope).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(PlanFunctionTest, TheTokenIsReadAtEachCall) {
  const std::string path = testing::TempDir() + "/token";
  std::remove(path.c_str());
  (*config_.mutable_functions())["patch"].set_bearer_token_file(path);
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr(path));
  std::ofstream(path) << "  abc\n";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_THAT((**Plan()).request.headers, Contains("Authorization: Bearer abc"));
  std::ofstream(path) << "\n";
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("is empty"));
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(std::string(Plan().status().message()), HasSubstr("mode 0644"));
}

TEST_F(PlanFunctionTest, ATargetOfARegisteredOneNamesItAndItsOwner) {
  target_.window_target = WindowTargetId("window-target");
  target_.owner_information = "team \"a\"";
  EXPECT_THAT(Described(),
              HasSubstr(R"("WindowTargetId":"window-target","OwnerInformation":"team \"a\"")"));
}

TEST_F(PlanFunctionTest, WithoutTargetsThereIsNoNode) {
  target_.node = "";
  EXPECT_THAT(Described(), Not(HasSubstr("Node")));
}

TEST_F(PlanFunctionTest, APayloadOfJsonGoesAsItStandsAndAnyOtherAsBase64) {
  auto& lambda = *payload_.mutable_task_invocation_parameters()->mutable_lambda();
  lambda.set_payload("{\"big\": 12345678901234567890123, \"e\": 1.50}");
  EXPECT_THAT(Described(), HasSubstr(R"("Payload":{"big": 12345678901234567890123, "e": 1.50})"));
  lambda.set_payload(std::string("\0\xff{", 3));
  EXPECT_THAT(Described(), HasSubstr(R"("PayloadBase64":"AP97"})"));
  lambda.set_payload("{},\"Node\":\"web-2\"");  // would be members of ours
  EXPECT_THAT(Described(), Not(HasSubstr("web-2")));
  lambda.clear_payload();
  EXPECT_THAT(Described(), Not(HasSubstr("Payload")));
}

TEST_F(PlanFunctionTest, AnInputThatIsNoJsonIsText) {
  task_.type = TaskType::kStepFunctions;
  auto& step = *payload_.mutable_task_invocation_parameters()->mutable_step_functions();
  step.set_input("{\"a\":1");
  EXPECT_THAT(Described(), HasSubstr(R"("Input":"{\"a\":1")"));
}

TEST_F(PlanFunctionTest, AStoredTaskThatCannotBeReadIsAnError) {
  const Invocation invocation = TheInvocation();
  task_.payload = "\xff";
  EXPECT_EQ(DescribeInvocation(invocation, kScope, "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lull::cli
