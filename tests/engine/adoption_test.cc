// What a new life of the engine does with what an earlier one had claimed, by what the runner knows
// of it (rules R1, R2, R4, R8).
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

constexpr char kNeverStarted[] =
    "The engine restarted before this invocation was started, and its task had been closed: it "
    "never started.";

class AdoptionTest : public testing::Test {
 protected:
  /// A task over `count` targets, `concurrency` at a time, has begun. What was started is what its
  /// runner will be asked about.
  void Open(int count, int concurrency, const std::string& behavior = "CONTINUE_TASK",
            const std::string& errors = "9") {
    claimed_.clear();
    if (!window_.empty()) {
      v1::DeleteMaintenanceWindowRequest gone;
      gone.set_window_id(window_);
      ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, gone).ok());
    }
    window_ = world_.CreateWindow();
    auto task = world_.TaskRequest(window_);
    task.mutable_targets(0)->set_values(0, std::to_string(count));
    task.set_max_concurrency(std::to_string(concurrency));
    task.set_cutoff_behavior(behavior);
    task.set_max_errors(errors);
    world_.RegisterTask(task);
    world_.Advance(absl::Hours(1));
    execution_ = world_.Executions(window_).at(0).window_execution_id();
    for (const auto& started : world_.runner.in_flight) claimed_.push_back(started.ref);
  }
  /// The engine dies, and with it the runner; the next one will answer so.
  void Die(const std::vector<Adoption>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      world_.runner.adoptions[claimed_.at(i)] = answers[i];
    }
    world_.runner.in_flight.clear();
    world_.runner.nodes.clear();
    world_.Restart();
  }
  void Cancel(const std::string& policy) {
    v1::CancelExecutionRequest request;
    request.set_window_execution_id(execution_);
    request.set_policy(policy);
    ASSERT_TRUE(world_.engine->CancelExecution(world_.context, request).ok());
  }
  void Drain() {
    world_.Settle();
    while (!world_.runner.in_flight.empty()) {
      world_.runner.FinishOldest(Status::kSuccess);
      world_.Settle();
    }
  }
  /// `SUCCESS,details; ` each.
  std::string Invocations() {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(execution_);
    request.set_task_id(world_.Tasks(execution_).at(0).task_execution_id());
    const auto page =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::string text;
    for (const auto& row : page->window_execution_task_invocation_identities()) {
      text += row.status() + ',' + row.status_details() + "; ";
    }
    return text;
  }
  std::string ExecutionStatus() { return world_.Executions(window_).at(0).status(); }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
  std::string execution_;
  std::vector<InvocationRef> claimed_;
};

using Nodes = std::vector<std::string>;

TEST_F(AdoptionTest, WhatNeverStartedIsStartedFirstInOrderAndOnce) {
  Open(4, 3);
  Die({Adoption::kNotStarted, Adoption::kRunning, Adoption::kNotStarted});
  world_.Settle();
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-2"}));
  EXPECT_EQ(world_.runner.in_flight.size(), 3u) << "R8: what was adopted counts";
  Drain();
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-2", "node-3"}));
  EXPECT_EQ(Invocations(), "SUCCESS,Success; SUCCESS,Success; SUCCESS,Success; SUCCESS,Success; ");
  EXPECT_EQ(ExecutionStatus(), "SUCCESS");
}

TEST_F(AdoptionTest, ASecondCrashBeforeTheHandOverAsksAgain) {
  Open(2, 2);
  Die({Adoption::kNotStarted, Adoption::kNotStarted});
  Die({Adoption::kNotStarted, Adoption::kUnknown});  // without a step in between
  Drain();
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0"}));
  EXPECT_EQ(
      Invocations(),
      "SUCCESS,Success; FAILED,The engine restarted while this invocation was running; its outcome "
      "is unknown.; ");
}

TEST_F(AdoptionTest, PastMaxErrorsWhatNeverStartedNeverWill) {  // R8
  Open(3, 2, "CONTINUE_TASK", "0");
  Die({Adoption::kNotStarted, Adoption::kUnknown});
  Drain();
  EXPECT_EQ(world_.runner.nodes, Nodes{});
  EXPECT_EQ(Invocations(),
            std::string("FAILED,") + kNeverStarted +
                "; FAILED,The engine restarted while this invocation was running; its outcome is "
                "unknown.; CANCELLED,The maximum error count was exceeded.; ");
  EXPECT_EQ(ExecutionStatus(), "FAILED");
}

TEST_F(AdoptionTest, ACommitWhoseOutcomeIsUnknownLosesAndRepeatsNoHandOver) {
  for (const auto fault :
       {ModelDisk::Fault::kUnknownApplied, ModelDisk::Fault::kUnknownNotApplied}) {
    Open(3, 2);
    Die({Adoption::kNotStarted, Adoption::kNotStarted});
    world_.disk->FailNext(fault);
    v1::UpdateMaintenanceWindowRequest update;
    update.set_window_id(window_);
    update.set_description("changed");
    EXPECT_FALSE(world_.engine->UpdateMaintenanceWindow(world_.context, update).ok());
    world_.clock.Advance(absl::Seconds(2));
    Drain();
    EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0", "node-1", "node-2"}));
    EXPECT_EQ(ExecutionStatus(), "SUCCESS");
  }
}

