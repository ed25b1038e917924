#include "tests/sim/simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "tests/support/describe.h"

namespace lull::sim {
namespace {

constexpr int kActions = 90;
constexpr int kMaxWindows = 3;
constexpr int kMaxTasks = 5;  // a window
constexpr int kHealingSteps = 20000;

const CallContext kCaller{"sim", "request"};

}  // namespace

Simulation::Simulation(std::uint64_t seed) : seed_(seed), dice_(seed), ids_(seed ^ 0x5EED) {
  facts_.tells_invocations = seed % 3 == 0;
}

void Simulation::Begin() {
  while (life_ == nullptr || life_->engine == nullptr) {
    life_ = std::make_unique<Life>(disk_);
    Life& life = *life_;
    life.runner = std::make_unique<ScriptedRunner>(
        facts_, dice_, [this, &life](const Invocation& invocation) {
          // An engine that doesn't know yet that another has taken over may still tell its runner
          // of what it had claimed: only R4 holds then (leases will close this). One file has one
          // engine.
          if (&life == zombie_.get()) return;
          Checkers::CheckStart(life.store, invocation, clock_.Now(),
                               life.runner->InFlight(invocation.ref.task), facts_);
        });
    EngineOptions options;
    options.store = &life.store;
    options.runners[TaskType::kRunCommand] = life.runner.get();
    options.targets = &targets_;
    options.clock = &clock_;
    options.ids = &ids_;
    options.subscribers = {{kSubscriber, facts_.tells_invocations}};
    if (seed_ % 2 == 1) options.misfire.misfire = Misfire::kSkip;
    auto engine = Engine::Open(std::move(options));
    Note(absl::StrCat("open: ", engine.status().ToString()));
    if (engine.ok()) life.engine = *std::move(engine);
  }
}

Result Simulation::Run() {
  Begin();
  CreateWindow();
  for (std::int64_t n = dice_.Below(4); n >= 0; --n) RegisterTask();
  for (int i = 0; i < kActions && facts_.violations.empty(); ++i) {
    if (dice_.OneIn(6)) SettleEvents();  // of those that the checkers have seen
    Act();
    checkers_.Check(life_->store, windows_, clock_.Now(), facts_);
  }
  if (facts_.violations.empty()) Heal();
  Note(DescribeAll(life_->store));
  result_.violations = facts_.violations;
  return std::move(result_);
}

void Simulation::Act() {
  const std::int64_t roll = dice_.Below(100);
  if (roll < 5) {
    CreateWindow();
  } else if (roll < 13) {
    RegisterTask();
  } else if (roll < 15) {
    ToggleWindow();
  } else if (roll < 22) {
    Cancel();
  } else if (roll < 25) {
    Crash();
  } else if (roll < 27) {
    Supersede();
  } else if (roll < 31) {
    PlantFault();
  } else if (roll < 34) {
    PokeZombie();
  } else if (roll < 36) {
    Start();
  } else if (roll < 39) {
    Resume();
  } else if (roll < 40) {
    Skip();
  } else if (roll < 50) {
    // Mostly small steps of time, sometimes past every cutoff, sometimes back, rarely by years.
    const absl::Duration by = dice_.OneIn(12)   ? absl::Minutes(dice_.Below(240))
                              : dice_.OneIn(15) ? -absl::Minutes(dice_.Below(30))
                              : dice_.OneIn(30) ? absl::Hours(24) * (dice_.Below(2001) - 1000)
                                                : absl::Seconds(dice_.Below(240));
    if (by < absl::ZeroDuration() || by > absl::Hours(4))
      clock_.Jump(by);
    else
      clock_.Advance(by);
    Note(absl::StrCat("time ", absl::FormatDuration(by)));
  } else if (roll < 70) {
    for (std::int64_t n = dice_.Below(6); n >= 0; --n) life_->runner->EndOne(false);
  } else {
    for (std::int64_t n = dice_.Below(4); n >= 0; --n) life_->engine->Step();
  }
}

void Simulation::CreateWindow() {
  if (windows_.size() == kMaxWindows) return;
  // One that was not acknowledged is asked for again as it was, with its token (R5).
  v1::CreateMaintenanceWindowRequest& request = asked_;
  if (!request.has_name()) {
    request.set_name("simulated");
    request.set_schedule(absl::StrCat("rate(", 1 + dice_.Below(20), " minutes)"));
    request.set_duration(static_cast<int>(1 + dice_.Below(3)));
    request.set_cutoff(static_cast<int>(dice_.Below(request.duration())));
    request.set_allow_unassociated_targets(true);
    request.set_client_token(absl::StrCat("token-", windows_.size()));
  }
  const auto response = life_->engine->CreateMaintenanceWindow(kCaller, request);
  Note(absl::StrCat("create: ", response.status().ToString()));
  if (!response.ok()) return;
  request.Clear();
  windows_.push_back(WindowId(response->window_id()));
  facts_.windows.insert(response->window_id());
}

void Simulation::RegisterTask() {
  if (windows_.empty()) return;
  const WindowId& window = dice_.Pick(windows_);
  if (life_->store.definitions().ListTasks(window)->size() == kMaxTasks) return;
  v1::RegisterTaskWithMaintenanceWindowRequest request;
  request.set_window_id(window.value());
  request.set_task_arn("AWS-RunShellScript");
  request.set_task_type("RUN_COMMAND");
  v1::Target& target = *request.add_targets();
  target.set_key("InstanceIds");
  const std::int64_t count = dice_.OneIn(6) ? 0 : dice_.OneIn(10) ? 2500 : 1 + dice_.Below(40);
  target.add_values(dice_.OneIn(20) ? "error" : absl::StrCat(count));
  request.set_priority(static_cast<int>(dice_.Below(3)));
  request.set_max_concurrency(dice_.OneIn(4) ? "50%" : absl::StrCat(1 + dice_.Below(12)));
  request.set_max_errors(dice_.OneIn(4) ? "10%" : absl::StrCat(dice_.Below(5)));
  if (dice_.OneIn(2)) request.set_cutoff_behavior(dice_.OneIn(2) ? "CANCEL_TASK" : "CONTINUE_TASK");
  const auto response = life_->engine->RegisterTaskWithMaintenanceWindow(kCaller, request);
  Note(absl::StrCat("register: ", response.status().ToString()));
}

void Simulation::ToggleWindow() {
  if (windows_.empty()) return;
  v1::UpdateMaintenanceWindowRequest request;
  request.set_window_id(dice_.Pick(windows_).value());
  request.set_enabled(!dice_.OneIn(3));
  if (dice_.OneIn(2)) request.set_schedule(absl::StrCat("rate(", 1 + dice_.Below(20), " minutes)"));
  Note(absl::StrCat("update: ",
                    life_->engine->UpdateMaintenanceWindow(kCaller, request).status().ToString()));
}

void Simulation::Cancel() {
  const Picture picture = Take(life_->store, windows_);
  if (picture.runs.empty()) return;
  // Mostly one of the newest: those are still active.
  const std::size_t size = picture.runs.size();
  const std::size_t back = static_cast<std::size_t>(dice_.Below(4)) % size;
  const Execution& execution = picture.runs[size - 1 - back].row;
  const bool active = !IsFinal(Level::kExecution, execution.progress.status);
  CancelOptions options;
  options.policy = dice_.Pick<CancelPolicy>(
      {CancelPolicy::kTask, CancelPolicy::kInvocation, CancelPolicy::kStop});
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(execution.id.value());
  const std::int64_t commits = disk_->commits();
  const auto response = life_->engine->CancelMaintenanceWindowExecution(kCaller, request, options);
  Note(absl::StrCat("cancel ", ToAbsl(Name(options.policy)), ": ", response.status().ToString()));
  if (disk_->commits() > commits + 1) facts_.violations.push_back("R1: more than one transaction");
  if (!response.ok() || !active) return;
  CancelPolicy& strictest =
      facts_.cancels.emplace(execution.id.value(), options.policy).first->second;
  strictest = std::max(strictest, options.policy);
  const auto tasks = *life_->store.runs().ListTaskExecutions(execution.key);
  for (const TaskExecution& task : tasks) {
    if (task.progress.closed_by != ClosedBy::kNone) facts_.shut.insert(task.spec->key);
    if (!task.progress.started_at.has_value() && task.progress.status != Status::kCancelled &&
        task.progress.closed_by == ClosedBy::kNone) {
      facts_.violations.push_back("R1: a task that had not started is still open");
    }
    if (options.policy != CancelPolicy::kTask && task.progress.closed_by == ClosedBy::kNone &&
        task.progress.next != task.progress.count) {
      facts_.violations.push_back("R1: unclaimed invocations are still to come");
    }
  }
}

void Simulation::Start() {
  if (windows_.empty()) return;
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(dice_.Pick(windows_).value());
  const auto response = life_->engine->StartMaintenanceWindowExecution(kCaller, request);
  Note(absl::StrCat("start: ", response.status().ToString()));
  if (response.ok()) facts_.executions.insert(response->window_execution_id());
}

void Simulation::Resume() {
  const Picture picture = Take(life_->store, windows_);
  std::vector<std::string> cancelled;
  for (const Picture::Run& run : picture.runs) {
    if (run.row.progress.status == Status::kCancelled) cancelled.push_back(run.row.id.value());
  }
  if (cancelled.empty()) return;
  // Half the time the newest, which has more often not been resumed.
  v1::ResumeMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(dice_.OneIn(2) ? cancelled.back() : dice_.Pick(cancelled));
  const auto response = life_->engine->ResumeMaintenanceWindowExecution(kCaller, request);
  Note(absl::StrCat("resume: ", response.status().ToString()));
  if (response.ok()) facts_.executions.insert(response->window_execution_id());
}

void Simulation::Skip() {
  if (windows_.empty()) return;
  v1::SkipNextExecutionRequest request;
  request.set_window_id(dice_.Pick(windows_).value());
  const auto response = life_->engine->SkipNextExecution(kCaller, request);
  Note(absl::StrCat("skip: ", response.status().ToString()));
  if (!response.ok()) return;
  const auto newest = life_->store.runs().ListExecutions({WindowId(request.window_id())});
  const Execution& skipped = newest->at(0);
  // What was acknowledged stays, and so nothing else can open there.
  facts_.executions.insert(skipped.id.value());
  if (skipped.progress.status != Status::kSkippedOverlapping) {
    facts_.violations.push_back("R5: a skip left no record");
  }
}

void Simulation::SettleEvents() {
  const auto limit =
      static_cast<std::size_t>(1 + dice_.Below(static_cast<std::int64_t>(kMaxSettled)));
  const auto events = *life_->store.outbox().ListEvents(kSubscriber, 0, limit);
  std::vector<std::int64_t> seqs;
  for (const auto& [seq, event] : events) seqs.push_back(seq);
  if (seqs.empty()) return;
  Note(absl::StrCat("settle: ", life_->engine->SettleEvents(kSubscriber, seqs).ToString()));
}

void Simulation::Crash() {
  Note("crash");
  life_->runner->Die();
  life_ = nullptr;
  Begin();
}

void Simulation::Supersede() {
  Note("a second engine opens");
  if (zombie_ != nullptr) zombie_->runner->Die();
  zombie_ = std::move(life_);
  facts_.zombie = true;
  Begin();
}

void Simulation::PokeZombie() {
  if (zombie_ == nullptr) return;
  const std::string before = DescribeAll(life_->store);
  zombie_->runner->EndOne(false);
  zombie_->engine->Step();
  v1::CreateMaintenanceWindowRequest request;
  request.set_name("zombie");
  request.set_schedule("rate(1 minute)");
  request.set_duration(1);
  request.set_cutoff(0);
  request.set_allow_unassociated_targets(true);
  if (!windows_.empty()) {
    const Picture picture = Take(life_->store, windows_);
    if (!picture.runs.empty()) {
      v1::CancelMaintenanceWindowExecutionRequest cancel;
      cancel.set_window_execution_id(picture.runs.back().row.id.value());
      const bool ended = IsFinal(Level::kExecution, picture.runs.back().row.progress.status);
      const auto answer = zombie_->engine->CancelMaintenanceWindowExecution(kCaller, cancel);
      Note(absl::StrCat("zombie's cancel: ", answer.status().ToString()));
      if (answer.ok() && !ended &&
          !(*life_->store.runs().GetExecution(picture.runs.back().row.id))->progress.cancel) {
        facts_.violations.push_back("R11: a fenced engine said that it cancelled");
      }
    }
  }
  zombie_->engine->Step();
  if (const std::string after = DescribeAll(life_->store); after != before) {
    Note(absl::StrCat("before the zombie:\n", before, "after:\n", after));
    facts_.violations.push_back("R11: a fenced engine changed an execution");
  }
}

void Simulation::PlantFault() {
  const auto fault = dice_.Pick<ModelDisk::Fault>({ModelDisk::Fault::kUnavailable,
                                                   ModelDisk::Fault::kUnknownApplied,
                                                   ModelDisk::Fault::kUnknownNotApplied});
  Note(absl::StrCat("fault ", static_cast<int>(fault)));
  disk_->FailNext(fault);
  if (dice_.OneIn(4)) disk_->FailRecover(1);
}

void Simulation::Heal() {
  Note("heal");
  if (zombie_ != nullptr) zombie_->runner->Die();
  zombie_ = nullptr;
  facts_.zombie = false;
  for (const WindowId& window : windows_) {
    v1::UpdateMaintenanceWindowRequest request;
    request.set_window_id(window.value());
    request.set_enabled(false);
    for (int tries = 0; tries < 5; ++tries) {
      if (life_->engine->UpdateMaintenanceWindow(kCaller, request).ok()) break;
      clock_.Advance(absl::Seconds(2));
    }
  }
  const auto active = [&] {
    const auto loaded = life_->store.runs().LoadActive();
    return loaded.ok() && !loaded->empty();
  };
  int steps = 0;
  for (; steps < kHealingSteps && active() && facts_.violations.empty(); ++steps) {
    for (int n = 0; n < 40 && !life_->runner->Idle(); ++n) life_->runner->EndOne(true);
    const absl::Time due = life_->engine->Step();
    if (life_->runner->Idle() && due > clock_.Now()) clock_.Advance(absl::Minutes(10));
    if (steps % 16 == 0) checkers_.Check(life_->store, windows_, clock_.Now(), facts_);
  }
  checkers_.Check(life_->store, windows_, clock_.Now(), facts_);
  if (active()) facts_.violations.push_back("liveness: an execution never ends");
  life_->engine->Step();
  if (!life_->engine->Quiet()) facts_.violations.push_back("liveness: the engine is never quiet");
  result_.executions = static_cast<int>(Take(life_->store, windows_).runs.size());
}

}  // namespace lull::sim
