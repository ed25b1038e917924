#include "bench/rig.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr int kTasks = 20;
const CallContext kCaller{"bench", "request"};

class CountCursor : public TargetCursor {
 public:
  explicit CountCursor(std::int64_t count) : count_(count) {}
  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
    std::vector<ResolvedTarget> piece;
    piece.reserve(std::min(limit, static_cast<std::size_t>(count_ - at_)));
    while (at_ < count_ && piece.size() < limit) {
      piece.push_back({NodeName(at_++), {}, {}});
    }
    return piece;
  }

 private:
  const std::int64_t count_;
  std::int64_t at_ = 0;
};

}  // namespace

std::string NodeName(std::int64_t index) {
  // Steps of a multiplication and a shift that can be undone: no two indexes have the same name.
  auto bits = static_cast<std::uint64_t>(index + 1);
  for (const std::uint64_t factor : {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb}) {
    bits = (bits * factor) ^ (bits * factor >> 31);
  }
  return absl::StrCat("mi-0", absl::Hex(bits, absl::kZeroPad16));
}

absl::Time MovedClock::Now() const {
  return absl::FromUnixMicros(absl::GetCurrentTimeNanos() / 1000 + moved_us_);
}

absl::Duration MovedClock::SinceBoot() const {
  return absl::FromChrono(bench::Now().time_since_epoch()) + absl::Microseconds(moved_us_.load());
}

absl::StatusOr<std::unique_ptr<TargetCursor>> CountedTargets::Resolve(const TargetQuery& query) {
  std::int64_t count = 0;
  LULL_CHECK(absl::SimpleAtoi(query.selectors.at(0).values.at(0), &count));
  return std::make_unique<CountCursor>(count);
}

void Watcher::ExecutionMoved(const Execution& execution) {
  if (!IsFinal(Level::kExecution, execution.progress.status)) return;
  MutexLock lock(mutex_);
  ++ended_;
  moved_.SignalAll();
}

void Watcher::Warn(std::string_view text) {
  std::fprintf(stderr, "the engine warns: %s\n", std::string(text).c_str());
}

std::int64_t Watcher::ended() {
  MutexLock lock(mutex_);
  return ended_;
}

void Watcher::AwaitEnded(std::int64_t count) {
  MutexLock lock(mutex_);
  while (ended_ < count) moved_.Wait(mutex_);
}

Shape TwentyTasks(std::int64_t queued, std::int64_t in_flight) {
  Shape shape;
  for (int i = 0; i < kTasks; ++i) {
    shape.targets.push_back(queued / kTasks + (i < queued % kTasks ? 1 : 0));
  }
  shape.targets.front() += in_flight;
  shape.concurrency = in_flight;
  return shape;
}

Shape TwentyWaiting(std::int64_t queued) {
  Shape shape = TwentyTasks(queued, 0);
  shape.targets.insert(shape.targets.begin(), kInFlight);
  shape.concurrency = kInFlight;
  return shape;
}

Rig::Rig(const std::string& path, const RigOptions& rig) {
  auto store = storage::SqliteStore::Open({.path = path});
  LULL_CHECK(store.ok());
  store_ = *std::move(store);
  EngineOptions options;
  options.store = store_.get();
  options.runners[TaskType::kRunCommand] = rig.runner != nullptr ? rig.runner : &runner_;
  if (!rig.stored_nodes) options.targets = &targets_;
  options.observer = &watcher_;
  options.clock = &clock_;
  options.history = rig.history;
  options.limits = {.windows = kNoLimit, .tasks_per_window = kNoLimit};
  auto engine = Engine::Open(std::move(options));
  LULL_CHECK(engine.ok());
  engine_ = *std::move(engine);
}

Rig::~Rig() { runner_.End(); }