TEST_F(AdoptionTest, CancelledBeforeTheCrashWhatNeverStartedIsFailedAndSaysSo) {
  Open(3, 2);
  Cancel("INVOCATION");
  Die({Adoption::kNotStarted, Adoption::kRunning});
  Drain();
  EXPECT_EQ(world_.runner.nodes, Nodes{});
  EXPECT_EQ(Invocations(),
            std::string("FAILED,") + kNeverStarted +
                "; SUCCESS,Success; CANCELLED,The maintenance window execution was cancelled.; ");
  EXPECT_EQ(ExecutionStatus(), "CANCELLED");
}

TEST_F(AdoptionTest, CancelledWithAllClaimedWhatNeverStartedDoesNotStartInALaterLife) {  // R1
  Open(2, 2);
  Cancel("INVOCATION");  // closes nothing: nothing is queued any more
  Die({Adoption::kNotStarted, Adoption::kRunning});
  Cancel("INVOCATION");  // asked again: answered, and still true
  Drain();
  EXPECT_EQ(world_.runner.nodes, Nodes{});
  EXPECT_EQ(Invocations(), std::string("FAILED,") + kNeverStarted + "; SUCCESS,Success; ");
  EXPECT_EQ(ExecutionStatus(), "CANCELLED");
}

TEST_F(AdoptionTest, CancelledBeforeTheHandOverNothingStartsByAnyPolicyButTask) {  // R1
  for (const std::string policy : {"TASK", "INVOCATION", "STOP"}) {
    SCOPED_TRACE(policy);
    Open(2, 2);
    Die({Adoption::kNotStarted, Adoption::kNotStarted});
    // The cancel's own caller hands over what is left to hand over, after the commit.
    Cancel(policy);
    Drain();
    const bool goes_on = policy == "TASK";
    EXPECT_EQ(world_.runner.nodes, goes_on ? (Nodes{"node-0", "node-1"}) : Nodes{});
    EXPECT_EQ(Invocations(), goes_on ? "SUCCESS,Success; SUCCESS,Success; "
                                     : std::string("FAILED,") + kNeverStarted + "; FAILED," +
                                           kNeverStarted + "; ");
    EXPECT_EQ(world_.Tasks(execution_).at(0).status(), goes_on ? "SUCCESS" : "CANCELLED");
    EXPECT_EQ(ExecutionStatus(), "CANCELLED");
  }
}

TEST_F(AdoptionTest, PastTheCutoffATaskThatIsCutOffStartsNothingAndOneThatGoesOnDoes) {  // R7
  for (const std::string behavior : {"CANCEL_TASK", "CONTINUE_TASK"}) {
    SCOPED_TRACE(behavior);
    Open(1, 1, behavior);
    world_.clock.Advance(absl::Hours(2));  // to the cutoff, while nobody runs
    Die({Adoption::kNotStarted});
    Drain();
    const bool goes_on = behavior == "CONTINUE_TASK";
    EXPECT_EQ(world_.runner.nodes.size(), goes_on ? 1u : 0u);
    EXPECT_EQ(world_.Tasks(execution_).at(0).status(), goes_on ? "SUCCESS" : "TIMED_OUT");
    if (!goes_on) {
      EXPECT_EQ(Invocations(), std::string("FAILED,") + kNeverStarted + "; ");
    }
  }
}

TEST_F(AdoptionTest, AStopThatTheCrashMayHaveSwallowedIsAskedForAgain) {
  Open(1, 1);
  Cancel("STOP");
  world_.runner.stops.clear();
  Die({Adoption::kRunning});
  world_.Settle();
  ASSERT_EQ(world_.runner.stops.size(), 1u);
  EXPECT_EQ(world_.runner.stops[0], claimed_[0]);
  world_.runner.FinishOldest(Status::kCancelled);
  world_.Settle();
  EXPECT_EQ(Invocations(), "CANCELLED,Cancelled; ");
}

/// Reports an outcome for what it says never started.
class LyingRunner : public ManualRunner {
 public:
  Adoption Adopt(InvocationRef ref, const TaskSpec& task, FinishSink& sink) override {
    sink.Finished(ref, {Status::kFailed, {}, "a lie"});
    return ManualRunner::Adopt(ref, task, sink);
  }
};

TEST_F(AdoptionTest, AReportOfWhatNeverStartedIsNotTaken) {
  Open(1, 1);
  LyingRunner liar;
  liar.adoptions[claimed_[0]] = Adoption::kNotStarted;
  world_.runner.in_flight.clear();
  world_.engine.reset();
  EngineOptions options;
  options.store = &world_.store;
  options.runners[TaskType::kRunCommand] = &liar;
  options.targets = &targets_;
  options.clock = &world_.clock;
  options.ids = &world_.ids;
  world_.engine = *Engine::Open(std::move(options));
  world_.Settle();
  ASSERT_EQ(liar.in_flight.size(), 1u);
  liar.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(Invocations(), "SUCCESS,Success; ");
  world_.engine.reset();
}

TEST_F(AdoptionTest, AHeldEngineHandsOverWhatWasClaimedAndClaimsNoMore) {
  Open(3, 1);
  Die({Adoption::kNotStarted});
  world_.engine->HoldAdmission();
  EXPECT_FALSE(world_.engine->Quiet());
  Drain();
  EXPECT_EQ(world_.runner.nodes, (Nodes{"node-0"}));
  EXPECT_TRUE(world_.engine->Quiet());
}

}  // namespace
}  // namespace lull
