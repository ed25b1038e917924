// What a user of the library relies on: engines without a daemon, without a thread of their own,
// two in one process, with a runner and a target source of the user's.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"

namespace {

constexpr int kTargets = 3000;

std::ptrdiff_t Threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

class CountingRunner : public lull::Runner {
 public:
  void Start(const lull::Invocation& invocation, lull::FinishSink& sink) override {
    nodes.push_back(invocation.target.node);
    sink.Finished(invocation.ref, {.status = lull::Status::kSuccess});
  }
  void RequestStop(lull::InvocationRef) override {}
  lull::Adoption Adopt(lull::InvocationRef, const lull::TaskSpec&, lull::FinishSink&) override {
    return lull::Adoption::kUnknown;
  }
  std::vector<std::string> nodes;
};

class Fleet : public lull::TargetSource, public lull::TargetCursor {
 public:
  absl::StatusOr<std::unique_ptr<lull::TargetCursor>> Resolve(const lull::TargetQuery&) override {
    return std::make_unique<Fleet>();
  }
  absl::StatusOr<std::vector<lull::ResolvedTarget>> Next(std::size_t limit) override {
    std::vector<lull::ResolvedTarget> piece;
    while (at_ < kTargets && piece.size() < limit) {
      piece.push_back({"node-" + std::to_string(at_++), {}, {}});
    }
    return piece;
  }

 private:
  int at_ = 0;
};

/// Time that the test moves.
class Hand : public lull::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration SinceBoot() const override { return now - absl::UnixEpoch(); }
  absl::Time now = absl::FromUnixSeconds(1800000000);
};

struct Site {
  explicit Site(const std::string& name)
      : store(lull::storage::SqliteStore::Open({.path = testing::TempDir() + name}).value()),
        engine(lull::Engine::Open({.store = store.get(),
                                   .runners = {{lull::TaskType::kRunCommand, &runner}},
                                   .targets = &fleet,
                                   .clock = &clock})
                   .value()) {}

  void Plan() {
    lull::v1::CreateMaintenanceWindowRequest window;
    window.set_name("consumer");
    window.set_schedule("rate(1 hour)");
    window.set_duration(1);
    window.set_cutoff(0);
    window.set_allow_unassociated_targets(true);
    const auto created = engine->CreateMaintenanceWindow(me, window);
    ASSERT_TRUE(created.ok()) << created.status();
    lull::v1::RegisterTaskWithMaintenanceWindowRequest task;
    task.set_window_id(created->window_id());
    task.set_task_type("RUN_COMMAND");
    task.set_task_arn("anything");
    task.set_max_concurrency("100");
    task.set_max_errors("0");
    task.add_targets()->set_key("InstanceIds");
    task.mutable_targets(0)->add_values("the fleet");
    const auto registered = engine->RegisterTaskWithMaintenanceWindow(me, task);
    ASSERT_TRUE(registered.ok()) << registered.status();
  }

  const lull::CallContext me{.principal = "consumer"};
  Hand clock;
  CountingRunner runner;
  Fleet fleet;
  std::unique_ptr<lull::storage::SqliteStore> store;
  std::unique_ptr<lull::Engine> engine;
};

TEST(Consumer, TwoEnginesInOneProcessDrainInStepModeWithoutAThread) {
  ASSERT_EQ(Threads(), 1);
  Site east("east.db");
  Site west("west.db");
  east.Plan();
  west.Plan();
  east.clock.now += absl::Minutes(61);
  west.clock.now += absl::Minutes(61);
  for (int passes = 0; passes < 2000; ++passes) {
    east.engine->Step();
    west.engine->Step();
    ASSERT_EQ(Threads(), 1);
    if (east.engine->Quiet() && west.engine->Quiet() && west.runner.nodes.size() == kTargets) break;
  }
  for (const Site* site : {&east, &west}) {
    ASSERT_EQ(site->runner.nodes.size(), kTargets);
    EXPECT_EQ(site->runner.nodes.front(), "node-0");
    EXPECT_EQ(site->runner.nodes.back(), "node-2999");
  }
}

}  // namespace
