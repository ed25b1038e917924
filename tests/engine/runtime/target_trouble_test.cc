// Target sources that break their word: the task is FAILED and says why, the rest goes on.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "engine/runtime/batch.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"

namespace lull {
namespace {

using Piece = absl::StatusOr<std::vector<ResolvedTarget>>;
/// What the n-th call (from 0) of Next returns.
using Script = std::function<Piece(int n, std::size_t limit)>;

std::vector<ResolvedTarget> Nodes(std::size_t count, const std::string& name) {
  return std::vector<ResolvedTarget>(count, ResolvedTarget{name, {}, {}});
}

/// Resolves a task by the script that its first target value names.
class ScriptedTargets : public TargetSource {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override {
    const std::string& name = query.selectors.at(0).values.at(0);
    if (name == no_cursor) return nullptr;
    return std::make_unique<Cursor>(scripts.at(name));
  }

  std::map<std::string, Script> scripts;
  std::string no_cursor;  // of this one

 private:
  class Cursor : public TargetCursor {
   public:
    explicit Cursor(Script script) : script_(std::move(script)) {}
    Piece Next(std::size_t limit) override { return script_(calls_++, limit); }

   private:
    const Script script_;
    int calls_ = 0;
  };
};

class TargetTroubleTest : public testing::Test {
 protected:
  TargetTroubleTest() {
    targets_.scripts["sound"] = [](int n, std::size_t) { return Nodes(n == 0 ? 1 : 0, "sound"); };
  }
  /// Opens a window with a task over `script` and, at a later priority, a sound one; the first
  /// one's status, its details and the second one's status, once all is done.
  std::vector<std::string> Run(Script script) {
    targets_.scripts["script"] = std::move(script);
    EngineWorld world(&targets_);
    const std::string window = world.CreateWindow();
    int priority = 0;
    for (const char* const name : {"script", "sound"}) {
      auto task = world.TaskRequest(window);
      task.mutable_targets(0)->set_values(0, name);
      task.set_priority(priority++);
      world.RegisterTask(task);
    }
    world.Advance(absl::Hours(1));
    while (!world.runner.in_flight.empty()) {
      world.runner.FinishOldest(Status::kSuccess);
      world.Settle();
    }
    const auto tasks = world.Tasks(world.Executions(window).at(0).window_execution_id());
    started_ = world.runner.nodes;
    return {tasks.at(0).status(), tasks.at(0).status_details(), tasks.at(1).status()};
  }
  using Outcome = std::vector<std::string>;

