#include "cli/plan_document.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "proto/payload.pb.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

using Parameters = std::map<std::string, std::vector<std::string>>;

constexpr char kGreeting[] = R"(schemaVersion: "2.2"
parameters:
  who: {type: String}
mainSteps:
- action: aws:runShellScript
  name: greet
  precondition: {StringEquals: [platformType, Linux]}
  inputs:
    runCommand:
    - echo "hello {{ who }}"
)";

class PlanDocumentTest : public testing::Test {
 protected:
  PlanDocumentTest() {
    std::ofstream(folder_.File("Greeting.yaml")) << kGreeting;
    auto library = runners::DocumentLibrary::Load(folder_.File(""));
    LULL_CHECK(library.ok());
    library_ = *library;
    task_.task_arn = "AWS-RunShellScript";
    task_.id = TaskExecutionId("11111111-1111-4111-8111-111111111111");
    node_.id = "local";
    node_.platform = Platform::kLinux;
  }

  v1::MaintenanceWindowRunCommandParameters& Asked() {
    return *payload_.mutable_task_invocation_parameters()->mutable_run_command();
  }
  void Give(const Parameters& parameters) {
    auto& map = *Asked().mutable_parameters();
    map.clear();
    for (const auto& [name, values] : parameters) {
      for (const std::string& value : values) map[name].add_values(value);
      if (values.empty()) map[name];
    }
  }
  absl::StatusOr<runners::ProcessPlan> Plan() {
    task_.payload = payload_.SerializeAsString();
    return PlanStored();
  }
  absl::StatusOr<runners::ProcessPlan> PlanStored() {
    const ResolvedTarget target{node_.id, {}, {}};
    return PlanDocument(*library_,
                        {{TaskKey{7}, 3},
                         ExecutionId("33333333-3333-4333-8333-333333333333"),
                         WindowId("mw-0123456789abcdef0"),
                         task_,
                         target},
                        node_, {"us-east-1", "000000000000"});
  }
  absl::StatusOr<runners::ProcessPlan> Plan(const Parameters& parameters) {
    Give(parameters);
    return Plan();
  }
  std::string ErrorOf(const Parameters& parameters) {
    const auto plan = Plan(parameters);
    return plan.ok() ? "no error" : std::string(plan.status().message());
  }

  TempFolder folder_;
  std::shared_ptr<const runners::DocumentLibrary> library_;
  TaskSpec task_;
  v1::TaskPayload payload_;
  Node node_;
};

