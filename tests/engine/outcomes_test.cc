// What tasks and executions come to (spec D.2, D.5), and in which words: as the API shows it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

constexpr char kMaxErrors[] = "The maximum error count was exceeded.";
constexpr char kTasksFailed[] = "One or more tasks in the orchestration failed.";

/// Executions of one task.
class OutcomesTest : public testing::Test {
 protected:
  /// Opens one over `count` targets, and ends what is in flight, the oldest first: each with the
  /// next of `outcomes`, and when there is none left with SUCCESS. F: FAILED, T: TIMED_OUT, u: not
  /// delivered, S: SUCCESS.
  void Run(int count, const std::string& concurrency, const std::string& errors,
           const std::string& outcomes) {
    const std::string window = world_.CreateWindow();
    auto task = world_.TaskRequest(window);
    task.mutable_targets(0)->set_values(0, std::to_string(count));
    task.set_max_concurrency(concurrency);
    task.set_max_errors(errors);
    world_.RegisterTask(task);
    world_.runner.nodes.clear();
    world_.Advance(absl::Hours(1));
    widest_ = world_.runner.in_flight.size();
    for (std::size_t i = 0; !world_.runner.in_flight.empty(); ++i) {
      world_.runner.FinishOldest(OutcomeOf(i < outcomes.size() ? outcomes[i] : 'S'));
      world_.Settle();
      widest_ = std::max(widest_, world_.runner.in_flight.size());
    }
    execution_ = world_.Executions(window).at(0);
    task_ = world_.Tasks(execution_.window_execution_id()).at(0);
    v1::DeleteMaintenanceWindowRequest request;
    request.set_window_id(window);
    ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, request).ok());
  }
  static Outcome OutcomeOf(char letter) {
    if (letter == 'u') return {Status::kFailed, {}, "unreachable", true};
    return {letter == 'F' ? Status::kFailed : letter == 'T' ? Status::kTimedOut : Status::kSuccess};
  }
  /// Invocations of the task by status.
  int Count(const std::string& status) {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(execution_.window_execution_id());
    request.set_task_id(task_.task_execution_id());
    request.set_max_results(100);
    v1::MaintenanceWindowFilter& filter = *request.add_filters();
    filter.set_key("STATUS");
    filter.add_values(status);
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    return page.ok() ? page->window_execution_task_invocation_identities_size() : -1;
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  v1::MaintenanceWindowExecution execution_;
  v1::MaintenanceWindowExecutionTaskIdentity task_;
  std::size_t widest_ = 0;
};

TEST_F(OutcomesTest, TableOfMaxErrorsInNumbers) {
  struct Row {
    const char* max_errors;
    int failures;
    int started;          // of 10, one at a time
    int started_by_four;  // of 10, four at a time: what is in flight past the limit finishes
    const char* status;
  };
  const Row rows[] = {
      {"0", 1, 1, 4, "FAILED"},    {"0", 2, 1, 4, "FAILED"},   {"0", 3, 1, 4, "FAILED"},
      {"0", 4, 1, 4, "FAILED"},    {"1", 1, 10, 10, "FAILED"}, {"1", 2, 2, 5, "FAILED"},
      {"1", 3, 2, 5, "FAILED"},    {"1", 4, 2, 5, "FAILED"},   {"3", 1, 10, 10, "SUCCESS"},
      {"3", 2, 10, 10, "SUCCESS"}, {"3", 3, 10, 10, "FAILED"}, {"3", 4, 4, 7, "FAILED"},
  };
  for (const Row& row : rows) {
    for (const bool many : {false, true}) {
      SCOPED_TRACE(std::string("MaxErrors ") + row.max_errors + ", " +
                   std::to_string(row.failures) + " failures, " + (many ? "4" : "1") +
                   " at a time");
      Run(10, many ? "4" : "1", row.max_errors, std::string(row.failures, 'F'));
      const int started = many ? row.started_by_four : row.started;
      EXPECT_EQ(world_.runner.nodes.size(), static_cast<std::size_t>(started));
      EXPECT_EQ(widest_, many ? 4u : 1u);
      EXPECT_EQ(Count("FAILED"), std::min(row.failures, started));
      EXPECT_EQ(Count("SUCCESS"), started - std::min(row.failures, started));
      EXPECT_EQ(Count("CANCELLED"), 10 - started) << "what MaxErrors held back";
      EXPECT_EQ(task_.status(), row.status);
      const bool failed = task_.status() == "FAILED";
      EXPECT_EQ(task_.status_details(), failed ? kMaxErrors : "");
      EXPECT_EQ(execution_.status(), row.status);
      EXPECT_EQ(execution_.status_details(), failed ? kTasksFailed : "");
    }
  }
}

