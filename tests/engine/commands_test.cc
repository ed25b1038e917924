// RUN_COMMAND task executions as Run Command shows them, and what their invocations printed.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

class CommandsTest : public testing::Test {
 protected:
  /// Opens a window with a task over so many nodes, so many at a time. Returns the command's id.
  std::string Open(int nodes, int at_once, const std::string& type = "RUN_COMMAND") {
    if (window_.empty()) window_ = world_.CreateWindow();
    auto task = world_.TaskRequest(window_);
    task.set_task_type(type);
    task.mutable_targets(0)->set_values(0, std::to_string(nodes));
    task.set_max_concurrency(std::to_string(at_once));
    task.set_max_errors("1");
    auto& run = *task.mutable_task_invocation_parameters()->mutable_run_command();
    if (type == "RUN_COMMAND") {
      run.set_comment("patch");
      run.set_document_version("3");
      (*run.mutable_parameters())["commands"].add_values("true");
    } else {
      task.clear_task_invocation_parameters();
    }
    task.set_cutoff_behavior("CANCEL_TASK");
    world_.RegisterTask(task);
    world_.Advance(absl::Hours(1));
    execution_ = world_.Executions(window_).at(0).window_execution_id();
    return world_.Tasks(execution_).back().task_execution_id();
  }
  v1::GetCommandInvocationResponse Get(const std::string& command, const std::string& node) {
    v1::GetCommandInvocationRequest request;
    request.set_command_id(command);
    request.set_instance_id(node);
    const auto response = world_.engine->GetCommandInvocation(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::GetCommandInvocationResponse();
  }
  static std::string State(const v1::GetCommandInvocationResponse& invocation) {
    return invocation.status() + '/' + invocation.status_details() + '/' +
           std::to_string(invocation.response_code());
  }
  std::string GetError(const std::string& command, const std::string& node,
                       const std::string& plugin = "aws:runShellScript") {
    v1::GetCommandInvocationRequest request;
    request.set_command_id(command);
    request.set_instance_id(node);
    request.set_plugin_name(plugin);
    const auto status = world_.engine->GetCommandInvocation(world_.context, request).status();
    return status.ok() ? "OK" : ModelledType(status);
  }
  /// All pages: `node status` each.
  std::vector<std::string> Invocations(v1::ListCommandInvocationsRequest request) {
    std::vector<std::string> all;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = world_.engine->ListCommandInvocations(world_.context, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      if (request.has_max_results()) {
        EXPECT_LE(page->command_invocations_size(), request.max_results());
      }
      for (const auto& row : page->command_invocations()) {
        all.push_back(row.instance_id() + ' ' + row.status_details());
      }
      request.set_next_token(page->next_token());
      if (page->next_token().empty()) return all;
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
  std::vector<std::string> Commands(v1::ListCommandsRequest request) {
    std::vector<std::string> all;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = world_.engine->ListCommands(world_.context, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const auto& row : page->commands()) all.push_back(row.command_id());
      request.set_next_token(page->next_token());
      if (page->next_token().empty()) return all;
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
  template <class Request>
  static Request With(const std::string& key, const std::string& value) {
    Request request;
    v1::CommandFilter& filter = *request.add_filters();
    filter.set_key(key);
    filter.set_value(value);
    return request;
  }
  std::vector<std::string> CommandsWith(const std::string& key, const std::string& value) {
    return Commands(With<v1::ListCommandsRequest>(key, value));
  }
  void Cancel(CancelPolicy policy) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(execution_);
    ASSERT_TRUE(
        world_.engine->CancelMaintenanceWindowExecution(world_.context, request, {.policy = policy})
            .ok());
  }

  using Texts = std::vector<std::string>;
  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
  std::string execution_;
};

TEST_F(CommandsTest, AnInvocationIsShownFromItsStartToItsEndWithWhatItPrints) {
  const std::string command = Open(3, 1);
  const InvocationRef first = world_.runner.in_flight.at(0).ref;
  world_.runner.printed[{first, OutputStream::kStdout}] = "so far";
  auto invocation = Get(command, "node-0");
  EXPECT_EQ(State(invocation), "InProgress/InProgress/-1");
  EXPECT_EQ(invocation.standard_output_content(), "so far");
  EXPECT_EQ(invocation.execution_start_date_time(), "2023-11-14T23:13:20.000Z");
  EXPECT_EQ(invocation.execution_end_date_time(), "");
  EXPECT_EQ(invocation.execution_elapsed_time(), "");

  world_.runner.printed[{first, OutputStream::kStdout}] = "all\n";
  world_.runner.printed[{first, OutputStream::kStderr}] = "bad\n";
  world_.clock.Advance(absl::Minutes(61) + absl::Milliseconds(40));
  world_.runner.FinishOldest(Status::kFailed, "Failed: exit status 7", 7);
  world_.Settle();
  invocation = Get(command, "node-0");
  EXPECT_EQ(State(invocation), "Failed/Failed/7");
  EXPECT_EQ(invocation.standard_output_content(), "all\n");
  EXPECT_EQ(invocation.standard_error_content(), "bad\n");
  EXPECT_EQ(invocation.execution_end_date_time(), "2023-11-15T00:14:20.040Z");
  EXPECT_EQ(invocation.execution_elapsed_time(), "PT1H1M0.04S");
  EXPECT_EQ(invocation.command_id(), command);
  EXPECT_EQ(invocation.instance_id(), "node-0");
  EXPECT_EQ(invocation.comment(), "patch");
  EXPECT_EQ(invocation.document_name(), "AWS-RunShellScript");
  EXPECT_EQ(invocation.document_version(), "3");
  EXPECT_EQ(invocation.plugin_name(), "aws:runShellScript");

  EXPECT_EQ(State(Get(command, "node-2")), "Pending/Pending/-1");
  EXPECT_EQ(Get(command, "node-2").execution_start_date_time(), "");
}

TEST_F(CommandsTest, WhatHasNoExitCodeSaysWhyWhereItPrintedNothing) {
  const std::string command = Open(1, 1);
  world_.runner.FinishOldest(Status::kFailed, "Unknown node.");
  world_.Settle();
  EXPECT_EQ(State(Get(command, "node-0")), "Failed/Failed/-1");
  EXPECT_EQ(Get(command, "node-0").standard_error_content(), "Unknown node.");
}

TEST_F(CommandsTest, OutputIsCutAtTheApisLimitsInCharactersAndIsAlwaysUtf8) {
  const std::string command = Open(1, 1);
  const InvocationRef ref = world_.runner.in_flight.at(0).ref;
  std::string umlauts;
  for (int i = 0; i < 30000; ++i) umlauts += "\xC3\xA4";
  world_.runner.printed[{ref, OutputStream::kStdout}] = umlauts;
  world_.runner.printed[{ref, OutputStream::kStderr}] = "a\xFF\xC3";
  const auto invocation = Get(command, "node-0");
  EXPECT_EQ(invocation.standard_output_content(), umlauts.substr(0, 2 * 24000));
  EXPECT_EQ(invocation.standard_error_content(), "a\xEF\xBF\xBD\xEF\xBF\xBD");
  world_.runner.printed[{ref, OutputStream::kStderr}] = std::string(9000, 'e');
  EXPECT_EQ(Get(command, "node-0").standard_error_content(), std::string(8000, 'e'));

  v1::ListCommandInvocationsRequest list;
  list.set_details(true);
  const auto page = world_.engine->ListCommandInvocations(world_.context, list);
  EXPECT_EQ(page->command_invocations(0).command_plugins(0).output(), umlauts.substr(0, 2 * 2500));
  world_.runner.printed[{ref, OutputStream::kStdout}] = "out";
  world_.runner.printed[{ref, OutputStream::kStderr}] = "err";
  EXPECT_EQ(world_.engine->ListCommandInvocations(world_.context, list)
                ->command_invocations(0)
                .command_plugins(0)
                .output(),
            "out\n----------ERROR-------\nerr");
}

TEST_F(CommandsTest, StatesAreRunCommandsWords) {
  const std::string command = Open(8, 3);
  world_.runner.FinishOldest(Status::kSuccess, "", 0);
  world_.runner.FinishOldest(Status::kTimedOut);
  world_.Settle();
  EXPECT_EQ(State(Get(command, "node-0")), "Success/Success/0");
  EXPECT_EQ(State(Get(command, "node-1")), "TimedOut/ExecutionTimedOut/-1");
  world_.runner.FinishOldest(Status::kFailed);  // and so there are too many errors
  world_.Settle();
  EXPECT_EQ(State(Get(command, "node-7")), "Cancelled/Terminated/-1");
  v1::ListCommandInvocationsRequest request;
  request.set_command_id(command);
  EXPECT_EQ(
      Invocations(request),
      (Texts{"node-0 Success", "node-1 ExecutionTimedOut", "node-2 Failed", "node-3 InProgress",
             "node-4 InProgress", "node-5 Terminated", "node-6 Terminated", "node-7 Terminated"}));
}

TEST_F(CommandsTest, WhatTheCutoffKeptFromStartingWasNotDelivered) {
  const std::string command = Open(3, 1);
  world_.Advance(absl::Hours(2));
  EXPECT_EQ(State(Get(command, "node-1")), "TimedOut/DeliveryTimedOut/-1");
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(State(Get(command, "node-0")), "Success/Success/-1");
  v1::ListCommandsRequest one;
  one.set_command_id(command);
  const auto list = world_.engine->ListCommands(world_.context, one);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->commands(0).status_details(), "DeliveryTimedOut");
  EXPECT_EQ(list->commands(0).delivery_timed_out_count(), 2);
  EXPECT_EQ(list->commands(0).completed_count(), 3);
}

TEST_F(CommandsTest, WhatIsAskedToStopIsCancelling) {
  std::string command = Open(3, 1);
  Cancel(CancelPolicy::kStop);
  EXPECT_EQ(State(Get(command, "node-0")), "Cancelling/Cancelling/-1");
  EXPECT_EQ(State(Get(command, "node-1")), "Cancelled/Cancelled/-1");
  world_.runner.FinishOldest(Status::kCancelled);
  world_.Settle();
  EXPECT_EQ(State(Get(command, "node-0")), "Cancelled/Cancelled/-1");
}

TEST_F(CommandsTest, ACommandIsOneFromItsFirstInvocationOn) {
  const std::string first = Open(2, 1);
  auto second = world_.TaskRequest(window_);
  second.set_priority(5);
  world_.RegisterTask(second);
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  world_.Advance(absl::Hours(1));
  const auto tasks = world_.Tasks(world_.Executions(window_).at(0).window_execution_id());
  ASSERT_EQ(tasks.size(), 2u);
  const std::string waiting = tasks.at(1).task_execution_id();
  EXPECT_EQ(GetError(waiting, "node-0"), "InvocationDoesNotExist");
  EXPECT_EQ(Commands({}), (Texts{tasks.at(0).task_execution_id(), first}));
}

TEST_F(CommandsTest, OnlyRunCommandTasksAreCommands) {
  const std::string task = Open(2, 1, "AUTOMATION");
  EXPECT_EQ(GetError(task, "node-0"), "InvocationDoesNotExist");
  EXPECT_TRUE(Commands({}).empty());
  EXPECT_TRUE(Invocations({}).empty());
}

TEST_F(CommandsTest, ErrorsAreTheApis) {
  const std::string command = Open(2, 1);
  EXPECT_EQ(GetError(command, "node-0"), "OK");
  EXPECT_EQ(GetError(command, "node-9"), "InvocationDoesNotExist");
  EXPECT_EQ(GetError(kNoUuid, "node-0"), "InvocationDoesNotExist");
  EXPECT_EQ(GetError(std::string(36, 'x'), "node-0"), "InvalidCommandId");
  EXPECT_EQ(GetError(command, "node-0", "aws:other"), "InvalidPluginName");
  v1::ListCommandsRequest commands;
  commands.set_command_id(kNoUuid);
  const auto type = [&](const auto& response) { return ModelledType(response.status()); };
  EXPECT_EQ(type(world_.engine->ListCommands(world_.context, commands)), "InvalidCommandId");
  commands.Clear();
  commands.set_next_token("nonsense");
  EXPECT_EQ(type(world_.engine->ListCommands(world_.context, commands)), "InvalidNextToken");
  v1::ListCommandInvocationsRequest invocations;
  invocations.set_command_id(kNoUuid);
  EXPECT_TRUE(Invocations(invocations).empty());
  EXPECT_EQ(
      type(world_.engine->ListCommandInvocations(
          world_.context, With<v1::ListCommandInvocationsRequest>("ExecutionStage", "Complete"))),
      "InvalidFilterKey");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"Status", "Odd"}, {"InvokedAfter", "soon"}, {"ExecutionStage", "Odd"}}) {
    const auto response =
        world_.engine->ListCommands(world_.context, With<v1::ListCommandsRequest>(key, value));
    EXPECT_TRUE(absl::IsInvalidArgument(response.status())) << key;
    EXPECT_EQ(type(response), "") << key;
  }
}

