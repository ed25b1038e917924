#include "runners/documents/parse_document.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "runners/documents/check_values.h"

namespace lull::runners {
namespace {

constexpr char kSteps[] = R"(
mainSteps:
- action: aws:runShellScript
  name: only
  inputs: {runCommand: [echo]}
)";

std::string ErrorOf(const std::string& text) {
  const auto document = ParseDocument("doc", text);
  return document.ok() ? "no error" : std::string(document.status().message());
}
std::string ParameterError(const std::string& parameter) {
  return ErrorOf(absl::StrCat("schemaVersion: '2.2'\nparameters:\n  p: ", parameter, kSteps));
}
std::string StepError(const std::string& step) {
  return ErrorOf(absl::StrCat("schemaVersion: '2.2'\nmainSteps:\n- ", step));
}

TEST(ParseDocument, ATextWithANulByteIsRefused) {
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, inputs: {runCommand: [\"echo\\0\"]}}"),
            "line 3: there is a NUL byte; leave it out");
}

TEST(ParseDocument, ReadsAllThatADocumentHas) {
  const auto document = ParseDocument("doc", R"(---
schemaVersion: "2.2"
description: |
  Many words.
parameters:
  name: {type: String, default: x, allowedValues: [x, y], allowedPattern: '^\w$', minChars: 1, maxChars: 9}
  lines: {type: StringList, default: [a, b], minItems: 1, maxItems: 3, displayType: textarea}
  yes: {type: Boolean, default: true}
  count: {type: Integer, default: 7, description: How many.}
  must: {type: String}
mainSteps:
- action: aws:runShellScript
  name: first
  precondition: {StringEquals: [platformType, Linux]}
  inputs:
    timeoutSeconds: 60
    workingDirectory: /srv/{{ name }}
    onFailure: exit
    runCommand:
    - "{{ lines }}"
    - echo '{{ must }}'
- action: aws:runShellScript
  name: second
  precondition: {StringEquals: [MacOS, platformType]}
  onSuccess: exit
  onFailure: successAndExit
  inputs: {runCommand: echo one text}
- {action: aws:runShellScript, name: third, isEnd: true, inputs: {runCommand: [x], finallyStep: true}}
)");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->parameters.size(), 5u);
  EXPECT_EQ(*document->parameters.at("yes").default_values, std::vector<std::string>{"true"});
  EXPECT_EQ(*document->parameters.at("count").default_values, std::vector<std::string>{"7"});
  EXPECT_FALSE(document->parameters.at("must").default_values);
  ASSERT_EQ(document->steps.size(), 3u);
  const DocumentStep& first = document->steps[0];
  EXPECT_EQ(first.platform, "Linux");
  EXPECT_EQ(first.timeout_seconds, "60");
  EXPECT_EQ(first.after_failure, AfterFailure::kExit);
  EXPECT_EQ(first.commands, (std::vector<std::string>{"{{ lines }}", "echo '{{ must }}'"}));
  EXPECT_EQ(document->steps[1].platform, "MacOS");
  EXPECT_TRUE(document->steps[1].exit_on_success);
  EXPECT_EQ(document->steps[1].after_failure, AfterFailure::kSuccessAndExit);
  EXPECT_TRUE(document->steps[2].finally);
}

TEST(ParseDocument, ReadsJson) {
  const auto document = ParseDocument("doc", R"({"schemaVersion": "2.2",
    "parameters": {"p": {"type": "StringList", "default": []}},
    "mainSteps": [{"action": "aws:runShellScript", "name": "a",
      "inputs": {"timeoutSeconds": "{{ p }}", "runCommand": ["echo \"a\"\tb"]}}]})");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->steps[0].commands[0], "echo \"a\"\tb");
  EXPECT_TRUE(document->parameters.at("p").default_values->empty());
}