TEST_F(OutcomesTest, TableOfMaxErrorsInPercentages) {
  struct Row {
    const char* max_errors;
    int count;
    int failures;
    int started;
    const char* status;
  };
  const Row rows[] = {
      {"10%", 50, 4, 50, "SUCCESS"}, {"10%", 50, 5, 50, "FAILED"}, {"10%", 50, 6, 6, "FAILED"},
      {"10%", 5, 0, 5, "SUCCESS"},   {"10%", 5, 1, 1, "FAILED"},   {"10%", 1, 0, 1, "SUCCESS"},
      {"10%", 1, 1, 1, "FAILED"},    {"0%", 50, 1, 1, "FAILED"},   {"100%", 5, 4, 5, "SUCCESS"},
      {"100%", 5, 5, 5, "FAILED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.max_errors) + " of " + std::to_string(row.count) + ", " +
                 std::to_string(row.failures) + " failures");
    Run(row.count, "1", row.max_errors, std::string(row.failures, 'F'));
    EXPECT_EQ(world_.runner.nodes.size(), static_cast<std::size_t>(row.started));
    EXPECT_EQ(task_.status(), row.status);
    EXPECT_EQ(execution_.status(), row.status);
  }
}

TEST_F(OutcomesTest, MaxConcurrencyInPercentagesIsRoundedDownToOneAtLeast) {
  struct Row {
    const char* max_concurrency;
    int count;
    std::size_t widest;
  };
  for (const Row& row : {Row{"10%", 5, 1},
                         {"10%", 50, 5},
                         {"50%", 5, 2},
                         {"100%", 5, 5},
                         {"7", 5, 5},
                         {"1%", 50, 1}}) {
    SCOPED_TRACE(std::string(row.max_concurrency) + " of " + std::to_string(row.count));
    Run(row.count, row.max_concurrency, "0", "");
    EXPECT_EQ(widest_, row.widest);
    EXPECT_EQ(task_.status(), "SUCCESS");
  }
}

TEST_F(OutcomesTest, TimeOutsCountAsErrors) {
  Run(3, "1", "1", "TT");
  EXPECT_EQ(world_.runner.nodes.size(), 2u);
  EXPECT_EQ(task_.status(), "FAILED");
  EXPECT_EQ(task_.status_details(), kMaxErrors);
  Run(1, "1", "1", "T");
  EXPECT_EQ(task_.status(), "TIMED_OUT");
  EXPECT_EQ(execution_.status(), "TIMED_OUT");
}

TEST_F(OutcomesTest, WhatCouldNotBeDeliveredIsFailedAndNoError) {
  Run(5, "1", "0", "uuuuS");
  EXPECT_EQ(Count("FAILED"), 4);
  EXPECT_EQ(task_.status(), "SUCCESS");
  EXPECT_EQ(execution_.status(), "SUCCESS");
  Run(5, "2", "3", "uuuuu");
  EXPECT_EQ(world_.runner.nodes.size(), 5u);
  EXPECT_EQ(task_.status(), "FAILED");
  EXPECT_EQ(task_.status_details(),
            "None of the invocations could be delivered: no target was reached.");
  EXPECT_EQ(execution_.status(), "FAILED");
  EXPECT_EQ(execution_.status_details(), kTasksFailed);
  Run(5, "1", "0", "uuF");
  EXPECT_EQ(world_.runner.nodes.size(), 3u);
  EXPECT_EQ(task_.status_details(), kMaxErrors);
}

TEST_F(OutcomesTest, ARunnerThatAnswersTwiceIsHeardOnce) {  // R2
  const std::string window = world_.CreateWindow();
  auto task = world_.TaskRequest(window);
  task.set_max_concurrency("3");
  world_.RegisterTask(task);
  world_.Advance(absl::Hours(1));
  auto& in_flight = world_.runner.in_flight;
  ASSERT_EQ(in_flight.size(), 3u);
  in_flight.insert(in_flight.begin(), in_flight.front());
  world_.runner.FinishOldest(Status::kSuccess);
  world_.runner.FinishOldest(Status::kFailed);
  world_.Settle();
  execution_ = world_.Executions(window).at(0);
  task_ = world_.Tasks(execution_.window_execution_id()).at(0);
  EXPECT_EQ(Count("SUCCESS"), 1);
  EXPECT_EQ(Count("IN_PROGRESS"), 2);
  while (!in_flight.empty()) world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(world_.Executions(window).at(0).status(), "SUCCESS");
}

