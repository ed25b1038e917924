// The engine with every thread that a user may have: one that runs, those of runners, callers of
// the API. What the simulation can't show, because it has one thread. Meant for the thread
// sanitizer, too.
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/model_store.h"
#include "tests/support/temp_folder.h"

namespace lull {
namespace {

constexpr int kTargets = 4000;
constexpr int kRunnerThreads = 2;
constexpr int kWindows = 120;  // the limit

class Fleet : public TargetSource {
 public:
  class Cursor : public TargetCursor {
   public:
    absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
      std::vector<ResolvedTarget> piece;
      while (at_ < kTargets && piece.size() < limit) {
        piece.push_back({absl::StrCat("node-", at_++), {}, {}});
      }
      return piece;
    }

   private:
    int at_ = 0;
  };
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery&) override {
    return std::make_unique<Cursor>();
  }
};

/// Finishes what it is given on threads of its own, and remembers what it was told to start.
class PoolRunner : public Runner {
 public:
  PoolRunner() {
    for (int i = 0; i < kRunnerThreads; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~PoolRunner() override {
    {
      MutexLock lock(mutex_);
      ending_ = true;
      changed_.SignalAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  void Start(const Invocation& invocation, FinishSink& sink) override {
    MutexLock lock(mutex_);
    sink_ = &sink;
    starts_.push_back(invocation.ref);
    queue_.push_back(invocation.ref);
    changed_.SignalAll();
  }
  void RequestStop(InvocationRef) override {}
  Adoption Adopt(InvocationRef, const TaskSpec&, FinishSink&) override {
    return Adoption::kUnknown;
  }

  std::vector<InvocationRef> starts() {
    MutexLock lock(mutex_);
    return starts_;
  }
  void AwaitStarts(std::size_t count) {
    MutexLock lock(mutex_);
    while (starts_.size() < count) changed_.Wait(mutex_);
  }

 private:
  void Work() {
    MutexLock lock(mutex_);
    for (;;) {
      while (!ending_ && queue_.empty()) changed_.Wait(mutex_);
      if (ending_) return;
      const InvocationRef ref = queue_.front();
      queue_.pop_front();
      FinishSink& sink = *sink_;
      mutex_.Unlock();
      sink.Finished(ref, {Status::kSuccess, {}, ""});
      mutex_.Lock();
    }
  }

  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  FinishSink* sink_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::vector<InvocationRef> starts_ ABSL_GUARDED_BY(mutex_);
  std::deque<InvocationRef> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

/// Wall time, moved on by hand as well, so that a window opens when the test says so.
class ShiftedClock : public Clock {
 public:
  absl::Time Now() const override {
    return absl::FromUnixMicros(absl::ToUnixMicros(absl::Now())) + absl::Minutes(minutes_.load());
  }
  absl::Duration SinceBoot() const override { return Now() - absl::UnixEpoch(); }
  void Advance(int minutes) { minutes_ += minutes; }

 private:
  std::atomic<int> minutes_{0};
};

/// Tells the test what the thread that runs the engine does.
class Watcher : public Observer {
 public:
  void Warn(std::string_view) override {
    MutexLock lock(mutex_);
    ++warnings_;
    changed_.SignalAll();
  }
  void ExecutionMoved(const Execution&) override {
    MutexLock lock(mutex_);
    ++moves_;
    changed_.SignalAll();
  }

  void AwaitWarning() {
    MutexLock lock(mutex_);
    while (warnings_ == 0) changed_.Wait(mutex_);
  }
  /// False when none came in a time that is long for a machine under load.
  bool AwaitMove() {
    MutexLock lock(mutex_);
    while (moves_ == 0) {
      if (!changed_.WaitFor(mutex_, std::chrono::seconds(30))) return false;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int warnings_ ABSL_GUARDED_BY(mutex_) = 0;
  int moves_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(Resting, EndsInTimeThoughTheWallClockIsSetBackInIt) {
  // The engine sees a wall clock that is ahead of the kernel's: to a sleep until an instant it is
  // the same as a clock that is set back while it lasts.
  for (const int set_back : {0, 5}) {
    SCOPED_TRACE(testing::Message() << set_back << " minutes more before the sleep");
    const CallContext me{"threads", ""};
    ShiftedClock clock;
    Watcher watcher;
    const auto disk = std::make_shared<ModelDisk>();
    ModelStore store(disk);
    const auto engine =
        Engine::Open({.store = &store, .observer = &watcher, .clock = &clock}).value();
    v1::CreateMaintenanceWindowRequest window;
    window.set_name("resting");
    window.set_schedule("rate(30 minutes)");
    window.set_duration(20);
    window.set_cutoff(0);
    window.set_allow_unassociated_targets(true);
    ASSERT_TRUE(engine->CreateMaintenanceWindow(me, window).ok());
    clock.Advance(40);
    disk->FailNext(ModelDisk::Fault::kUnavailable);
    std::thread running([&] { engine->Run(); });
    watcher.AwaitWarning();
    clock.Advance(-set_back);
    EXPECT_TRUE(watcher.AwaitMove()) << "the window has not opened";
    engine->Stop();
    running.join();
  }
}

TEST(TakenOver, TheRunOfTheFormerEngineReturns) {  // R11
  ShiftedClock clock;
  const auto disk = std::make_shared<ModelDisk>();
  ModelStore store(disk);
  const auto former = Engine::Open({.store = &store, .clock = &clock}).value();
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("taken-over");
  window.set_schedule("rate(30 minutes)");
  window.set_duration(20);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  ASSERT_TRUE(former->CreateMaintenanceWindow({"threads", ""}, window).ok());
  ModelStore store_of_the_later(disk);
  const auto later = Engine::Open({.store = &store_of_the_later, .clock = &clock}).value();
  EXPECT_FALSE(former->Fenced());  // it has not met it yet
  clock.Advance(40);               // the former one comes to open what is due

  Mutex mutex;
  CondVar changed;
  bool returned = false;
  std::thread running([&] {
    former->Run();
    MutexLock lock(mutex);
    returned = true;
    changed.SignalAll();
  });
  {
    MutexLock lock(mutex);
    while (!returned && changed.WaitFor(mutex, std::chrono::seconds(30))) {
    }
    EXPECT_TRUE(returned);
  }
  former->Stop();
  running.join();
  EXPECT_TRUE(former->Fenced());
  EXPECT_FALSE(later->Fenced());
}

class Threads : public testing::Test {
 protected:
  void SetUp() override {
    store_ = storage::SqliteStore::Open({.path = folder_.File("lull.db")}).value();
    engine_ = Engine::Open({.store = store_.get(),
                            .runners = {{TaskType::kRunCommand, runner_.get()}},
                            .targets = &fleet_,
                            .clock = &clock_,
                            .limits = {.windows = kWindows}})
                  .value();
    running_ = std::thread([this] { engine_->Run(); });
  }

  void TearDown() override {
    engine_->Stop();
    running_.join();
    runner_.reset();
    engine_.reset();
  }

  std::string CreateWindow() {
    v1::CreateMaintenanceWindowRequest window;
    window.set_name("threads");
    window.set_schedule("rate(30 minutes)");
    window.set_duration(20);
    window.set_cutoff(0);
    window.set_allow_unassociated_targets(true);
    return engine_->CreateMaintenanceWindow(me_, window).value().window_id();
  }

  void RegisterTask(const std::string& window, int priority) {
    v1::RegisterTaskWithMaintenanceWindowRequest task;
    task.set_window_id(window);
    task.set_task_type("RUN_COMMAND");
    task.set_task_arn("anything");
    task.set_max_concurrency("50");
    task.set_max_errors("0");
    task.set_priority(priority);
    task.add_targets()->set_key("InstanceIds");
    task.mutable_targets(0)->add_values("the fleet");
    ASSERT_TRUE(engine_->RegisterTaskWithMaintenanceWindow(me_, task).ok());
  }

  /// Opens what is due and returns the newest execution of the window once it is there.
  std::string Open(const std::string& window) {
    clock_.Advance(30);
    v1::UpdateMaintenanceWindowRequest
        nudge;  // the one who runs has another clock's due time to wait for
    nudge.set_window_id(window);
    v1::DescribeMaintenanceWindowExecutionsRequest list;
    list.set_window_id(window);
    for (;;) {
      EXPECT_TRUE(engine_->UpdateMaintenanceWindow(me_, nudge).ok());
      const auto executions = engine_->DescribeMaintenanceWindowExecutions(me_, list).value();
      if (executions.window_executions_size() > 0) {
        return executions.window_executions(0).window_execution_id();
      }
    }
  }

  const CallContext me_{"threads", ""};
  TempFolder folder_;
  ShiftedClock clock_;
  Fleet fleet_;
  std::unique_ptr<PoolRunner> runner_ = std::make_unique<PoolRunner>();
  std::unique_ptr<storage::SqliteStore> store_;
  std::unique_ptr<Engine> engine_;
  std::thread running_;
};

TEST_F(Threads, AfterACancelHasReturnedInTheMiddleOfADrainNothingStarts) {  // R1
  const std::string window = CreateWindow();
  RegisterTask(window, 0);
  RegisterTask(window, 1);
  const std::string execution = Open(window);
  runner_->AwaitStarts(500);

  v1::CancelMaintenanceWindowExecutionRequest cancel;
  cancel.set_window_execution_id(execution);
  ASSERT_TRUE(
      engine_->CancelMaintenanceWindowExecution(me_, cancel, {.policy = CancelPolicy::kInvocation})
          .ok());
  const std::size_t started = runner_->starts().size();

  v1::GetMaintenanceWindowExecutionRequest get;
  get.set_window_execution_id(execution);
  while (engine_->GetMaintenanceWindowExecution(me_, get).value().status() != "CANCELLED") {
    std::this_thread::yield();
  }
  EXPECT_EQ(runner_->starts().size(), started);
  EXPECT_LT(started, kTargets);  // or the cancel came too late to show anything
  const auto starts = runner_->starts();
  EXPECT_EQ(std::set<InvocationRef>(starts.begin(), starts.end()).size(), started);  // R4

  // The store agrees: as many finished rows as starts, and every one of them its own outcome (R2).
  const auto row = store_->runs().GetExecution(ExecutionId(execution)).value();
  const auto tasks = store_->runs().ListTaskExecutions(row->key).value();
  EXPECT_EQ(tasks[0].progress.next, static_cast<Ordinal>(started));
  EXPECT_EQ(tasks[0].progress.succeeded, static_cast<std::int64_t>(started));
  EXPECT_EQ(tasks[1].progress.status, Status::kCancelled);
}

TEST_F(Threads, OfManyWhoStartOneWindowInTurnOneIsActiveAndTheOthersAreToldItsId) {  // R6
  const std::string window = CreateWindow();
  RegisterTask(window, 0);
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window);
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const auto started = engine_->StartMaintenanceWindowExecution(me_, start);
        if (!started.ok()) {
          EXPECT_TRUE(absl::IsFailedPrecondition(started.status())) << started.status();
          continue;
        }
        v1::CancelExecutionRequest cancel;
        cancel.set_window_execution_id(started->window_execution_id());
        cancel.set_policy("INVOCATION");
        EXPECT_TRUE(engine_->CancelExecution(me_, cancel).ok());
        v1::ResumeMaintenanceWindowExecutionRequest resume;
        resume.set_window_execution_id(started->window_execution_id());
        (void)engine_->ResumeMaintenanceWindowExecution(me_, resume).ok();  // another may be active
      }
    });
  }
  clock_.Advance(30);  // and it comes due
  for (std::thread& caller : callers) caller.join();
  const auto starts = runner_->starts();  // first: of each the execution is stored
  const auto runs = store_->runs().ListExecutions({WindowId(window), {}, {}, {}, 1000}).value();
  std::set<ExecutionId> resumed;
  std::set<std::pair<TaskKey, Ordinal>> targets;
  std::map<TaskKey, std::pair<TaskKey, Ordinal>> places;  // of a task: its range's beginning
  for (const Execution& run : runs) {
    if (run.resumed_from) {
      EXPECT_TRUE(resumed.insert(*run.resumed_from).second) << "resumed twice";
    }
    const auto tasks = store_->runs().ListTaskExecutions(run.key).value();
    for (const TaskExecution& task : tasks) {
      places[task.spec->key] = {task.spec->snapshot, task.progress.first};
    }
  }
  for (const InvocationRef& ref : starts) {
    const auto [snapshot, first] = places.at(ref.task);
    EXPECT_TRUE(targets.insert({snapshot, first + ref.ordinal}).second) << "started twice";
  }
  EXPECT_FALSE(runs.empty());
}

TEST_F(Threads, ManyCallersCreateAndReadWhileTasksDrain) {
  const std::string window = CreateWindow();
  RegisterTask(window, 0);
  const std::string execution = Open(window);
  std::vector<std::thread> callers;
  std::atomic<int> created{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const std::string mine = CreateWindow();
        v1::GetMaintenanceWindowRequest get;
        get.set_window_id(mine);
        if (engine_->GetMaintenanceWindow(me_, get).ok()) ++created;
        v1::GetMaintenanceWindowExecutionRequest look;
        look.set_window_execution_id(execution);
        EXPECT_TRUE(engine_->GetMaintenanceWindowExecution(me_, look).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(created, 100);
  v1::GetMaintenanceWindowExecutionRequest get;
  get.set_window_execution_id(execution);
  while (engine_->GetMaintenanceWindowExecution(me_, get).value().status() != "SUCCESS") {
    std::this_thread::yield();
  }
  EXPECT_EQ(runner_->starts().size(), static_cast<std::size_t>(kTargets));
}

TEST_F(Threads, HoweverManyCreateAtOnceTheLimitHolds) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("threads");
  window.set_schedule("rate(30 days)");
  window.set_duration(20);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  std::atomic<int> created{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        const auto response = engine_->CreateMaintenanceWindow(me_, window);
        created += response.ok();
        refused += absl::IsResourceExhausted(response.status());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(created, kWindows);
  EXPECT_EQ(refused, 200 - kWindows);
  EXPECT_EQ(store_->definitions().ListWindows({.limit = 1000})->size(),
            static_cast<std::size_t>(kWindows));
}

TEST_F(Threads, ATargetThatGoesSafelyWhileATaskIsRegisteredOnItLeavesNoTaskThatNamesIt) {
  v1::RegisterTargetWithMaintenanceWindowRequest target;
  target.set_window_id(CreateWindow());
  target.set_resource_type("INSTANCE");
  target.add_targets()->set_key("InstanceIds");
  target.mutable_targets(0)->add_values("i-1");
  for (int round = 0; round < 30; ++round) {
    const std::string id =
        engine_->RegisterTargetWithMaintenanceWindow(me_, target)->window_target_id();
    v1::RegisterTaskWithMaintenanceWindowRequest task;
    task.set_window_id(target.window_id());
    task.set_task_type("RUN_COMMAND");
    task.set_task_arn("anything");
    task.set_max_concurrency("1");
    task.set_max_errors("0");
    task.add_targets()->set_key("WindowTargetIds");
    task.mutable_targets(0)->add_values(id);
    v1::DeregisterTargetFromMaintenanceWindowRequest gone;
    gone.set_window_id(target.window_id());
    gone.set_window_target_id(id);
    gone.set_safe(true);
    bool deregistered = false;
    std::thread other(
        [&] { deregistered = engine_->DeregisterTargetFromMaintenanceWindow(me_, gone).ok(); });
    const auto registered = engine_->RegisterTaskWithMaintenanceWindow(me_, task);
    other.join();
    EXPECT_NE(registered.ok(), deregistered) << registered.status();
    if (!registered.ok()) continue;
    v1::DeregisterTaskFromMaintenanceWindowRequest done;
    done.set_window_id(target.window_id());
    done.set_window_task_id(registered->window_task_id());
    EXPECT_TRUE(engine_->DeregisterTaskFromMaintenanceWindow(me_, done).ok());
  }
}

TEST_F(Threads, UpdatesOfOneTaskAtOnceLoseNothing) {
  const std::string window = CreateWindow();
  RegisterTask(window, 0);
  const WindowTask task = store_->definitions().ListTasks(WindowId(window))->at(0);
  std::vector<std::thread> callers;
  for (const bool names : {true, false}) {
    callers.emplace_back([&, names] {
      for (int n = 0; n < 40; ++n) {
        v1::UpdateMaintenanceWindowTaskRequest update;
        update.set_window_id(window);
        update.set_window_task_id(task.id.value());
        const std::string text = absl::StrCat("text-", n);
        names ? update.set_name(text) : update.set_description(text);
        absl::Status status = absl::UnavailableError("not asked");
        while (absl::IsUnavailable(status)) {  // the other was faster, again and again
          status = engine_->UpdateMaintenanceWindowTask(me_, update).status();
        }
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const auto after = store_->definitions().GetTask(task.id).value();
  EXPECT_EQ(after->name, "text-39");
  EXPECT_EQ(after->description, "text-39");
  EXPECT_EQ(after->version, 81);
}

}  // namespace
}  // namespace lull