TEST_F(CommandsTest, PagesHoldEachInvocationOnceNewestCommandFirst) {
  const std::string older = Open(70, 70);
  while (!world_.runner.in_flight.empty()) world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  world_.Advance(absl::Hours(1));
  Texts expected;
  for (int i = 0; i < 70; ++i) {
    expected.push_back("node-" + std::to_string(i) + " InProgress");
  }
  for (int i = 0; i < 70; ++i) expected.push_back("node-" + std::to_string(i) + " Success");
  for (const int page : {1, 7, 50}) {
    v1::ListCommandInvocationsRequest request;
    request.set_max_results(page);
    EXPECT_EQ(Invocations(request), expected) << page;
  }
  auto filtered = With<v1::ListCommandInvocationsRequest>("Status", "Success");
  filtered.set_max_results(9);
  EXPECT_EQ(Invocations(filtered), Texts(expected.begin() + 70, expected.end()));
  v1::ListCommandInvocationsRequest node;
  node.set_instance_id("node-69");
  node.set_max_results(1);
  EXPECT_EQ(Invocations(node), (Texts{"node-69 InProgress", "node-69 Success"}));
  node.set_command_id(older);
  EXPECT_EQ(Invocations(node), (Texts{"node-69 Success"}));
  node.set_instance_id("node-70");
  EXPECT_TRUE(Invocations(node).empty());
}

