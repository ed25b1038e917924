// A cancel waits for the commit in progress and its own, whatever else is queued: callers that
// write, a fleet that is read in, webhooks that settle, finishes, history.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/runtime.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/patient_runner.h"
#include "tests/sim/world.h"
#include "tests/support/builders.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

/// For what must happen: so long it is waited for.
constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kNodes = 1000;
constexpr std::size_t kWriters = 3 * kControlBatch;
constexpr std::size_t kCancels = 2 * kControlBatch;

/// Counts down to nothing; whoever awaits it goes on then.
class Countdown {
 public:
  explicit Countdown(std::size_t from) : left_(from) {}
  void Count() {
    MutexLock lock(mutex_);
    --left_;
    changed_.SignalAll();
  }
  /// False when it does not come within kPatience.
  bool Comes() {
    MutexLock lock(mutex_);
    while (left_ != 0) {
      if (!changed_.WaitFor(mutex_, kPatience)) break;
    }
    return left_ == 0;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t left_ ABSL_GUARDED_BY(mutex_);
};

/// What of a commit matters here.
struct Seen {
  std::size_t cancels = 0;
  std::size_t finishes = 0;
  std::size_t others = 0;
};

/// Calls `before_commit` first, with what the commit holds. By the leader alone.
class SeeingStore : public ModelStore {
 public:
  using ModelStore::ModelStore;
  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override {
    if (before_commit) before_commit(See(changes));
    return ModelStore::Commit(changes);
  }
  std::function<void(const Seen&)> before_commit;

 private:
  static Seen See(const std::vector<Change>& changes) {
    Seen seen;
    for (const Change& change : changes) {
      const auto* advance = std::get_if<Advance>(&change);
      if (advance == nullptr) {
        ++seen.others;
        continue;
      }
      seen.cancels += advance->progress && advance->progress->cancel ? 1 : 0;
      for (const TaskAdvance& task : advance->tasks) seen.finishes += task.finishes.size();
    }
    return seen;
  }
};

/// Calls `before_resolve` first. By the thread that steps.
class SeeingTargets : public sim::CountedTargets {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override {
    if (before_resolve) before_resolve();
    return sim::CountedTargets::Resolve(query);
  }
  std::function<void()> before_resolve;
};

class CancelWaitsTest : public testing::Test {
 protected:
  /// An execution that has ended and one that is to start, as an earlier life leaves them.
  CancelWaitsTest() {
    EngineOptions options;
    options.store = &store_;
    options.runners[TaskType::kRunCommand] = &runner_;
    options.targets = &targets_;
    options.clock = &clock_;
    options.ids = &ids_;
    const auto engine = Engine::Open(std::move(options)).value();
    ended_ = Start(*engine, CreatePatching(*engine, me_, "rate(1 day)"));
    while (engine->Step() <= clock_.Now()) {
    }
    const std::string window = CreatePatching(*engine, me_, "rate(1 day)");
    RegisterAtOnce(*engine, me_, window, absl::StrCat(kNodes));
    running_ = Start(*engine, window);
  }

  ExecutionId Start(Engine& engine, const std::string& window) {
    v1::StartMaintenanceWindowExecutionRequest request;
    request.set_window_id(window);
    return ExecutionId(
        engine.StartMaintenanceWindowExecution(me_, request).value().window_execution_id());
  }

  void OpenRuntime() {
    RuntimeOptions options;
    options.store = &store_;
    options.runners[TaskType::kRunCommand] = &runner_;
    options.targets = &targets_;
    options.clock = &clock_;
    options.ids = &ids_;
    options.history = absl::Minutes(30);
    runtime_ = Runtime::Open(std::move(options)).value();
  }
  void Settle() {
    while (runtime_->Step() <= clock_.Now()) {
    }
  }

  /// The n-th of what callers of all kinds write.
  static Change WriteOf(std::size_t n) {
    if (n % 4 == 0) return lull::CreateWindow{MakeWindow(absl::StrCat("mw-", n)), {}, {}, kNoLimit};
    if (n % 4 == 1) return PutNodes{"inventory", 1, {MakeNode(absl::StrCat("i-", n))}, At(1)};
    if (n % 4 == 2) return RemoveNodes{"inventory", 1, {static_cast<std::int64_t>(n)}};
    return SettleEvents{"hook", {static_cast<std::int64_t>(n)}};
  }