std::string Rig::CreateWindow(const Shape& shape, absl::Time due) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("bench");
  window.set_schedule(
      absl::StrCat("at(", absl::FormatTime("%Y-%m-%dT%H:%M:%S", due, absl::UTCTimeZone()), ")"));
  window.set_duration(24);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  const auto created = engine_->CreateMaintenanceWindow(kCaller, window);
  LULL_CHECK(created.ok());
  const std::string tagged = shape.tag.empty() ? "" : RegisterTag(created->window_id(), shape.tag);
  const auto targets_of = [&](std::int64_t count) {
    v1::Target target;
    target.set_key(tagged.empty() ? "InstanceIds" : "WindowTargetIds");
    target.add_values(tagged.empty() ? absl::StrCat(count) : tagged);
    return target;
  };
  for (std::size_t i = 0; i < shape.targets.size(); ++i) {
    v1::RegisterTaskWithMaintenanceWindowRequest task;
    task.set_window_id(created->window_id());
    task.set_task_arn("AWS-RunShellScript");
    task.set_task_type("RUN_COMMAND");
    *task.add_targets() = targets_of(shape.targets[i]);
    task.set_priority(static_cast<int>(i));
    task.set_max_concurrency(absl::StrCat(shape.concurrency));
    task.set_max_errors(shape.max_errors);
    LULL_CHECK(engine_->RegisterTaskWithMaintenanceWindow(kCaller, task).ok());
  }
  return created->window_id();
}

std::string Rig::RegisterTag(const std::string& window, const std::string& value) {
  v1::RegisterTargetWithMaintenanceWindowRequest target;
  target.set_window_id(window);
  target.set_resource_type("INSTANCE");
  auto* const selector = target.add_targets();
  selector->set_key(absl::StrCat("tag:", kTag));
  selector->add_values(value);
  return engine_->RegisterTargetWithMaintenanceWindow(kCaller, target).value().window_target_id();
}

std::vector<std::string> Rig::OpenExecutions(int count, const Shape& shape) {
  const absl::Time due = clock_.Now() + absl::Minutes(5);
  std::vector<std::string> windows;
  for (int i = 0; i < count; ++i) windows.push_back(CreateWindow(shape, due));
  clock_.Move(absl::Minutes(6));
  const std::int64_t first = std::min(shape.targets[0], shape.concurrency);
  const std::int64_t wanted = runner_.starts() + count * first;
  while (runner_.starts() < wanted) engine_->Step();
  std::vector<std::string> executions;
  for (const std::string& window : windows) {
    const Execution execution = NewestOf(window);
    LULL_CHECK(execution.progress.status == Status::kInProgress);
    executions.push_back(execution.id.value());
  }
  return executions;
}

std::string Rig::MakeDue(const Shape& shape) {
  const std::string window = CreateWindow(shape, clock_.Now() + absl::Minutes(5));
  clock_.Move(absl::Minutes(6));
  return window;
}

Execution Rig::NewestOf(const std::string& window) {
  const auto found = store_->runs().ListExecutions({.window = WindowId(window), .limit = 1});
  LULL_CHECK(found.ok() && found->size() == 1);
  return found->front();
}

std::string Rig::Resume(const std::string& execution, std::int64_t in_flight) {
  const std::int64_t ended = watcher_.ended() + 1;
  runner_.Release();
  while (watcher_.ended() < ended) engine_->Step();
  runner_.Hold(true);
  const std::int64_t wanted = runner_.starts() + in_flight;
  v1::ResumeMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(execution);
  const auto resumed = engine_->ResumeMaintenanceWindowExecution(kCaller, request);
  LULL_CHECK(resumed.ok());
  while (runner_.starts() < wanted) engine_->Step();
  return resumed->window_execution_id();
}

ExecutionId Rig::Drain(const Shape& shape) {
  const std::int64_t ended = watcher_.ended() + 1;
  runner_.Hold(false);
  const std::string window = MakeDue(shape);
  while (watcher_.ended() < ended) engine_->Step();
  return NewestOf(window).id;
}

double Rig::Cancel(const std::string& execution, CancelPolicy policy) {
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(execution);
  CancelOptions options;
  options.policy = policy;
  const Instant start = bench::Now();
  const auto response = engine_->CancelMaintenanceWindowExecution(kCaller, request, options);
  const double seconds = SecondsSince(start);
  LULL_CHECK(response.ok());
  return seconds;
}

}  // namespace lull::bench
