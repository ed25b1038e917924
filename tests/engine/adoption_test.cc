// What an earlier life of the engine had started, and its runner still knows.
#include <string>

#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

class AdoptionTest : public testing::Test {
 protected:
  /// An execution with one of three invocations in flight.
  void Open() {
    const std::string window = world_.CreateWindow();
    world_.RegisterTask(world_.TaskRequest(window));
    v1::StartMaintenanceWindowExecutionRequest request;
    request.set_window_id(window);
    const auto response = world_.engine->StartMaintenanceWindowExecution(world_.context, request);
    ASSERT_TRUE(response.ok()) << response.status();
    execution_ = response->window_execution_id();
    window_ = window;
    world_.Settle();
    ASSERT_EQ(world_.runner.in_flight.size(), 1u);
  }
  void Restart(Adoption adoption) {
    world_.runner.adoption = adoption;
    world_.Restart();
    world_.Settle();
  }
  void Cancel(const std::string& policy) {
    v1::CancelExecutionRequest request;
    request.set_window_execution_id(execution_);
    request.set_policy(policy);
    EXPECT_TRUE(world_.engine->CancelExecution(world_.context, request).ok());
    world_.Settle();
  }
  std::string StatusOfExecution() { return world_.Executions(window_)[0].status(); }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
  std::string execution_;
};

TEST_F(AdoptionTest, WhatGoesOnIsCountedAgainstMaxConcurrencyAndItsOutcomeIsTaken) {
  Open();
  Restart(Adoption::kRunning);
  EXPECT_EQ(world_.runner.nodes.size(), 1u);  // the limit is one, and it is reached
  for (std::size_t started = 1; started <= 3; ++started) {
    EXPECT_EQ(world_.runner.nodes.size(), started);
    world_.runner.FinishOldest(Status::kSuccess);
    world_.Settle();
  }
  EXPECT_EQ(StatusOfExecution(), "SUCCESS");
}

TEST_F(AdoptionTest, AStopThatMayNotHaveBeenPassedOnIsPassedOnAgain) {
  Open();
  Cancel("STOP");
  EXPECT_EQ(world_.runner.stops.size(), 1u);
  world_.runner.stops.clear();
  Restart(Adoption::kRunning);
  ASSERT_EQ(world_.runner.stops.size(), 1u);
  EXPECT_EQ(world_.runner.stops[0], world_.runner.in_flight[0].ref);
  world_.runner.FinishOldest(Status::kCancelled);
  world_.Settle();
  EXPECT_EQ(StatusOfExecution(), "CANCELLED");
}

TEST_F(AdoptionTest, WithoutAStopRequestNothingIsStopped) {
  Open();
  Cancel("TASK");
  Restart(Adoption::kRunning);
  EXPECT_TRUE(world_.runner.stops.empty());
}

}  // namespace
}  // namespace lull