TEST_F(CommandsTest, CommandsAreListedNewestFirstAndFiltered) {
  Texts ids;
  for (int i = 0; i < 4; ++i) {
    if (i == 0) {
      ids.push_back(Open(2, 2));
    } else {
      world_.Advance(absl::Hours(1));
      ids.insert(ids.begin(), world_.Tasks(world_.Executions(window_).at(0).window_execution_id())
                                  .at(0)
                                  .task_execution_id());
    }
    if (i == 3) break;
    while (!world_.runner.in_flight.empty()) {
      world_.runner.FinishOldest(i == 1 ? Status::kFailed : Status::kSuccess);
    }
    world_.Settle();
  }
  EXPECT_EQ(Commands({}), ids);
  v1::ListCommandsRequest paged;
  paged.set_max_results(1);
  EXPECT_EQ(Commands(paged), ids);
  v1::ListCommandsRequest node;
  node.set_instance_id("node-1");
  EXPECT_EQ(Commands(node), ids);
  node.set_instance_id("node-2");
  EXPECT_TRUE(Commands(node).empty());
  v1::ListCommandsRequest one;
  one.set_command_id(ids[2]);
  EXPECT_EQ(Commands(one), (Texts{ids[2]}));
  EXPECT_EQ(CommandsWith("Status", "Success"), (Texts{ids[1], ids[3]}));
  EXPECT_EQ(CommandsWith("Status", "Failed"), (Texts{ids[2]}));
  EXPECT_EQ(CommandsWith("Status", "InProgress"), (Texts{ids[0]}));
  EXPECT_EQ(CommandsWith("Status", "Incomplete"), Texts());
  EXPECT_EQ(CommandsWith("ExecutionStage", "Executing"), (Texts{ids[0]}));
  EXPECT_EQ(CommandsWith("ExecutionStage", "Complete"), (Texts{ids[1], ids[2], ids[3]}));
  EXPECT_EQ(CommandsWith("DocumentName", "AWS-RunShellScript"), ids);
  EXPECT_EQ(CommandsWith("DocumentName", "AWS-Other"), Texts());
  auto both = With<v1::ListCommandsRequest>("ExecutionStage", "Complete");
  both.MergeFrom(With<v1::ListCommandsRequest>("ExecutionStage", "Executing"));
  EXPECT_EQ(Commands(both), Texts()) << "none is in both stages";
  auto words = With<v1::ListCommandsRequest>("Status", "TimedOut");
  words.MergeFrom(With<v1::ListCommandsRequest>("Status", "Success"));
  EXPECT_EQ(Commands(words), Texts());
  EXPECT_TRUE(
      Invocations(With<v1::ListCommandInvocationsRequest>("DocumentName", "AWS-Other")).empty());
  // The first opened at 23:13:20.
  EXPECT_EQ(CommandsWith("InvokedBefore", "2023-11-15T00:13:20Z"), (Texts{ids[3]}));
  EXPECT_EQ(CommandsWith("InvokedAfter", "2023-11-15T00:13:20Z"), (Texts{ids[0], ids[1], ids[2]}));
}

TEST_F(CommandsTest, ACommandCountsItsTargets) {
  const std::string id = Open(60, 2);
  world_.runner.FinishOldest(Status::kFailed);
  world_.runner.FinishOldest(Status::kTimedOut);
  world_.Settle();
  const auto list = world_.engine->ListCommands(world_.context, {});
  ASSERT_TRUE(list.ok());
  const v1::Command& command = list->commands(0);
  EXPECT_EQ(command.command_id(), id);
  EXPECT_EQ(command.target_count(), 60);
  EXPECT_EQ(command.error_count(), 2);
  EXPECT_EQ(command.max_concurrency(), "2");
  EXPECT_EQ(command.max_errors(), "1");
  EXPECT_EQ(command.parameters().at("commands").values(0), "true");
  EXPECT_EQ(command.instance_ids_size(), 0) << "only of 50 nodes at most";
  EXPECT_EQ(command.targets(0).key(), "InstanceIds");
}

}  // namespace
}  // namespace lull
