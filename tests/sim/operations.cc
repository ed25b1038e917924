// What callers do with executions, and who else may come to the store.
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/make.h"
#include "tests/sim/simulation.h"

namespace lull::sim {
namespace {

const CallContext kCaller{"sim", "request"};

}  // namespace

const RunPicture* Simulation::AnyRun(Dice& dice) const {
  const auto& runs = world_.picture.runs;
  if (runs.empty()) return nullptr;
  // Mostly one of the newest: those are still active.
  auto at = std::prev(runs.end());
  for (std::int64_t back = dice.Below(2 * swarm_.windows); back > 0 && at != runs.begin(); --back) {
    --at;
  }
  return at->second.hidden ? nullptr : &at->second;
}

void Simulation::Cancel(Dice& dice) {
  // In the middle of things there is more to cancel.
  for (std::int64_t n = dice.Below(3); n > 0 && !IsDead(); --n) life_->engine->Step();
  const RunPicture* run = AnyRun(dice);
  if (run == nullptr || IsDead()) return;
  CancelOne(run->row.id, dice.Pick<CancelPolicy>({CancelPolicy::kTask, CancelPolicy::kInvocation,
                                                  CancelPolicy::kStop}));
}

void Simulation::CancelOne(const ExecutionId& id, CancelPolicy policy) {
  CancelSeen seen{id, policy, 0, !Ended(*world_.picture.Find(id))};
  CancelOptions options;
  options.policy = policy;
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(id.value());
  const std::int64_t commits = commits_;
  const bool in_doubt = doubt_.has_value();
  const auto response = life_->engine->CancelMaintenanceWindowExecution(kCaller, request, options);
  seen.commits = commits_ - commits;
  trace_.Note("cancel", static_cast<int>(policy), static_cast<int>(response.status().code()));
  if (IsDead() || !response.ok()) return;
  if (response->window_execution_id() != id.value()) {
    world_.violations.push_back("R1: a cancel answered for another execution");
  }
  // What its recovery brought to light may have ended the execution before the cancel came.
  const RunPicture& after = *world_.picture.Find(id);
  const auto& stored = after.row.progress.cancel;
  if (in_doubt && Ended(after) && (!stored || stored->policy < policy)) seen.was_active = false;
  See(seen);
}

void Simulation::Start(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(*window);
  Make(MadeSeen::Kind::kExecution, request, dice, [&](Engine& engine) {
    return IdOf(engine.StartMaintenanceWindowExecution(kCaller, request),
                [](const auto& response) { return response.window_execution_id(); });
  });
}

void Simulation::Resume(Dice& dice) {
  // The newest one that was cancelled; sometimes any, which has been resumed already.
  const RunPicture* cancelled = nullptr;
  for (const auto& [key, run] : world_.picture.runs) {
    if (run.row.progress.status != Status::kCancelled || run.hidden) continue;
    cancelled = &run;
    if (dice.OneIn(16)) break;
  }
  if (cancelled == nullptr) return;
  v1::ResumeMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(cancelled->row.id.value());
  Make(MadeSeen::Kind::kExecution, request, dice, [&](Engine& engine) {
    return IdOf(engine.ResumeMaintenanceWindowExecution(kCaller, request),
                [](const auto& response) { return response.window_execution_id(); });
  });
}

void Simulation::Skip(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  v1::SkipNextExecutionRequest request;
  request.set_window_id(*window);
  request.set_reason(absl::StrCat("skipped-", ++tokens_));
  const auto response = life_->engine->SkipNextExecution(kCaller, request);
  trace_.Note("skip", static_cast<int>(response.status().code()));
  if (!response.ok() || IsDead()) return;
  // What was acknowledged stays, and so nothing else can open there.
  for (auto at = world_.picture.runs.rbegin(); at != world_.picture.runs.rend(); ++at) {
    const Execution& row = at->second.row;
    if (row.request && row.request->reason == request.reason() &&
        row.progress.status == Status::kSkippedOverlapping) {
      return;
    }
  }
  world_.violations.push_back("R5: a skip left no record");
}

void Simulation::Settle(Dice& dice) {
  if (doubt_) return;  // what is shown may be gone, and must not be told
  const auto limit =
      static_cast<std::size_t>(1 + dice.Below(static_cast<std::int64_t>(kMaxSettled)));
  const auto events = life_->store->outbox().ListEvents(kSubscriber, 0, limit);
  if (!events.ok() || events->empty()) return;
  std::vector<std::int64_t> seqs;
  for (const auto& [seq, event] : *events) {
    seqs.push_back(seq);
    world_.picture.places[seq] = event.id;
    if (!world_.picture.waiting.contains(event.id)) {
      world_.violations.push_back("R5: an event is back that had been settled");
    }
  }
  trace_.Note("settle",
              static_cast<int>(life_->engine->SettleEvents(kSubscriber, std::move(seqs)).code()));
}

void Simulation::Supersede() {
  if (!disk_->IsShared() || doubt_) return;
  trace_.Note("a second engine opens");
  Count("second engine");
  fenced_ = std::move(life_);
  world_.facts.has_fenced = true;
  Begin();
}

void Simulation::PokeFenced(Dice& dice) {
  trace_.Note("the fenced-off engine goes on");
  fenced_->runner->EndOne(dice);
  fenced_->engine->Step();
  const RunPicture* run = AnyRun(dice);
  if (run == nullptr || IsDead()) return;
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(run->row.id.value());
  const auto response = fenced_->engine->CancelMaintenanceWindowExecution(kCaller, request);
  if (response.ok() && !IsDead() && !Ended(*run) && !run->row.progress.cancel) {
    world_.violations.push_back("R11: a fenced-off engine said that it had cancelled");
  }
  fenced_->engine->Step();
}

void Simulation::HealWindows() {
  for (const std::string& id : world_.picture.made_windows) {
    if (!world_.picture.windows.contains(id)) continue;
    v1::UpdateMaintenanceWindowRequest request;
    request.set_window_id(id);
    request.set_enabled(false);
    for (int tries = 0; tries < 5; ++tries) {
      if (life_->engine->UpdateMaintenanceWindow(kCaller, request).ok()) break;
      clock_.Advance(absl::Seconds(2));
    }
  }
}

}  // namespace lull::sim