  void Write(std::size_t n) { EXPECT_TRUE(runtime_->Define(WriteOf(n), {}).ok()); }

  /// False when `count` callers do not come to wait within kPatience.
  bool AwaitWaiting(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (runtime_->Waiting() != count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const CallContext me_{"AKIATEST", "request-1"};
  sim::VirtualClock clock_;
  sim::SeededIds ids_{1};
  SeeingTargets targets_;
  std::shared_ptr<ModelDisk> disk_ = std::make_shared<ModelDisk>();
  SeeingStore store_{disk_};
  PatientRunner runner_;
  ExecutionId ended_;
  ExecutionId running_;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(CancelWaitsTest, ForTheCommitInProgressAndItsOwnWhateverElseIsQueued) {
  OpenRuntime();
  while (runner_.started.size() < kNodes) runtime_->Step();
  clock_.Advance(absl::Minutes(31));  // what has ended is too old now
  Countdown in_commit(1), all_queued(1), answered(kCancels);
  std::vector<Seen> commits;
  store_.before_commit = [&](const Seen& seen) {
    commits.push_back(seen);
    if (commits.size() == 1) {
      in_commit.Count();
      EXPECT_TRUE(all_queued.Comes());
    } else if (commits.size() == 3) {
      EXPECT_TRUE(answered.Comes()) << "a cancel waits for a commit that is not its own";
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] { Write(0); });
  ASSERT_TRUE(in_commit.Comes());
  runner_.FinishAll();
  for (std::size_t n = 1; n <= kWriters; ++n) threads.emplace_back([&, n] { Write(n); });
  threads.emplace_back([&] { runtime_->Step(); });
  EXPECT_TRUE(AwaitWaiting(kWriters));
  for (std::size_t n = 0; n < kCancels; ++n) {
    threads.emplace_back([&] {
      EXPECT_TRUE(runtime_->Cancel(running_, {.policy = CancelPolicy::kInvocation}, {}).ok());
      answered.Count();
    });
  }
  EXPECT_TRUE(AwaitWaiting(kWriters + kCancels));
  all_queued.Count();
  for (std::thread& thread : threads) thread.join();

  ASSERT_GE(commits.size(), 1 + kWriters / kControlBatch) << "or too few waited to show anything";
  EXPECT_EQ(commits[0].cancels, 0u);
  EXPECT_EQ(commits[1].cancels, 1u);
  EXPECT_LE(commits[1].finishes, kFinishBatchInControl) << "a cancel waits for its whole commit";
  EXPECT_LE(commits[1].others, kControlBatch);
  EXPECT_GT(commits[1].others, 0u) << "cancels starve the others";
  store_.before_commit = nullptr;
  Settle();
  EXPECT_EQ(store_.runs().GetExecution(ended_).value(), std::nullopt);
  EXPECT_EQ(store_.runs().GetExecution(running_).value()->progress.status, Status::kCancelled);
}

TEST_F(CancelWaitsTest, InOneCommitWithTheTargetsOfWhatItCancelsItOpensNothing) {
  OpenRuntime();
  Countdown in_commit(1);
  std::vector<std::thread> threads;
  bool met = false;
  store_.before_commit = [&](const Seen&) {
    if (met) return;
    met = true;
    in_commit.Count();
    EXPECT_TRUE(AwaitWaiting(2)) << "the cancel, and what the targets came to";
  };
  targets_.before_resolve = [&] {
    threads.emplace_back([&] { Write(0); });
    EXPECT_TRUE(in_commit.Comes());
    threads.emplace_back(
        [&] { EXPECT_TRUE(runtime_->Cancel(running_, {.policy = CancelPolicy::kTask}, {}).ok()); });
    EXPECT_TRUE(AwaitWaiting(1));
  };
  Settle();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(met);
  EXPECT_EQ(store_.runs().GetExecution(running_).value()->progress.status, Status::kCancelled);
  EXPECT_TRUE(runner_.started.empty());
}

}  // namespace
}  // namespace lull