TEST_F(PlanDocumentTest, TakesCommandsAsTheyAreAndDefaultsForTheRest) {
  const auto plan = Plan({{"commands", {"echo \"$A\"", "", "b 'c", "{{ commands }}"}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->argv, std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(plan->script, "echo \"$A\"\n\nb 'c\n{{ commands }}\n");
  EXPECT_EQ(plan->script_by, runners::ScriptBy::kFile);
  EXPECT_EQ(plan->working_directory, "");
  EXPECT_EQ(plan->execution_timeout, absl::Seconds(3600));
  EXPECT_EQ(plan->environment, std::vector<std::string>{"LULL_NODE=local"});
  EXPECT_EQ(plan->undeliverable_status, std::nullopt);
}

TEST_F(PlanDocumentTest, TakesTheFolderAndTheTimeout) {
  for (const auto& [text, seconds] : {std::pair("1", 1), std::pair("172800", 172800)}) {
    const auto plan =
        Plan({{"commands", {"a"}}, {"workingDirectory", {"/srv"}}, {"executionTimeout", {text}}});
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->working_directory, "/srv");
    EXPECT_EQ(plan->execution_timeout, absl::Seconds(seconds));
  }
  EXPECT_TRUE(Plan({{"commands", {"a"}}, {"workingDirectory", {""}}}).ok());
}

TEST_F(PlanDocumentTest, ADeliveryTimeoutIsNoExecutionTimeout) {
  Give({{"commands", {"a"}}});
  Asked().set_timeout_seconds(30);
  EXPECT_EQ(Plan()->execution_timeout, absl::Seconds(3600));
}

TEST_F(PlanDocumentTest, WithoutCommandsSaysWhereTheyGo) {
  EXPECT_EQ(ErrorOf({}),
            "Document AWS-RunShellScript: parameter commands is missing; give it in "
            "TaskInvocationParameters.RunCommand.Parameters.commands.");
  EXPECT_EQ(ErrorOf({{"commands", {}}}),
            "Document AWS-RunShellScript: parameter commands has 0 items; give at least 1.");
  task_.payload.clear();
  EXPECT_FALSE(PlanStored().ok());
}

TEST_F(PlanDocumentTest, WithAWrongTimeoutNamesItAndWhatIsRight) {
  for (const char* text : {"", "0", "-1", "172801", "1.5", "5s", " 5", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf({{"commands", {"a"}}, {"executionTimeout", {text}}}),
              "Document AWS-RunShellScript: parameter executionTimeout \"" + std::string(text) +
                  "\" is no time-out; give whole seconds from 1 to 172800, as text.");
  }
  EXPECT_EQ(ErrorOf({{"commands", {"a"}}, {"executionTimeout", {"1", "2"}}}),
            "Document AWS-RunShellScript: parameter executionTimeout has 2 values; a String has "
            "exactly one.");
}

TEST_F(PlanDocumentTest, WithARelativeFolderOrAnUnknownNameSaysSo) {
  EXPECT_EQ(
      ErrorOf({{"commands", {"a"}}, {"workingDirectory", {"srv"}}}),
      "Document AWS-RunShellScript: parameter workingDirectory \"srv\" is not absolute; start "
      "it with \"/\" or leave it out.");
  EXPECT_EQ(ErrorOf({{"command", {"a"}}}),
            "Document AWS-RunShellScript: unknown parameter \"command\"; it has commands, "
            "executionTimeout, workingDirectory.");
}

TEST_F(PlanDocumentTest, ErrorsFitIntoAnInvocationsDetails) {
  const std::string many(4000, 'x');
  for (const char* name : {"workingDirectory", "executionTimeout"}) {
    EXPECT_LE(ErrorOf({{"commands", {"a"}}, {name, {many}}}).size(), kMaxDetailBytes) << name;
  }
  EXPECT_LE(ErrorOf({{many, {"a"}}}).size(), kMaxDetailBytes);
  task_.task_arn = many;
  EXPECT_LE(ErrorOf({}).size(), kMaxDetailBytes);
}

TEST_F(PlanDocumentTest, WhatIsNoPayloadIsAnError) {
  task_.payload = "\xff\xff";
  EXPECT_EQ(PlanStored().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PlanDocumentTest, FindsDocumentsOfTheFolderByNameAndByArn) {
  for (const char* arn : {"Greeting", "arn:aws:ssm:us-east-1:000000000000:document/Greeting"}) {
    task_.task_arn = arn;
    const auto plan = Plan({{"who", {"$(reboot) \"you\""}}});
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->script, "echo \"hello \\$(reboot) \\\"you\\\"\"\n");
  }
}

TEST_F(PlanDocumentTest, AnUnknownDocumentSaysWhereDocumentsAre) {
  task_.task_arn = "arn:aws:ssm:us-east-1:000000000000:document/Nothing";
  EXPECT_EQ(ErrorOf({}),
            "Unknown document \"Nothing\"; put it into the folder of documents as NAME.yaml or "
            "NAME.json, or use AWS-RunShellScript or AWS-RunPatchBaseline.");
  EXPECT_EQ(Plan().status().code(), absl::StatusCode::kInvalidArgument) << "it counts as an error";
}

TEST_F(PlanDocumentTest, ADocumentForAnotherPlatformIsNotDelivered) {
  task_.task_arn = "Greeting";
  node_.platform = Platform::kWindows;
  EXPECT_EQ(ErrorOf({{"who", {"you"}}}),
            "Invalid platform: document Greeting has no step for Windows.");
  EXPECT_EQ(Plan().status().code(), absl::StatusCode::kNotFound);
  node_.platform = Platform::kUnknown;
  EXPECT_TRUE(Plan().ok());
}

TEST_F(PlanDocumentTest, ADocumentHasOneVersion) {
  Give({{"commands", {"a"}}});
  for (const char* version : {"1", "$DEFAULT", "$LATEST"}) {
    Asked().set_document_version(version);
    EXPECT_TRUE(Plan().ok()) << version;
  }
  Asked().set_document_version("2");
  EXPECT_EQ(
      Plan().status().message(),
      "Document AWS-RunShellScript has no version \"2\"; a document has one: give 1, $DEFAULT "
      "or $LATEST, or none.");
}

TEST_F(PlanDocumentTest, AHashMustBeTheDocuments) {
  task_.task_arn = "Greeting";
  Give({{"who", {"you"}}});
  // sha256sum of kGreeting
  Asked().set_document_hash("e08c643cf647af08f0b737e3ae438bec9f6f32b2d110771a1e97ae47e42a545f");
  EXPECT_TRUE(Plan().ok()) << Plan().status();
  Asked().set_document_hash_type("Sha256");
  EXPECT_TRUE(Plan().ok()) << Plan().status();
  Asked().set_document_hash(std::string(64, '0'));
  EXPECT_EQ(Plan().status().message(), "Document Greeting does not have the DocumentHash \"" +
                                           std::string(64, '0') +
                                           "\"; look at what has changed in it.");
  Asked().set_document_hash_type("Sha1");
  EXPECT_EQ(Plan().status().message(),
            "DocumentHashType Sha1 is not supported; give the document's Sha256.");
}

TEST_F(PlanDocumentTest, PseudoParametersArePutBeforeTheDocumentsOwn) {
  task_.task_arn = "Greeting";
  const auto plan = Plan({{"who", {"{{ WINDOW_ID }} {{TARGET_ID}} {{ who }}"}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->script, "echo \"hello mw-0123456789abcdef0 {{TARGET_ID}} {{ who }}\"\n");
}

TEST_F(PlanDocumentTest, ThePatchDocumentIsThere) {
  task_.task_arn = "AWS-RunPatchBaseline";
  const auto plan = Plan({{"Operation", {"Scan"}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_NE(plan->script.find("\noperation='Scan'\nreboot_option='RebootIfNeeded'\n"),
            std::string::npos);
  EXPECT_EQ(plan->execution_timeout, absl::Seconds(7200));
}

}  // namespace
}  // namespace lull::cli
