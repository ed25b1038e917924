#include "cli/run_file.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/run_plan.h"
#include "tests/cli/text_stream.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

constexpr char kPatch[] = R"(name: patch-web
duration_hours: 4
cutoff_hours: 1
tasks:
  - name: drain
    nodes: local
    commands: |
      echo one
      echo two
    timeout_seconds: 60
  - name: patch
    tags:
      role: [web, proxy]
      stage: production
    document: AWS-RunPatchBaseline
    parameters:
      Operation: Install
    max_concurrency: 10%
    max_errors: 3
    cutoff_behavior: CANCEL_TASK
  - name: notify
    priority: 9
    function: chat
    payload: '{"text": "done"}'
  - name: reindex
    function: index
    type: AUTOMATION
    parameters: {Shards: ['1', '2']}
    group: search
)";

std::string ErrorOf(const std::string& text) {
  const auto run = ParseRunFile(text);
  EXPECT_FALSE(run.ok()) << text;
  return run.ok() ? "" : std::string(run.status().message());
}

/// A file of one task with `lines`, each of which is a member.
std::string OneTask(const std::vector<std::string>& lines) {
  std::string text = "tasks:\n  - name: only\n";
  for (const std::string& line : lines) absl::StrAppend(&text, "    ", line, "\n");
  return text;
}

TEST(RunFileTest, TasksBecomeTheApisRequests) {
  const auto run = ParseRunFile(kPatch);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->window.name(), "patch-web");
  EXPECT_EQ(run->window.duration(), 4);
  EXPECT_EQ(run->window.cutoff(), 1);
  ASSERT_EQ(run->tasks.size(), 4U);

  const auto& drain = run->tasks[0].request;
  EXPECT_EQ(drain.task_type(), "RUN_COMMAND");
  EXPECT_EQ(drain.task_arn(), "AWS-RunShellScript");
  EXPECT_EQ(drain.targets(0).key(), "InstanceIds");
  EXPECT_EQ(drain.targets(0).values(0), "local");
  EXPECT_EQ(drain.max_concurrency(), "1") << "one at a time, unless it is asked for";
  EXPECT_EQ(drain.max_errors(), "0") << "no further after the first error, unless it is asked for";
  const auto& parameters = drain.task_invocation_parameters().run_command().parameters();
  EXPECT_EQ(parameters.at("commands").values(0), "echo one\necho two\n");
  EXPECT_EQ(parameters.at("executionTimeout").values(0), "60");

  const RunTask& patch = run->tasks[1];
  EXPECT_EQ(patch.request.task_arn(), "AWS-RunPatchBaseline");
  EXPECT_EQ(patch.request.max_concurrency(), "10%");
  EXPECT_EQ(patch.request.cutoff_behavior(), "CANCEL_TASK");
  EXPECT_TRUE(patch.request.targets().empty());
  ASSERT_EQ(patch.targets.size(), 1U);
  EXPECT_EQ(patch.targets[0].resource_type(), "INSTANCE");
  EXPECT_EQ(patch.targets[0].targets(0).key(), "tag:role");
  EXPECT_EQ(patch.targets[0].targets(0).values_size(), 2);
  EXPECT_EQ(patch.targets[0].targets(1).values(0), "production");

  EXPECT_EQ(run->tasks[2].request.task_type(), "LAMBDA");
  EXPECT_EQ(run->tasks[2].request.task_invocation_parameters().lambda().payload(),
            R"({"text": "done"})");
  EXPECT_FALSE(run->tasks[2].request.has_max_errors()) << "it has no targets";
  EXPECT_EQ(run->tasks[3].targets[0].targets(0).key(), "resource-groups:Name");
  EXPECT_EQ(run->tasks[3]
                .request.task_invocation_parameters()
                .automation()
                .parameters()
                .at("Shards")
                .values_size(),
            2);
}

TEST(RunFileTest, ATaskWithoutAPriorityComesAfterTheOneBeforeIt) {
  const auto run = ParseRunFile(kPatch);
  ASSERT_TRUE(run.ok()) << run.status();
  std::vector<int> priorities;
  for (const RunTask& task : run->tasks) priorities.push_back(task.request.priority());
  EXPECT_EQ(priorities, (std::vector<int>{1, 2, 9, 10}));
}