TEST(ParseDocument, SaysWhereItIsWrongAndWhatIsRight) {
  EXPECT_EQ(ErrorOf(""), "line 1: a document is nothing; give a mapping of keys to values");
  EXPECT_EQ(ErrorOf("- a"), "line 1: a document is a list; give a mapping of keys to values");
  EXPECT_EQ(ErrorOf(absl::StrCat("schemaVersion: '0.3'", kSteps)),
            "line 1: schemaVersion is \"0.3\"; only \"2.2\", of Command documents, is supported");
  EXPECT_EQ(ErrorOf("schemaVersion: '2.2'\n"), "line 1: there are no mainSteps");
  EXPECT_EQ(ErrorOf("schemaVersion: '2.2'\nruntimeConfig: {}"),
            "line 2: unknown key \"runtimeConfig\"; a document has schemaVersion, description, "
            "parameters, mainSteps");
  EXPECT_EQ(ErrorOf("description: 1\ndescription: 2"),
            "line 2: the key \"description\" is there twice");
  EXPECT_EQ(ErrorOf("a: &x 1\nb: *x"),
            "line 2: aliases (*name) are not taken; write the value out");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 1"), "line 2: there is a second document; a document is one");
  EXPECT_EQ(ErrorOf("a: [1"), "line 1: this is no YAML: end of sequence flow not found");
  EXPECT_EQ(ErrorOf("a: \xff"), "line 1: this is not UTF-8");
}

TEST(ParseDocument, RefusesStepsThatItCantRun) {
  EXPECT_EQ(
      StepError("{action: aws:runPowerShellScript, name: a}"),
      "line 3: the action \"aws:runPowerShellScript\" is not supported; use aws:runShellScript");
  EXPECT_EQ(StepError("{name: a, inputs: {runCommand: [x]}}"),
            "line 3: a step has no action; give it aws:runShellScript");
  EXPECT_EQ(
      StepError("{action: aws:runShellScript, inputs: {runCommand: [x]}}"),
      "line 3: the step name \"\" must begin with a letter and have only letters, digits and _");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a}"),
            "line 3: the step a has no commands; give it inputs.runCommand");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, inputs: {runCommand: [[x]]}}"),
            "line 3: an item of runCommand is a list; give one text");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, inputs: {runCommand: [x], env: 1}}"),
            "line 3: unknown key \"env\"; inputs has runCommand, workingDirectory, timeoutSeconds, "
            "onFailure, onSuccess, finallyStep");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, onFailure: stop}"),
            "line 3: onFailure is \"stop\"; give one of: exit, continue, successAndExit");
  EXPECT_EQ(StepError("{name: a, precondition: {StringEquals: [platformType, Solaris]}}"),
            "line 3: StringEquals compares platformType with Linux, Windows or MacOS; give "
            "{StringEquals: [platformType, Linux]}");
  EXPECT_EQ(
      StepError("{name: a, precondition: {StringNotEquals: [a, b]}}"),
      "line 3: precondition is not supported in this form; give {StringEquals: [platformType, "
      "Linux]}");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, inputs: {runCommand: ['{{ q }}']}}"),
            "line 3: the step a has {{ q }}, but there is no such parameter; add it to parameters");
  EXPECT_EQ(StepError("{action: aws:runShellScript, name: a, inputs: {runCommand: [x]}}\n"
                      "- {action: aws:runShellScript, name: a, inputs: {runCommand: [x]}}"),
            "line 4: the step a is there twice; see line 3");
}

TEST(ParseDocument, RefusesParametersThatItCantCheck) {
  EXPECT_EQ(
      ParameterError("{type: StringMap}"),
      "line 3: the type StringMap is not supported; use String with a text of JSON, or StringList");
  EXPECT_EQ(ParameterError("{type: Float}"),
            "line 3: type is \"Float\"; give one of: String, StringList, Boolean, Integer");
  EXPECT_EQ(ParameterError("{default: x}"), "line 3: the parameter \"p\" has no type; give it one");
  EXPECT_EQ(ParameterError("{type: String, default: [a, b]}"),
            "line 3: default is a list; a String has one value");
  EXPECT_EQ(ParameterError("{type: String, default: x, allowedValues: [y]}"),
            "line 3: default: parameter p \"x\" is not allowed; give one of: \"y\".");
  EXPECT_EQ(
      ParameterError("{type: String, allowedPattern: '(a'}"),
      "line 3: allowedPattern of \"p\": missing ): (a; give a regular expression in RE2's syntax");
  EXPECT_EQ(ParameterError("{type: String, minChars: many}"),
            "line 3: minChars is \"many\"; give a whole number from 0 on");
}

TEST(ParseDocument, IsBounded) {
  EXPECT_EQ(ErrorOf(std::string(kMaxDocumentBytes + 1, ' ')),
            "line 1: the document has more than 64 KiB");
  EXPECT_EQ(ErrorOf(std::string(60000, '[')), "line 1: a key must be one word or text");
  EXPECT_EQ(ErrorOf(std::string(60000, '{')), "line 1: a key must be one word or text");
  EXPECT_EQ(ErrorOf("a: " + std::string(100, '[') + std::string(100, ']')),
            "line 1: this lies too deep");
  std::string lists;
  for (int i = 0; i < 30000; ++i) lists += "- ";
  EXPECT_NE(ErrorOf(lists).find("too deep"), std::string::npos) << ErrorOf(lists);
  EXPECT_NE(ErrorOf("[" + std::string(30000, ',') + "]").find("line 1: "), std::string::npos);
}