TEST_F(OutcomesTest, WhatIsInFlightAtACancelKeepsItsOwnOutcome) {  // R2
  const std::string window = world_.CreateWindow();
  auto task = world_.TaskRequest(window);
  task.mutable_targets(0)->set_values(0, "5");
  task.set_max_concurrency("3");
  task.set_max_errors("5");
  world_.RegisterTask(task);
  world_.Advance(absl::Hours(1));
  v1::CancelMaintenanceWindowExecutionRequest cancel;
  cancel.set_window_execution_id(world_.Executions(window).at(0).window_execution_id());
  ASSERT_TRUE(world_.engine
                  ->CancelMaintenanceWindowExecution(world_.context, cancel,
                                                     {.policy = CancelPolicy::kStop})
                  .ok());
  for (const char letter : {'S', 'F', 'T'}) world_.runner.FinishOldest(OutcomeOf(letter));
  world_.Settle();
  execution_ = world_.Executions(window).at(0);
  task_ = world_.Tasks(execution_.window_execution_id()).at(0);
  EXPECT_EQ(execution_.status(), "CANCELLED");
  EXPECT_EQ(Count("SUCCESS"), 1);
  EXPECT_EQ(Count("FAILED"), 1);
  EXPECT_EQ(Count("TIMED_OUT"), 1);
  EXPECT_EQ(Count("CANCELLED"), 2);
}

TEST_F(OutcomesTest, WithoutTargetsATaskSucceedsAndSaysSo) {
  Run(0, "1", "0", "");
  EXPECT_TRUE(world_.runner.nodes.empty());
  EXPECT_EQ(task_.status(), "SUCCESS");
  EXPECT_EQ(task_.status_details(), "No Invocations to Execute");
  EXPECT_EQ(execution_.status(), "SUCCESS");
  EXPECT_EQ(execution_.status_details(), "");
}

TEST_F(OutcomesTest, AnInvocationsDetailIsItsRunnersOrRunCommandsWordAndOtherwiseAbsent) {
  ManualRunner automation;
  world_.engine.reset();
  EngineOptions options;
  options.store = &world_.store;
  options.runners[TaskType::kRunCommand] = &world_.runner;
  options.runners[TaskType::kAutomation] = &automation;
  options.targets = &targets_;
  options.clock = &world_.clock;
  options.ids = &world_.ids;
  world_.engine = *Engine::Open(std::move(options));
  const std::string window = world_.CreateWindow();
  for (const char* const type : {"RUN_COMMAND", "AUTOMATION"}) {
    auto task = world_.TaskRequest(window);
    task.set_task_type(type);
    task.mutable_targets(0)->set_values(0, "5");
    task.set_max_concurrency("5");
    task.set_max_errors("5");
    world_.RegisterTask(task);
  }
  world_.Advance(absl::Hours(1));
  for (ManualRunner* runner : {&world_.runner, &automation}) {
    runner->FinishOldest(Status::kSuccess);
    runner->FinishOldest(Status::kFailed);
    runner->FinishOldest(Status::kTimedOut);
    runner->FinishOldest(Status::kFailed, "exit status 7");
  }
  world_.Settle();
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest list;
  list.set_window_execution_id(world_.Executions(window).at(0).window_execution_id());
  for (const auto& task : world_.Tasks(list.window_execution_id())) {
    list.set_task_id(task.task_execution_id());
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, list);
    ASSERT_TRUE(page.ok()) << page.status();
    std::string text;
    for (const auto& row : page->window_execution_task_invocation_identities()) {
      text += row.status() + '=' + (row.has_status_details() ? row.status_details() : "-") +
              (row.has_end_time() ? "" : ", no end") + "; ";
    }
    EXPECT_EQ(text, task.task_type() == "RUN_COMMAND"
                        ? "SUCCESS=Success; FAILED=Failed; TIMED_OUT=ExecutionTimedOut; "
                          "FAILED=exit status 7; IN_PROGRESS=-, no end; "
                        : "SUCCESS=-; FAILED=-; TIMED_OUT=-; FAILED=exit status 7; "
                          "IN_PROGRESS=-, no end; ");
  }
  world_.engine.reset();
}

}  // namespace
}  // namespace lull
