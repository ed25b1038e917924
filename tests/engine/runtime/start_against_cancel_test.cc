// A cancel against the hand-over, moment by moment: threads that meet where the test says so.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/runtime/patient_runner.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

/// For what must not happen: so long it is waited for.
constexpr std::chrono::milliseconds kPatience{200};

class Signal {
 public:
  void Set() {
    MutexLock lock(mutex_);
    set_ = true;
    changed_.SignalAll();
  }
  void Await() {
    MutexLock lock(mutex_);
    while (!set_) changed_.Wait(mutex_);
  }
  /// False when it does not come within kPatience.
  bool Comes() {
    MutexLock lock(mutex_);
    while (!set_) {
      if (!changed_.WaitFor(mutex_, kPatience)) break;
    }
    return set_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

/// Calls `on_read` at each look at it, from any thread.
class WatchedClock : public sim::VirtualClock {
 public:
  absl::Time Now() const override {
    if (on_read) on_read();
    return sim::VirtualClock::Now();
  }
  std::function<void()> on_read;
};

/// Calls `before_commit` first; `on_runs` before what is read of executions, from any thread.
class WatchedStore : public ModelStore {
 public:
  using ModelStore::ModelStore;
  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override {
    if (before_commit) before_commit();
    return ModelStore::Commit(changes);
  }
  lull::RunReader& runs() override {
    if (on_runs) on_runs();
    return ModelStore::runs();
  }
  std::function<void()> before_commit;
  std::function<void()> on_runs;
};

class StartAgainstCancelTest : public testing::Test {
 protected:
  StartAgainstCancelTest() {
    EngineOptions options;
    options.store = &store_;
    options.runners[TaskType::kRunCommand] = &runner_;
    options.targets = &targets_;
    options.clock = &clock_;
    options.ids = &ids_;
    options.observer = &warnings_;
    engine_ = Engine::Open(std::move(options)).value();
  }

  /// A window with a task that starts on all of its nodes at once, and is due.
  void MakeDue(const std::string& nodes) {
    window_ = CreatePatching(*engine_, me_, "rate(1 hour)");
    RegisterAtOnce(*engine_, me_, window_, nodes);
    clock_.Advance(absl::Hours(1));
  }

  void Settle() {
    while (engine_->Step() <= clock_.Now()) {
    }
  }

  v1::MaintenanceWindowExecution Execution() {
    v1::DescribeMaintenanceWindowExecutionsRequest list;
    list.set_window_id(window_);
    return engine_->DescribeMaintenanceWindowExecutions(me_, list).value().window_executions(0);
  }

  /// By the policy INVOCATION.
  void Cancel() {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(Execution().window_execution_id());
    EXPECT_TRUE(
        engine_
            ->CancelMaintenanceWindowExecution(me_, request, {.policy = CancelPolicy::kInvocation})
            .ok());
  }

  const CallContext me_{"AKIATEST", "request-1"};
  WatchedClock clock_;
  sim::SeededIds ids_{1};
  sim::CountedTargets targets_;
  std::shared_ptr<ModelDisk> disk_ = std::make_shared<ModelDisk>();
  WatchedStore store_{disk_};
  PatientRunner runner_;
  Warnings warnings_;
  std::unique_ptr<Engine> engine_;
  std::string window_;
};

TEST_F(StartAgainstCancelTest, WhatACancelTakesBackIsNotHandedOverWhileItsCommitIsWritten) {  // R1
  MakeDue("20");
  Signal in_first, go_on, in_second;
  runner_.in_start = [&](std::size_t before) {
    if (before > 0) return in_second.Set();
    in_first.Set();
    go_on.Await();
  };
  std::thread caller([&] {
    in_first.Await();
    store_.before_commit = [&] {
      go_on.Set();
      EXPECT_FALSE(in_second.Comes()) << "started between a cancel's decision and its commit";
    };
    Cancel();
    store_.before_commit = nullptr;
    EXPECT_EQ(runner_.started.size(), 1u);
  });
  engine_->Step();  // opens
  while (runner_.started.empty()) engine_->Step();
  caller.join();
  Settle();
  EXPECT_EQ(runner_.started.size(), 1u);
}

TEST_F(StartAgainstCancelTest, ACancelIsAnsweredAfterTheStartThatItMeets) {  // R1
  MakeDue("1");
  Signal in_start, answered;
  bool left = false;
  runner_.in_start = [&](std::size_t) {
    in_start.Set();
    EXPECT_FALSE(answered.Comes()) << "answered while a Start may yet act";
    left = true;
  };
  std::thread caller([&] {
    in_start.Await();
    Cancel();
    answered.Set();
  });
  while (runner_.started.empty()) engine_->Step();
  caller.join();
  EXPECT_TRUE(left);
}

TEST_F(StartAgainstCancelTest, APassThatWaitsForACancelsCommitLooksAtTheClockAfterIt) {
  MakeDue("1");
  while (runner_.started.empty()) engine_->Step();
  Signal in_commit, read;
  std::thread::id stepper;
  bool met = false;
  clock_.on_read = [&] {
    if (std::this_thread::get_id() == stepper) read.Set();
  };
  std::thread thread([&] {
    in_commit.Await();
    engine_->Step();
  });
  stepper = thread.get_id();
  store_.before_commit = [&] {
    if (std::this_thread::get_id() == stepper || met) return;
    met = true;
    in_commit.Set();
    EXPECT_FALSE(read.Comes()) << "so an execution could begin before the end of the one before";
  };
  Cancel();
  thread.join();
  EXPECT_TRUE(read.Comes());
  store_.before_commit = nullptr;
  clock_.on_read = nullptr;
}

TEST_F(StartAgainstCancelTest, ACancelFromInsideOfAStartDoesNotWaitForItself) {
  MakeDue("2");
  runner_.in_start = [&](std::size_t) { Cancel(); };
  while (runner_.started.empty()) engine_->Step();
  runner_.FinishAll();
  Settle();
  EXPECT_EQ(runner_.started.size(), 1u);
  EXPECT_EQ(Execution().status(), "CANCELLED");
}

TEST_F(StartAgainstCancelTest, WhatCantBeReadIsNotTakenForLostWhileACancelTakesItBack) {
  MakeDue("1000");
  Signal in_commit, go_on;
  std::thread caller;
  bool met = false;
  while (runner_.started.empty()) engine_->Step();
  store_.on_runs = [&] {  // the next piece of targets
    if (met) return;
    met = true;
    store_.before_commit = [&] {
      in_commit.Set();
      go_on.Await();
    };
    caller = std::thread([&] { Cancel(); });
    in_commit.Await();
    disk_->FailRead(1);
  };
  while (!met) engine_->Step();
  EXPECT_TRUE(disk_->read_failed());
  const std::size_t started = runner_.started.size();
  go_on.Set();
  caller.join();
  store_.before_commit = nullptr;
  runner_.FinishAll();
  Settle();
  EXPECT_EQ(runner_.started.size(), started);
  EXPECT_EQ(Execution().status(), "CANCELLED");
  EXPECT_EQ(warnings_.texts, std::vector<std::string>{});
}

TEST_F(StartAgainstCancelTest, AReportOfWhatIsNotHandedOverYetIsNotHeard) {
  MakeDue("2");
  runner_.in_start = [&](std::size_t before) {
    if (before > 0) return;
    InvocationRef next = runner_.started.front();
    ++next.ordinal;
    runner_.Finish(next, Status::kFailed);
    CreatePatching(*engine_, me_, "rate(1 day)");  // its batch takes the report
  };
  while (runner_.started.size() < 2) engine_->Step();
  runner_.FinishAll();
  Settle();
  EXPECT_EQ(Execution().status(), "SUCCESS");
}

TEST_F(StartAgainstCancelTest, ACancelIsStoredInTheFirstCommitHoweverManyReportsWait) {
  MakeDue("1000");
  while (runner_.started.size() < 1000) engine_->Step();
  runner_.FinishAll();
  const std::int64_t before = disk_->commits();
  Cancel();
  EXPECT_EQ(disk_->commits(), before + 1);
  Settle();
  EXPECT_GT(disk_->commits(), before + 2) << "or too few waited to show anything";
}

}  // namespace
}  // namespace lull