  ScriptedTargets targets_;
  std::vector<std::string> started_;  // in the last Run
};

TEST_F(TargetTroubleTest, ANameThatARowJustHoldsIsStarted) {
  const std::string name(kMaxNodeNameBytes, 'n');
  EXPECT_EQ(Run([&](int n, std::size_t) { return Nodes(n == 0 ? 1 : 0, name); }),
            (Outcome{"SUCCESS", "", "SUCCESS"}));
  EXPECT_EQ(started_, (std::vector<std::string>{name, "sound"}));
}

TEST_F(TargetTroubleTest, ANameThatIsTooLongFailsTheTaskAndNothingOfItStarts) {
  const std::string name(kMaxNodeNameBytes + 1, 'n');
  const Outcome expected{"FAILED", "the name of a node has more than 256 bytes", "SUCCESS"};
  EXPECT_EQ(Run([&](int, std::size_t) {
              auto nodes = Nodes(3, "short");
              nodes.push_back({name, {}, {}});
              return nodes;
            }),
            expected);
  EXPECT_EQ(started_, (std::vector<std::string>{"sound"}));
  EXPECT_EQ(Run([&](int n, std::size_t limit) {  // what came before is staged already
              return n < 2 ? Nodes(limit, "short") : Nodes(1, name);
            }),
            expected);
  EXPECT_EQ(started_, (std::vector<std::string>{"sound"}));
}

TEST_F(TargetTroubleTest, MoreTargetsThanWereAskedForFailTheTask) {
  EXPECT_EQ(Run([](int n, std::size_t limit) { return Nodes(n == 0 ? limit + 1 : 0, "node"); }),
            (Outcome{"FAILED", "the target source returned more targets than it was asked for",
                     "SUCCESS"}));
  EXPECT_EQ(Run([](int n, std::size_t limit) {  // the last one that fits
              return Nodes(n == 0 ? limit - 1 : n == 1 ? 2 : 0, "node");
            }),
            (Outcome{"FAILED", "the target source returned more targets than it was asked for",
                     "SUCCESS"}));
  EXPECT_EQ(started_, (std::vector<std::string>{"sound"}));
}

TEST_F(TargetTroubleTest, AnErrorInTheMiddleFailsTheTaskWithItsTextCutToWhatADetailHolds) {
  const std::string text(1000, 'e');
  EXPECT_EQ(Run([&](int n, std::size_t limit) -> Piece {
              if (n == 1) return absl::InternalError(text);
              return Nodes(limit, "node");
            }),
            (Outcome{"FAILED", text.substr(0, kMaxDetailBytes), "SUCCESS"}));
}

TEST_F(TargetTroubleTest, ASourceThatGivesNoCursorFailsTheTask) {
  targets_.no_cursor = "script";
  EXPECT_EQ(Run([](int, std::size_t) { return Nodes(0, ""); }),
            (Outcome{"FAILED", "the target source gave no cursor", "SUCCESS"}));
}

TEST_F(TargetTroubleTest, ASourceThatIsUnavailableIsAskedAgainFromTheStartASecondLater) {
  int asked = 0;
  targets_.scripts["script"] = [&](int n, std::size_t) -> Piece {
    if (++asked == 2) return absl::UnavailableError("the inventory is down");
    return Nodes(n == 0 ? 2 : 0, "node");
  };
  EngineWorld world(&targets_);
  const std::string window = world.CreateWindow();
  auto task = world.TaskRequest(window);
  task.mutable_targets(0)->set_values(0, "script");
  world.RegisterTask(task);
  world.Advance(absl::Hours(1));
  EXPECT_EQ(world.Executions(window).at(0).status(), "PENDING");
  EXPECT_EQ(world.engine->Step(), world.clock.Now() + kStoreRetry);
  EXPECT_EQ(world.warnings.Count("can't be resolved yet: the inventory is down"), 1);
  world.Advance(kStoreRetry - absl::Milliseconds(1));
  EXPECT_EQ(asked, 2) << "it is left alone meanwhile";
  world.Advance(absl::Milliseconds(1));
  while (!world.runner.in_flight.empty()) {
    world.runner.FinishOldest(Status::kSuccess);
    world.Settle();
  }
  EXPECT_EQ(world.runner.nodes, (std::vector<std::string>{"node", "node"}));
  EXPECT_EQ(world.Executions(window).at(0).status(), "SUCCESS");
}

TEST_F(TargetTroubleTest, ASourceThatIsUnavailableUntilTheCutoffStartsNothing) {
  targets_.scripts["script"] = [](int, std::size_t) -> Piece {
    return absl::UnavailableError("the inventory is down");
  };
  EngineWorld world(&targets_);
  const std::string window = world.CreateWindow();  // 3 hours, cutoff 1
  auto task = world.TaskRequest(window);
  task.mutable_targets(0)->set_values(0, "script");
  world.RegisterTask(task);
  world.Advance(absl::Hours(1));
  world.Advance(absl::Hours(2) - absl::Milliseconds(1));
  const std::string execution = world.Executions(window).back().window_execution_id();
  EXPECT_EQ(world.Executions(window).back().status(), "PENDING");
  world.Advance(absl::Milliseconds(1));
  EXPECT_EQ(world.Executions(window).back().status(), "TIMED_OUT");
  EXPECT_EQ(world.Tasks(execution).at(0).status(), "TIMED_OUT");
  EXPECT_TRUE(world.runner.nodes.empty());
}

TEST_F(TargetTroubleTest, WhatWasStagedBeforeASourceWasUnavailableIsNotWhatRuns) {
  int tries = 0;
  targets_.scripts["script"] = [&](int n, std::size_t limit) -> Piece {
    if (n == 0) ++tries;
    if (tries == 1 && n > 0) return absl::UnavailableError("the inventory is down");
    if (tries == 1) return Nodes(limit, "old");
    return Nodes(n == 0 ? 1 : 0, "new");
  };
  EngineWorld world(&targets_);
  auto task = world.TaskRequest(world.CreateWindow());
  task.mutable_targets(0)->set_values(0, "script");
  world.RegisterTask(task);
  world.Advance(absl::Hours(1));
  world.Advance(kStoreRetry);
  EXPECT_EQ(world.runner.nodes, (std::vector<std::string>{"new"}));
}

TEST_F(TargetTroubleTest, WhatIsCancelledWhileItsTargetsAreReadStartsNothing) {
  EngineWorld world(&targets_);
  const std::string window = world.CreateWindow();
  targets_.scripts["script"] = [&](int n, std::size_t) -> Piece {
    if (n == 0) {
      v1::CancelMaintenanceWindowExecutionRequest cancel;
      cancel.set_window_execution_id(world.Executions(window).at(0).window_execution_id());
      EXPECT_TRUE(world.engine->CancelMaintenanceWindowExecution(world.context, cancel).ok());
    }
    return Nodes(n == 0 ? 1 : 0, "node");
  };
  auto task = world.TaskRequest(window);
  task.mutable_targets(0)->set_values(0, "script");
  world.RegisterTask(task);
  world.Advance(absl::Hours(1));
  EXPECT_EQ(world.Executions(window).at(0).status(), "CANCELLED");
  EXPECT_TRUE(world.runner.nodes.empty());
}

}  // namespace
}  // namespace lull