class Values : public testing::Test {
 protected:
  std::string Error(const ParameterValues& given) {
    const auto values = ResolveParameters(document_, given);
    return values.ok() ? "OK" : std::string(values.status().message());
  }
  const Document document_ = *ParseDocument("Doc", absl::StrCat(R"(
schemaVersion: '2.2'
parameters:
  text: {type: String, default: x, allowedPattern: '[a-z\d]{0,4}|long(er)+', maxChars: 20, minChars: 1}
  list: {type: StringList, default: [], maxItems: 2}
  truth: {type: Boolean, default: false}
  count: {type: Integer, default: 0}
  choice: {type: String, allowedValues: [Scan, Install]})",
                                                                kSteps));
};

TEST_F(Values, AreThoseThatAreGivenAndDefaultsForTheRest) {
  const auto values = ResolveParameters(document_, {{"choice", {"Scan"}}, {"count", {"-12"}}});
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(*values, (ParameterValues{{"text", {"x"}},
                                      {"list", {}},
                                      {"truth", {"false"}},
                                      {"count", {"-12"}},
                                      {"choice", {"Scan"}}}));
}

TEST_F(Values, ThatAreWrongNameDocumentParameterValueAndWhatIsRight) {
  EXPECT_EQ(Error({}),
            "Document Doc: parameter choice is missing; give it in "
            "TaskInvocationParameters.RunCommand.Parameters.choice.");
  EXPECT_EQ(Error({{"chioce", {"Scan"}}}),
            "Document Doc: unknown parameter \"chioce\"; it has choice, count, list, text, truth.");
  EXPECT_EQ(Error({{"choice", {"scan"}}}),
            "Document Doc: parameter choice \"scan\" is not allowed; give one of: \"Scan\", "
            "\"Install\".");
  EXPECT_EQ(Error({{"choice", {"Scan", "Scan"}}}),
            "Document Doc: parameter choice has 2 values; a String has exactly one.");
  EXPECT_EQ(Error({{"choice", {}}}),
            "Document Doc: parameter choice has 0 values; a String has exactly one.");
  EXPECT_EQ(Error({{"truth", {"yes"}}}),
            "Document Doc: parameter truth \"yes\" is no Boolean; give true or false.");
  for (const char* text : {"1.5", "", "1 ", "99999999999999999999"}) {
    EXPECT_EQ(Error({{"count", {text}}}), absl::StrCat("Document Doc: parameter count \"", text,
                                                       "\" is no Integer; give a whole number."));
  }
  EXPECT_EQ(Error({{"text", {"Ab"}}}),
            "Document Doc: parameter text \"Ab\" does not match the pattern "
            "\"[a-z\\\\d]{0,4}|long(er)+\".");
  EXPECT_EQ(Error({{"text", {""}}}),
            "Document Doc: parameter text \"\" is too short; give at least 1 characters.");
  EXPECT_EQ(Error({{"list", {"a", "b", "c"}}}),
            "Document Doc: parameter list has 3 items; give 2 at most.");
  EXPECT_EQ(Error({{"text", {"longererer"}}, {"choice", {"Scan"}}}), "OK");
}

TEST_F(Values, ErrorsFitIntoAnInvocationsDetails) {
  const std::string many(4000, 'x');
  EXPECT_LE(Error({{"text", {many}}}).size(), 250u);
  EXPECT_LE(Error({{"choice", {many}}}).size(), 250u);
  EXPECT_LE(Error({{many, {"a"}}}).size(), 250u);
}

TEST(Patterns, TakeTimeInProportionToTheValue) {
  DocumentParameter parameter;
  parameter.allowed_pattern = "(a*)*(a|aa)+b";
  const std::string many(200000, 'a');
  EXPECT_FALSE(CheckValues("p", parameter, {many}).ok());
  EXPECT_TRUE(CheckValues("p", parameter, {many + "b"}).ok());
  EXPECT_FALSE(CheckPattern("((a{1,100}){1,100}){1,100}").ok());
}

}  // namespace
}  // namespace lull::runners
