// What can wait takes turns with finishes, whatever their pace; and whoever runs learns what
// others' commits told.
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "engine/engine.h"
#include "engine/runtime/batch.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

/// Starts the window now, with a task of so many targets.
void StartWith(EngineWorld& world, const std::string& window, int targets) {
  v1::RegisterTaskWithMaintenanceWindowRequest task = world.TaskRequest(window);
  task.mutable_targets(0)->set_values(0, std::to_string(targets));
  task.set_max_concurrency("1");
  world.RegisterTask(task);
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window);
  ASSERT_TRUE(world.engine->StartMaintenanceWindowExecution(world.context, start).ok());
}

TEST(Turns, AnExecutionOpensBesideOneThatFinishesSomethingInEveryPass) {
  sim::CountedTargets targets;
  EngineWorld world(&targets);
  StartWith(world, world.CreateWindow(), 1000);
  world.Settle();
  const std::string opening = world.CreateWindow();
  StartWith(world, opening, 5);
  world.runner.FinishOldest(Status::kSuccess);
  int passes = 0;
  while (world.Executions(opening).at(0).status() != "IN_PROGRESS" && passes < 1000) {
    world.engine->Step();
    world.runner.FinishOldest(Status::kSuccess);
    ++passes;
  }
  EXPECT_GE(passes, kBatchesATurn) << "it takes no turn with each of them";
  EXPECT_LE(passes, 3 * kBatchesATurn);
}

TEST(Turns, WhoRunsEndsWhenACallersCommitTellsThatAnotherEngineHasTakenOver) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  world.Settle();
  std::thread running([&] { world.engine->Run(); });
  ModelStore store(world.disk);
  EngineOptions options;
  options.store = &store;
  options.clock = &world.clock;
  options.ids = &world.ids;
  const auto other = Engine::Open(std::move(options)).value();
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window);
  EXPECT_FALSE(world.engine->StartMaintenanceWindowExecution(world.context, start).ok());
  running.join();
  EXPECT_TRUE(world.engine->Fenced());
}

}  // namespace
}  // namespace lull