TEST(RunFileTest, WhatIsWrongIsToldWithItsLineMemberValueAndWhatIsRight) {
  EXPECT_EQ(ErrorOf("name: xyz\n"), "line 1: there are no tasks; give it a list of them");
  EXPECT_EQ(ErrorOf("tasks: 3\n"), "line 1: there are no tasks; give it a list of them");
  EXPECT_EQ(ErrorOf("tasks: []\ntasks: []\n"), "line 2: the key \"tasks\" is there twice");
  EXPECT_EQ(ErrorOf(""), "line 1: this must be a mapping of keys to values");
  EXPECT_NE(ErrorOf("tasks: [\n").find("line 2: this is no YAML"), std::string::npos);
  EXPECT_EQ(ErrorOf(OneTask({"comands: [a]"})),
            "line 3: unknown key \"comands\" in tasks.1; did you mean commands?");
  EXPECT_EQ(ErrorOf(OneTask({"nodes: [local]"})),
            "line 2: tasks.1 does nothing; give it commands, a document or a function");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]"})),
            "line 2: tasks.1 has no targets; give it nodes, tags or a group (nodes: [local] is the "
            "machine that lull runs on)");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]", "nodes: [local]", "max_concurrency: 0"})),
            "line 5: tasks.1.max_concurrency is \"0\"; it must be a number of at least 1, or 1% to "
            "100%");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]", "nodes: [local]", "max_errors: 101%"})),
            "line 5: tasks.1.max_errors is \"101%\"; it must be a number of at least 0, or 0% to "
            "100%");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]", "nodes: [local]", "timeout_seconds: 0"})),
            "line 5: tasks.1.timeout_seconds is 0; it must be 1 to 172800");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]", "nodes: [local]", "priority: -1"})),
            "line 5: tasks.1.priority is -1; it must be 0 to 2147483647");
  EXPECT_EQ(ErrorOf(OneTask({"function: f", "max_errors: 1"})),
            "line 4: tasks.1.max_errors is of a task with targets");
  EXPECT_EQ(ErrorOf(OneTask({"function: f", "commands: [a]"})),
            "line 4: tasks.1.commands is there beside a function; give one");
  EXPECT_EQ(ErrorOf(OneTask({"function: f", "type: LAMDA"})),
            "line 4: tasks.1.type is \"LAMDA\"; it must be LAMBDA, AUTOMATION or STEP_FUNCTIONS");
  EXPECT_EQ(ErrorOf("duration_hours: 25\n" + OneTask({})),
            "line 1: duration_hours is 25; it must be 1 to 24");
  EXPECT_EQ(ErrorOf("duration_hours: 2\ncutoff_hours: 2\n" + OneTask({})),
            "line 2: cutoff_hours is 2; it must be 0 to 1, less than duration_hours");
  EXPECT_EQ(ErrorOf("name: a b\n" + OneTask({})),
            "line 1: name is \"a b\"; it must have 3 to 128 letters, digits, \"_\", \"-\" and "
            "\".\"");
  EXPECT_EQ(ErrorOf(OneTask({"commands: [a]", "tags: {role: []}"})),
            "line 4: tasks.1.tags.role has 0 values; it must have 1 to 5");
  EXPECT_NE(ErrorOf(OneTask({"commands: [a]", "nodes: ['a b']"})).find("line 4: "),
            std::string::npos);
}

TEST(RunFileTest, SharesMayBeAnyThatTheApiTakes) {
  for (const char* right : {"1", "9999999", "1%", "99%", "100%"}) {
    EXPECT_TRUE(ParseRunFile(OneTask({"commands: [a]", "nodes: [local]",
                                      absl::StrCat("max_concurrency: ", right)}))
                    .ok())
        << right;
  }
  for (const char* wrong :
       {"00", "01", "10000000", "0%", "010%", "200%", "%", "-1", "1.5", "all"}) {
    ErrorOf(OneTask({"commands: [a]", "nodes: [local]", absl::StrCat("max_concurrency: ", wrong)}));
  }
}

TEST(RunFileTest, AFileThatIsTooLongOrHasTooManyValuesIsRefused) {
  EXPECT_EQ(ErrorOf(std::string(kMaxRunFileBytes + 1, '#')), "the file has more than 1 MiB");
  std::string many = "tasks:\n  - name: only\n    commands:\n";
  for (int i = 0; i < 30000; ++i) many += "    - a\n";
  EXPECT_NE(ErrorOf(many).find("values at most"), std::string::npos);
}

TEST(RunFileTest, ErrorsBeginWithThePathAndADashIsStandardInput) {
  TempFolder temp;
  const std::string path = temp.File("run.yaml");
  std::ofstream(path) << "tasks: 1\n";
  EXPECT_EQ(ReadRunFile(path, nullptr).status().message(),
            path + ": line 1: there are no tasks; give it a list of them");
  TextStream in;
  std::fputs(kPatch, in.file());
  std::rewind(in.file());
  EXPECT_TRUE(ReadRunFile("-", in.file()).ok());
  EXPECT_EQ(ReadRunFile("-", in.file()).status().message().substr(0, 21), "standard input: line ");
}

TEST(RunPlanTest, SharesAreNumbersWhereTheNodesAreKnown) {
  const auto run = ParseRunFile(kPatch);
  ASSERT_TRUE(run.ok()) << run.status();
  PlannedNodes web;
  web.first = {"web-1", "web-2"};
  web.count = 35;
  PlannedNodes local;
  local.first = {"local"};
  local.count = 1;
  local.unknown = {"local"};
  EXPECT_EQ(PlanText(*run, {local, web, std::nullopt, std::nullopt}),
            "patch-web: 4 tasks, 4 hours at most; nothing starts in the last 1 hour\n"
            "\n"
            "PRIORITY  TASK     RUNS                  NODES  AT ONCE  ERRORS ALLOWED\n"
            "1         drain    AWS-RunShellScript    1      1        0\n"
            "2         patch    AWS-RunPatchBaseline  35     3 (10%)  3\n"
            "9         notify   chat                  none   -        -\n"
            "10        reindex  index                 ?      1        0\n"
            "\n"
            "drain: local; not known: local\n"
            "patch: web-1, web-2 and 33 more\n"
            "notify: no nodes, one call\n"
            "reindex: the nodes of resource-groups:Name=search\n"
            "\n"
            "Nothing was run.\n");
}

}  // namespace
}  // namespace lull::cli
