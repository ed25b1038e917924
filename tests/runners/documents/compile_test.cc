// Documents as the scripts that they become: each is run by the shells of this machine.
#include "runners/documents/compile.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/json_text.h"
#include "runners/documents/parse_document.h"
#include "tests/runners/documents/shells.h"

namespace lull::runners {
namespace {

/// A step of the flow style.
std::string Step(const std::string& name, const std::string& command,
                 const std::string& more = "") {
  return absl::StrCat("- action: aws:runShellScript\n  name: ", name,
                      "\n  inputs:\n    runCommand: [", JsonString(command), "]\n", more);
}

Document Made(const std::string& steps, const std::string& parameters = "{}") {
  const auto document = ParseDocument(
      "Doc",
      absl::StrCat("schemaVersion: '2.2'\nparameters: ", parameters, "\nmainSteps:\n", steps));
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *document : Document();
}

ProcessPlan Plan(const std::string& steps) {
  const auto plan = CompileDocument(Made(steps), {}, "Linux");
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : ProcessPlan();
}

TEST(CompileDocument, ASingleStepIsTheScriptItself) {
  const ProcessPlan plan =
      Plan(Step("a", "echo $0", "    timeoutSeconds: 60\n    workingDirectory: /srv\n"));
  EXPECT_EQ(plan.script, "echo $0\n");
  EXPECT_EQ(plan.working_directory, "/srv");
  EXPECT_EQ(plan.execution_timeout, absl::Seconds(60));
  EXPECT_EQ(plan.timed_out_status, std::nullopt);
  EXPECT_EQ(plan.argv, std::vector<std::string>{"/bin/sh"});
}

TEST(CompileDocument, TheTimeOutOfSeveralIsTheirSum) {
  const ProcessPlan plan = Plan(Step("a", "x", "    timeoutSeconds: 60\n") + Step("b", "x"));
  EXPECT_EQ(plan.execution_timeout, absl::Seconds(3660));
  EXPECT_EQ(plan.timed_out_status, kTimedOutStatus);
}

TEST(CompileDocument, StepsOfAnotherPlatformAreLeftOut) {
  const std::string steps =
      Step("a", "echo linux", "  precondition: {StringEquals: [platformType, Linux]}\n") +
      Step("b", "echo mac", "  precondition: {StringEquals: [MacOS, platformType]}\n");
  EXPECT_EQ(CompileDocument(Made(steps), {}, "Linux")->script, "echo linux\n");
  EXPECT_EQ(CompileDocument(Made(steps), {}, "")->script, "echo linux\n");
  EXPECT_EQ(CompileDocument(Made(steps), {}, "MacOS")->script, "echo mac\n");
  const absl::Status none = CompileDocument(Made(steps), {}, "Windows").status();
  EXPECT_EQ(none.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(none.message(), "Invalid platform: document Doc has no step for Windows.");
}

TEST(CompileDocument, InputsThatAreWrongNameTheParameterOrTheStep) {
  const Document document =
      Made(Step("a", "x", "    timeoutSeconds: '{{ t }}'\n    workingDirectory: '{{ d }}'\n"),
           "{t: {type: String, default: '5'}, d: {type: String, default: ''}}");
  const auto error = [&](const ParameterValues& given) {
    return std::string(CompileDocument(document, given, "Linux").status().message());
  };
  for (const std::string text :
       {"", "0", "-1", "172801", "1.5", "5s", " 5", "99999999999999999999"}) {
    if (text.empty()) continue;
    EXPECT_EQ(error({{"t", {text}}}), "Document Doc: parameter t \"" + text +
                                          "\" is no time-out; give whole seconds from 1 to 172800, "
                                          "as text.");
  }
  EXPECT_EQ(
      error({{"d", {"srv"}}}),
      "Document Doc: parameter d \"srv\" is not absolute; start it with \"/\" or leave it out.");
  EXPECT_EQ(
      CompileDocument(Made(Step("a", "x", "    timeoutSeconds: soon\n")), {}, "Linux")
          .status()
          .message(),
      "Document Doc: timeoutSeconds of step a \"soon\" is no time-out; give whole seconds from "
      "1 to 172800, as text.");
}

class Steps : public testing::TestWithParam<std::string> {
 protected:
  /// What the steps print, and `= status`.
  std::string Run(const std::string& steps) {
    const std::string text = shell_.Run(Plan(steps).script);
    const int status = shell_.status();
    EXPECT_EQ(shell_.RunFromStdin(Plan(steps).script), text) << "on standard input";
    EXPECT_EQ(shell_.status(), status);
    return text + "= " + std::to_string(status);
  }

  Shell shell_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Each, Steps, testing::ValuesIn(ShellsHere()));

TEST_P(Steps, RunInTheirOrder) {
  EXPECT_EQ(Run(Step("a", "echo 1") + Step("b", "echo 2") + Step("c", "echo 3")), "1\n2\n3\n= 0");
}

TEST_P(Steps, HaveAShellOfTheirOwnAndNothingOnStandardInput) {
  EXPECT_EQ(Run(Step("a", "x=1; cd /; set -e; cat; echo end") +
                Step("b", "echo ${x-unset}; false; echo goes on; read line || echo nothing") +
                Step("c", "{ cat <&3; } 2>/dev/null || echo closed")),
            "end\nunset\ngoes on\nnothing\nclosed\n= 0");
}

TEST_P(Steps, GoOnAfterAFailureUnlessTheySayOtherwise) {
  EXPECT_EQ(Run(Step("a", "exit 3") + Step("b", "echo b; exit 4") + Step("c", "echo c")),
            "b\nc\n= 3");
  EXPECT_EQ(shell_.Errors(),
            "Step a failed with exit status 3.\nStep b failed with exit status 4.\n");
  EXPECT_EQ(Run(Step("a", "exit 3", "    onFailure: exit\n") + Step("b", "echo b")), "= 3");
  EXPECT_EQ(Run(Step("a", "exit 3", "    onFailure: successAndExit\n") + Step("b", "echo b")),
            "= 0");
  EXPECT_EQ(Run(Step("a", "exit 3", "    onFailure: successAndExit\n")), "= 0");
  EXPECT_EQ(Run(Step("a", "echo a", "    onSuccess: exit\n") + Step("b", "echo b")), "a\n= 0");
  EXPECT_EQ(Run(Step("a", "exit 1", "  isEnd: true\n") + Step("b", "echo b")), "b\n= 1");
}

TEST_P(Steps, TheFinallyStepRunsAlways) {
  const std::string last = Step("z", "echo z", "    finallyStep: true\n");
  EXPECT_EQ(Run(Step("a", "exit 3", "    onFailure: exit\n") + Step("b", "echo b") + last),
            "z\n= 3");
  EXPECT_EQ(Run(Step("a", "echo a", "    onSuccess: exit\n") + last), "a\nz\n= 0");
}

TEST_P(Steps, StartInTheirFolders) {
  EXPECT_EQ(Run(Step("a", "pwd", "    workingDirectory: /usr\n") +
                Step("b", "pwd", "    workingDirectory: /no'such folder\n") +
                Step("c", "pwd", "    workingDirectory: /\n")),
            "/usr\n/\n= 1");
}

TEST_P(Steps, ThatRunIntoTheirTimeOutAreKilledAndSaySo) {
  EXPECT_EQ(Run(Step("a", "sleep 60 & sleep 60; echo a", "    timeoutSeconds: 1\n") +
                Step("b", "echo b")),
            "b\n= 124");
  EXPECT_EQ(shell_.Errors(), "Step a timed out after 1 seconds.\n");
}

TEST_P(Steps, WithTheStatusOfATimeOutOfTheirOwnHaveFailed) {
  EXPECT_EQ(Run(Step("a", "exit 124") + Step("b", "exit 124")), "= 1");
  EXPECT_EQ(shell_.Errors(),
            "Step a failed with exit status 124.\nStep b failed with exit status 124.\n");
}

TEST_P(Steps, MayBeLong) {
  std::string line = "echo '";
  for (int i = 0; i < 20000; ++i) line += "x";
  const std::string command = line + "' | wc -c";
  const std::string before = Step("a", ": " + std::string(20000, 'y'));
  EXPECT_EQ(Run(before + Step("b", command)), "20001\n= 0");
}

TEST_P(Steps, WithASyntaxErrorFailAlone) {
  EXPECT_EQ(Run(Step("a", "if; echo 'open") + Step("b", "echo b")), "b\n= 2");
}

TEST_P(Steps, ThatAreToldToEndDoSo) {
  const std::string script =
      Plan(Step("a", "echo a; kill -TERM $LULL_TEST_PID; sleep 60 >/dev/null; echo no") +
           Step("b", "echo b"))
          .script;
  EXPECT_EQ(shell_.Run("export LULL_TEST_PID=$$\n" + script), "a\n");
  EXPECT_EQ(shell_.status(), 143);
}

}  // namespace
}  // namespace lull::runners
