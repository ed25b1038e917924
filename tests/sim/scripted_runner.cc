#include "tests/sim/scripted_runner.h"

#include <algorithm>
#include <utility>

namespace lull::sim {
namespace {

/// What dice are thrown for.
constexpr std::uint64_t kForHanging = 1;
constexpr std::uint64_t kForOutcome = 2;
constexpr std::uint64_t kForAdoption = 3;
constexpr std::uint64_t kForAtOnce = 4;

}  // namespace

ScriptedRunner::ScriptedRunner(std::uint64_t seed, const Swarm& swarm, const Clock& clock,
                               Facts& facts, Hooks hooks)
    : seed_(seed), swarm_(swarm), clock_(clock), facts_(facts), hooks_(std::move(hooks)) {}

Dice ScriptedRunner::DiceOf(InvocationRef ref, std::uint64_t purpose) const {
  const auto key = static_cast<std::uint64_t>(InvocationRowKey(ref.task, ref.ordinal));
  return Dice(Mix(Mix(seed_, key), purpose));
}

void ScriptedRunner::Start(const Invocation& invocation, FinishSink& sink) {
  if (hooks_.is_dead()) return;
  sink_ = &sink;
  hooks_.starting(invocation);
  if (hooks_.is_dead()) return;
  Truth& truth = facts_.Of(invocation.ref);
  ++truth.starts;
  truth.at_work = true;
  Run(invocation.ref);
  hooks_.started(invocation);
  if (hooks_.is_dead()) return;
  if (!DiceOf(invocation.ref, kForAtOnce).Percent(swarm_[Knob::kAtOnce])) return;
  if (!in_flight_.empty() && !Hangs(in_flight_.back())) End(in_flight_.size() - 1);
}

void ScriptedRunner::Run(InvocationRef ref) {
  Dice dice = DiceOf(ref, kForHanging);
  absl::Duration until;
  if (dice.Percent(swarm_[Knob::kHanging])) {
    until = clock_.SinceBoot() + absl::Minutes(1 + dice.Below(300));
  }
  in_flight_.push_back({ref, until});
}

void ScriptedRunner::RequestStop(InvocationRef invocation) {
  if (hooks_.is_dead()) return;
  hooks_.stopping(invocation);
  if (hooks_.is_dead()) return;
  facts_.Of(invocation).stop_requested = true;
}

Adoption ScriptedRunner::Adopt(InvocationRef ref, const TaskSpec&, FinishSink& sink) {
  if (hooks_.is_dead()) return Adoption::kUnknown;
  sink_ = &sink;
  Truth& truth = facts_.Of(ref);
  Dice dice = DiceOf(ref, kForAdoption);
  if (dice.Percent(swarm_[Knob::kForgetful])) {
    truth.at_work = false;
    return Adoption::kUnknown;
  }
  if (truth.starts == 0) return facts_.has_fenced ? Adoption::kUnknown : Adoption::kNotStarted;
  if (truth.reported) {  // what was said once stays true, though nobody stored it
    Report(ref, *truth.reported, truth.undelivered);
    return Adoption::kFinished;
  }
  if (!truth.at_work) return Adoption::kUnknown;
  if (dice.OneIn(2)) {
    Report(ref, Status::kSuccess);
    return Adoption::kFinished;
  }
  Run(ref);
  return Adoption::kRunning;
}

bool ScriptedRunner::Hangs(const Running& running) const {
  return clock_.SinceBoot() < running.hangs_until && !facts_.Get(running.ref).stop_requested;
}

bool ScriptedRunner::IsIdle() const {
  return std::all_of(in_flight_.begin(), in_flight_.end(),
                     [&](const Running& running) { return Hangs(running); });
}

std::int64_t ScriptedRunner::InFlight(TaskKey task) const {
  return std::count_if(in_flight_.begin(), in_flight_.end(),
                       [&](const Running& running) { return running.ref.task == task; });
}

void ScriptedRunner::Report(InvocationRef ref, Status status, bool undelivered) {
  Truth& truth = facts_.Of(ref);
  truth.at_work = false;
  if (truth.reported) {  // to another engine: what was said once stays true
    status = *truth.reported;
    undelivered = truth.undelivered;
  }
  truth.reported = status;
  truth.undelivered = undelivered;
  const std::string detail = undelivered                  ? kUnreachable
                             : status == Status::kSuccess ? ""
                                                          : "scripted";
  sink_->Finished(ref, {status, {}, detail, undelivered});
}

void ScriptedRunner::EndOne(Dice& dice) {
  if (!again_.empty() && dice.OneIn(4)) {
    // Much later it answers once more, and something else: the first answer counts.
    sink_->Finished(again_.back(), {Status::kFailed, {}, "again"});
    again_.pop_back();
  }
  if (in_flight_.empty()) return;
  const std::size_t size = in_flight_.size();
  const auto from = static_cast<std::size_t>(dice.Below(static_cast<std::int64_t>(size)));
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = (from + i) % size;
    if (Hangs(in_flight_[at])) continue;
    End(at);
    return;
  }
}

void ScriptedRunner::End(std::size_t at) {
  const Running running = in_flight_[at];
  in_flight_[at] = in_flight_.back();
  in_flight_.pop_back();
  const InvocationRef ref = running.ref;
  Dice dice = DiceOf(ref, kForOutcome);
  Status status = Status::kSuccess;
  bool undelivered = false;
  if (facts_.Get(ref).stop_requested && dice.OneIn(2)) {
    status = Status::kCancelled;
  } else if (running.hangs_until > absl::ZeroDuration()) {
    status = Status::kTimedOut;
  } else if (dice.Percent(swarm_[Knob::kFailing])) {
    status = dice.Pick<Status>({Status::kFailed, Status::kTimedOut, Status::kCancelled});
    undelivered = status == Status::kFailed && dice.OneIn(3);
  }
  Report(ref, status, undelivered);
  if (!dice.Percent(swarm_[Knob::kTwice])) return;
  if (dice.OneIn(2)) {
    again_.push_back(ref);
  } else {
    sink_->Finished(ref, {Status::kFailed, {}, "again"});
  }
}

void ScriptedRunner::EndAll() {
  while (!in_flight_.empty()) End(in_flight_.size() - 1);
}

}  // namespace lull::sim
