// Windows that do not allow unassociated targets (spec A.1, H 33; the recommendation of part I).
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

constexpr char kUnassociated[] =
    "No registered target of the maintenance window selects this node, and the window does not "
    "allow unassociated targets. Register a target that selects it, or set "
    "AllowUnassociatedTargets.";

class AssociationsTest : public RegisteringTest {
 protected:
  AssociationsTest() { Allow(false); }

  void Allow(bool allow) {
    v1::UpdateMaintenanceWindowRequest request;
    request.set_window_id(window_);
    request.set_allow_unassociated_targets(allow);
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, request).ok());
  }
  void RegisterInstances(const std::vector<std::string>& ids) {
    auto request = TargetRequest();
    request.set_owner_information("ops");
    SetTargets({{"InstanceIds", ids}}, request);
    target_ = Made(request);
  }
  void RegisterTask(const Selectors& selectors, const std::string& errors) {
    auto request = TaskRequest();
    SetTargets(selectors, request);
    request.set_max_errors(errors);
    Made(request);
  }
  void Drain() {
    while (!world_.runner.in_flight.empty()) {
      targets_.push_back(world_.runner.in_flight.front().target);
      world_.runner.FinishOldest(Status::kSuccess);
      world_.Settle();
    }
  }
  /// Of the newest execution: its task's invocations, `STATUS,details,target; ` each.
  std::string Invocations() {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(world_.Executions(window_).at(0).window_execution_id());
    request.set_task_id(world_.Tasks(request.window_execution_id()).at(0).task_execution_id());
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::string text;
    for (const auto& row : page->window_execution_task_invocation_identities()) {
      text += row.status() + ',' + row.status_details() + ',' + row.window_target_id() + "; ";
    }
    return text;
  }

  std::string target_;
  std::vector<ResolvedTarget> targets_;
};

TEST_F(AssociationsTest, AnInstanceIdThatNoRegisteredTargetSelectsIsFailedAndNotStarted) {
  RegisterInstances({"i-1", "i-3"});
  RegisterTask({{"InstanceIds", {"i-1", "i-2", "i-3"}}}, "2");
  world_.Advance(absl::Hours(1));
  Drain();
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1", "i-3"}));
  EXPECT_EQ(Invocations(), "SUCCESS,Success," + target_ + "; FAILED," + kUnassociated +
                               ",; SUCCESS,Success," + target_ + "; ");
  EXPECT_EQ(targets_.at(0).owner_information, "ops");
  EXPECT_EQ(world_.Executions(window_).at(0).status(), "SUCCESS") << "one error of two allowed";
}

TEST_F(AssociationsTest, EachCountsAgainstMaxErrors) {
  RegisterInstances({"i-9"});
  RegisterTask({{"InstanceIds", {"i-1", "i-9"}}}, "0");
  world_.Advance(absl::Hours(1));
  EXPECT_TRUE(world_.runner.nodes.empty());
  EXPECT_EQ(Invocations(), std::string("FAILED,") + kUnassociated +
                               ",; CANCELLED,The maximum error count was exceeded.," + target_ +
                               "; ");
  EXPECT_EQ(world_.Executions(window_).at(0).status(), "FAILED");
}

TEST_F(AssociationsTest, TasksOfRegisteredTargetsAndWithoutTargetsRun) {
  RegisterInstances({"i-1"});
  RegisterTask({{"WindowTargetIds", {target_}}}, "0");
  world_.Advance(absl::Hours(1));
  Drain();
  EXPECT_EQ(Invocations(), "SUCCESS,Success," + target_ + "; ");
  auto targetless = TaskRequest();
  targetless.clear_targets();
  targetless.set_task_type("AUTOMATION");
  targetless.clear_max_concurrency();
  targetless.clear_max_errors();
  const std::string window = world_.CreateWindow([&] {
    auto request = world_.WindowRequest();
    request.set_allow_unassociated_targets(false);
    return request;
  }());
  targetless.set_window_id(window);
  Made(targetless);
  world_.Advance(absl::Hours(1));
  const auto tasks = world_.Tasks(world_.Executions(window).at(0).window_execution_id());
  EXPECT_EQ(tasks.at(0).status(), "FAILED");
  EXPECT_EQ(tasks.at(0).status_details(), "The maximum error count was exceeded.")
      << "there is no runner of this type: it was told to start";
}

TEST_F(AssociationsTest, WhatTheWindowSaysWhenAnExecutionOpensCounts) {
  RegisterTask({{"InstanceIds", {"i-1"}}}, "1");
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window_);
  ASSERT_TRUE(world_.engine->StartMaintenanceWindowExecution(world_.context, start).ok());
  Allow(true);  // for the next one
  world_.Settle();
  EXPECT_TRUE(world_.runner.nodes.empty());
  ASSERT_TRUE(world_.engine->StartMaintenanceWindowExecution(world_.context, start).ok());
  Allow(false);
  world_.Settle();
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1"}));
}

TEST_F(AssociationsTest, AResumptionKeepsTheRuleAcrossARestart) {
  RegisterInstances({"i-1", "i-3"});
  RegisterTask({{"InstanceIds", {"i-1", "i-2", "i-3"}}}, "2");
  world_.Advance(absl::Hours(1));
  v1::CancelExecutionRequest cancel;
  cancel.set_window_execution_id(world_.Executions(window_).at(0).window_execution_id());
  cancel.set_policy("INVOCATION");
  ASSERT_TRUE(world_.engine->CancelExecution(world_.context, cancel).ok());
  Drain();
  world_.Restart();
  v1::ResumeMaintenanceWindowExecutionRequest resume;
  resume.set_window_execution_id(cancel.window_execution_id());
  ASSERT_TRUE(world_.engine->ResumeMaintenanceWindowExecution(world_.context, resume).ok());
  world_.Settle();
  Drain();
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1", "i-3"}));
  EXPECT_EQ(Invocations(),
            std::string("FAILED,") + kUnassociated + ",; SUCCESS,Success," + target_ + "; ");
}

}  // namespace
}  // namespace lull
