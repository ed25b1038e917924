#include "cli/run_command.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "proto/payload.pb.h"

namespace lull::cli {
namespace {

using Parameters = std::map<std::string, std::vector<std::string>>;

TaskSpec TaskWith(const Parameters& parameters) {
  v1::TaskPayload payload;
  auto& map =
      *payload.mutable_task_invocation_parameters()->mutable_run_command()->mutable_parameters();
  for (const auto& [name, values] : parameters) {
    for (const std::string& value : values) map[name].add_values(value);
    if (values.empty()) map[name];
  }
  TaskSpec task;
  task.payload = payload.SerializeAsString();
  return task;
}

std::string ErrorOf(const Parameters& parameters) {
  const auto command = DecodeRunCommand(TaskWith(parameters));
  return command.ok() ? "no error" : std::string(command.status().message());
}

TEST(DecodeRunCommand, TakesCommandsAsTheyAreAndDefaultsForTheRest) {
  const auto command = DecodeRunCommand(TaskWith({{"commands", {"echo \"$A\"", "", "b"}}}));
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->script, "echo \"$A\"\n\nb\n");
  EXPECT_EQ(command->argv, (std::vector<std::string>{"/bin/sh"}));
  EXPECT_EQ(command->script_by, runners::ScriptBy::kFile);
  EXPECT_EQ(command->working_directory, "");
  EXPECT_EQ(command->execution_timeout, absl::Seconds(3600));
}

TEST(DecodeRunCommand, TakesTheFolderAndTheTimeout) {
  for (const auto& [text, seconds] : {std::pair("1", 1), std::pair("172800", 172800)}) {
    const auto command = DecodeRunCommand(TaskWith(
        {{"commands", {"a"}}, {"workingDirectory", {"/srv"}}, {"executionTimeout", {text}}}));
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_EQ(command->working_directory, "/srv");
    EXPECT_EQ(command->execution_timeout, absl::Seconds(seconds));
  }
  const auto command =
      DecodeRunCommand(TaskWith({{"commands", {"a"}}, {"workingDirectory", {""}}}));
  ASSERT_TRUE(command.ok()) << command.status();
}

TEST(DecodeRunCommand, WithoutCommandsSaysWhereTheyGo) {
  for (const Parameters& parameters : {Parameters{}, Parameters{{"commands", {}}}}) {
    EXPECT_EQ(ErrorOf(parameters),
              "Parameter commands is missing or empty; give at least one line of shell script in "
              "TaskInvocationParameters.RunCommand.Parameters.commands.");
  }
  EXPECT_FALSE(DecodeRunCommand(TaskSpec{}).ok());
}

TEST(DecodeRunCommand, WithAWrongTimeoutNamesItAndWhatIsRight) {
  for (const char* text : {"", "0", "-1", "172801", "1.5", "5s", " 5", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf({{"commands", {"a"}}, {"executionTimeout", {text}}}),
              "Parameter executionTimeout \"" + std::string(text) +
                  "\" is no time-out; give whole seconds from 1 to 172800, as text.");
  }
  EXPECT_EQ(ErrorOf({{"commands", {"a"}}, {"executionTimeout", {"1", "2"}}}),
            "Parameter executionTimeout has 2 values; give exactly one.");
}

TEST(DecodeRunCommand, WithARelativeFolderOrAnUnknownNameSaysSo) {
  EXPECT_EQ(ErrorOf({{"commands", {"a"}}, {"workingDirectory", {"srv"}}}),
            "Parameter workingDirectory \"srv\" is not absolute; start it with \"/\" or leave it "
            "out.");
  EXPECT_EQ(ErrorOf({{"command", {"a"}}}),
            "Unknown parameter \"command\"; AWS-RunShellScript has commands, workingDirectory and "
            "executionTimeout.");
}

TEST(DecodeRunCommand, ErrorsFitIntoAnInvocationsDetails) {
  const std::string many(4000, 'x');
  for (const char* name : {"workingDirectory", "executionTimeout"}) {
    EXPECT_LE(ErrorOf({{"commands", {"a"}}, {name, {many}}}).size(), kMaxDetailBytes) << name;
  }
  EXPECT_LE(ErrorOf({{many, {"a"}}}).size(), kMaxDetailBytes);
}

TEST(DecodeRunCommand, WhatIsNoPayloadIsAnError) {
  TaskSpec task;
  task.payload = "\xff\xff";
  EXPECT_EQ(DecodeRunCommand(task).status().code(), absl::StatusCode::kInvalidArgument);
}

class PlanRunCommandTest : public testing::Test {
 protected:
  std::string ErrorOf(const std::string& arn, const std::string& node) {
    TaskSpec task = TaskWith({{"commands", {"a"}}});
    task.task_arn = arn;
    ResolvedTarget target;
    target.node = node;
    return std::string(PlanRunCommand({{}, InvocationId(), ExecutionId(), WindowId(), task, target})
                           .status()
                           .message());
  }
};

TEST_F(PlanRunCommandTest, TheDocumentMayBeNamedByItsArn) {
  EXPECT_EQ(ErrorOf("AWS-RunShellScript", "local"), "");
  EXPECT_EQ(ErrorOf("arn:aws:ssm:eu-central-1:123456789012:document/AWS-RunShellScript", "local"),
            "");
}

TEST_F(PlanRunCommandTest, AnUnknownDocumentFailsAndSaysWhatIsKnown) {
  for (const std::string arn : {"X", "document/AWS-RunShellScript", "AWS-RunShellScript2", ""}) {
    EXPECT_EQ(ErrorOf(arn, "local"),
              "Unknown document \"" + arn + "\": this runner knows AWS-RunShellScript.");
  }
}

TEST_F(PlanRunCommandTest, AnUnknownNodeFailsAndSaysWhichIsKnown) {
  EXPECT_EQ(ErrorOf("AWS-RunShellScript", "i-0123"),
            "Unknown node \"i-0123\": this daemon runs commands on node \"local\" only.");
  EXPECT_EQ(
      ErrorOf("AWS-RunShellScript", ""),
      "No node: this daemon runs commands on node \"local\" only; add it to the task's targets.");
}

}  // namespace
}  // namespace lull::cli
