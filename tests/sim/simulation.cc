#include "tests/sim/simulation.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "tests/support/describe.h"

namespace lull::sim {
namespace {

/// Tries to open an engine at most; after half of them the disk is healed.
constexpr int kOpenings = 200;
/// Turns that one round may take until nothing more is due.
constexpr int kTurns = 60;
constexpr int kHealingTurns = 20000;

Swarm Without(Swarm swarm, const std::set<Knob>& off) {
  for (const Knob knob : off) {
    const auto at = static_cast<std::size_t>(knob);
    if (at >= kActionKnobs) swarm.strength[at] = 0;  // actions are drawn, and left out
  }
  return swarm;
}

}  // namespace

Simulation::Simulation(Plan plan, std::unique_ptr<Disk> disk, Keep keep)
    : plan_(std::move(plan)),
      swarm_(Without(DrawSwarm(plan_.seed), plan_.off)),
      trace_(keep),
      disk_(std::move(disk)),
      ids_(Mix(plan_.seed, 0x1D)),
      checkers_(MakeCheckers()),
      way_(plan_.seed) {}

Simulation::~Simulation() = default;

Result Simulation::Run() {
  if (trace_.keep() == Keep::kText) trace_.Note("swarm", swarm_.Describe());
  Begin();
  for (int i = 0; i < swarm_.actions && !Failed(); ++i) Act(i);
  if (!Failed()) Heal();
  if (trace_.keep() == Keep::kText && life_ != nullptr) trace_.Note(DescribeAll(*life_->store));
  result_.violations = world_.violations;
  result_.hash = trace_.hash();
  result_.history = trace_.text();
  result_.executions = world_.picture.ended;
  for (const auto& [name, times] : disk_->faults()) result_.faults[name] += times;
  return std::move(result_);
}

void Simulation::Act(int number) {
  if (plan_.skipped.contains(number)) return;
  Dice dice(Mix(Mix(plan_.seed, 0xAC), static_cast<std::uint64_t>(number)));
  way_ = Dice(dice.Bits());
  Knob knob = Knob::kCreate;  // first there must be something
  if (number >= 3) {
    int sum = 0;
    for (std::size_t i = 0; i < kActionKnobs; ++i) sum += swarm_.strength[i];
    std::int64_t roll = dice.Below(sum);
    std::size_t at = 0;
    while (roll >= swarm_.strength[at]) roll -= swarm_.strength[at++];
    knob = static_cast<Knob>(at);
  }
  if (plan_.off.contains(knob)) return;
  trace_.Note("action", number, Name(knob), absl::ToUnixSeconds(clock_.Now()));
  ++result_.actions;
  Do(knob, dice);
  if (IsDead()) {
    Bury(way_.Percent(swarm_[Knob::kPower] * 10) ? Loss::kPower : Loss::kProcess);
    Begin();
  }
}

void Simulation::Do(Knob knob, Dice& dice) {
  switch (knob) {
    case Knob::kRound:
      return Round(dice);
    case Knob::kTime:
      return PassTime(dice);
    case Knob::kStep:
      for (std::int64_t n = dice.Below(4); n >= 0; --n) life_->engine->Step();
      return;
    case Knob::kFinish:
      for (std::int64_t n = dice.Below(6); n >= 0; --n) life_->runner->EndOne(dice);
      return;
    case Knob::kCreate:
      return Create(dice);
    case Knob::kUpdate:
      return Update(dice);
    case Knob::kRemove:
      return Remove(dice);
    case Knob::kCancel:
      return Cancel(dice);
    case Knob::kStart:
      return Start(dice);
    case Knob::kResume:
      return Resume(dice);
    case Knob::kSkip:
      return Skip(dice);
    case Knob::kRead:
      return Read(dice);
    case Knob::kSettle:
      return Settle(dice);
    case Knob::kFleet:
      return ChangeFleet(dice);
    case Knob::kCrash:
      return Crash(Loss::kProcess);
    case Knob::kPower:
      return Crash(Loss::kPower);
    case Knob::kDying:
      Count("a death ahead");
      // In commits of the reference store, or in I/Os: of one commit or of many.
      disk_->DieAfter(1 + dice.Below(dice.OneIn(2) ? 30 : 600));
      return;
    case Knob::kFault:
      trace_.Note("fault", disk_->Plant(dice));
      return;
    case Knob::kSecond:
      if (fenced_ != nullptr) return PokeFenced(dice);
      return Supersede();
    case Knob::kJump:
      Count("clock set");
      clock_.Jump(dice.OneIn(8)   ? absl::Hours(24) * (dice.Below(2001) - 1000)
                  : dice.OneIn(2) ? -absl::Minutes(dice.Below(90))
                                  : absl::Minutes(dice.Below(300)));
      return;
    default:
      return;
  }
}

void Simulation::Round(Dice& dice) {
  const absl::Time due = life_->engine->Step();
  const absl::Duration rest = due - life_->clock.Now();
  if (rest > absl::ZeroDuration()) clock_.Advance(std::min(rest, absl::Hours(3)));
  // Sometimes it is left in the middle.
  const std::int64_t turns = dice.OneIn(6) ? dice.Below(5) : kTurns;
  for (std::int64_t turn = 0; turn < turns && !IsDead() && !Failed(); ++turn) {
    const absl::Time next = life_->engine->Step();
    if (!life_->runner->IsIdle()) {
      for (std::size_t n = life_->runner->in_flight(); n > 0; --n) life_->runner->EndOne(dice);
    } else if (next > life_->clock.Now()) {
      return;
    }
  }
}

void Simulation::PassTime(Dice& dice) {
  clock_.Advance(dice.OneIn(5) ? absl::Minutes(dice.Below(240)) : absl::Seconds(dice.Below(240)));
}

void Simulation::Begin() {
  for (int tries = 0; life_ == nullptr; ++tries) {
    if (tries == kOpenings / 2) disk_->Heal();
    if (tries == kOpenings) {
      world_.violations.push_back("liveness: no engine opens on the healed disk");
      LULL_CHECK(life_ != nullptr);
    }
    if (disk_->IsDead()) {
      ++result_.crashes;
      disk_->Restart(way_, Loss::kProcess);
    }
    life_ = OpenLife();
    if (life_ == nullptr) clock_.Advance(absl::Seconds(1));
  }
}

std::unique_ptr<Life> Simulation::OpenLife() {
  auto store = disk_->Open();
  if (!store.ok()) {
    trace_.Note("the disk does not open", static_cast<int>(store.status().code()));
    return nullptr;
  }
  auto life = std::make_unique<Life>(clock_, skew_);
  life->store = std::make_unique<WatchedStore>(*std::move(store), life->clock,
                                               static_cast<StoreWatcher&>(*this));
  if (fenced_ == nullptr) {
    ResolveDoubt(*life->store);
    Compare(*life->store, Scope::kChanged);
  }
  life->runner = std::make_unique<ScriptedRunner>(plan_.seed, swarm_, life->clock, world_.facts,
                                                  HooksOf(*life));
  life->observer = std::make_unique<NoticeHook>([this, &its = *life] { DieInEffect(its, 3); });
  EngineOptions options;
  options.store = life->store.get();
  options.runners[TaskType::kRunCommand] = life->runner.get();
  options.runners[TaskType::kAutomation] = life->runner.get();
  if (swarm_[Knob::kFleet] == 0) options.targets = &targets_;
  options.clock = &life->clock;
  options.ids = &ids_;
  options.observer = life->observer.get();
  options.subscribers = {{kSubscriber, swarm_.tells_invocations}};
  if (swarm_.skips_missed) options.misfire.misfire = Misfire::kSkip;
  auto engine = Engine::Open(std::move(options));
  trace_.Note("open", static_cast<int>(engine.status().code()));
  if (doubted_ == life->store.get() && !engine.ok()) doubted_ = nullptr;
  if (!engine.ok() || IsDead(*life)) {
    life->dead = true;
    return nullptr;
  }
  life->engine = *std::move(engine);
  return life;
}

ScriptedRunner::Hooks Simulation::HooksOf(Life& life) {
  ScriptedRunner::Hooks hooks;
  hooks.is_dead = [this, &life] { return IsDead(life); };
  hooks.starting = [this, &life](const Invocation& invocation) {
    DieInEffect(life, 1);
    if (IsDead(life)) return;
    ++result_.invocations;
    // An engine that doesn't know yet that another has taken over may still hand over what it had
    // claimed: of the rules only R4 holds then (leases will close this). One file has one engine.
    if (&life == fenced_.get()) {
      if (world_.facts.Get(invocation.ref).starts > 0) {
        world_.violations.push_back("R4: a fenced-off engine started again what had started");
      }
      return;
    }
    See(StartSeen{invocation, life.clock.Now(), life.runner->InFlight(invocation.ref.task)});
  };
  hooks.started = [this, &life](const Invocation& invocation) {
    DieInEffect(life, 2);
    if (IsDead(life) || healing_ || &life == fenced_.get() || life.engine == nullptr) return;
    if (!way_.Percent(swarm_[Knob::kInStart])) return;
    Count("cancel from inside of a start");
    const std::int64_t commits = commits_;
    CancelOne(invocation.execution, CancelPolicy::kInvocation);
    commits_ = commits;  // of a cancel that this is inside of, they are not
  };
  hooks.stopping = [this, &life](InvocationRef) { DieInEffect(life, 4); };
  return hooks;
}

void Simulation::DieInEffect(Life& life, std::uint64_t what) {
  if (healing_ || !way_.Percent(swarm_[Knob::kDyingInEffect])) return;
  trace_.Note("dies in an effect", what);
  Count("death in an effect");
  life.dead = true;
  disk_->Die();
}

void Simulation::Bury(Loss loss) {
  trace_.Note("crash", static_cast<int>(loss));
  ++result_.crashes;
  Count(loss == Loss::kPower ? "power loss" : "crash");
  for (Life* life : {life_.get(), fenced_.get()}) {
    if (life != nullptr) life->dead = true;
  }
  life_ = nullptr;
  fenced_ = nullptr;
  doubted_ = nullptr;
  world_.facts.has_fenced = false;
  if (!disk_->IsDead()) disk_->Die();
  disk_->Restart(way_, loss);
  skew_ = way_.Percent(swarm_[Knob::kSkew]) ? absl::Minutes(way_.Below(61) - 30) : skew_;
}

void Simulation::Crash(Loss loss) {
  Bury(loss);
  Begin();
}

void Simulation::Heal() {
  trace_.Note("heal");
  healing_ = true;
  disk_->Heal();
  disk_->DieAfter(std::numeric_limits<std::int64_t>::max());
  if (fenced_ != nullptr || IsDead()) {
    Bury(Loss::kProcess);
    Begin();
  }
  HealWindows();
  const auto any_active = [&] {
    return std::any_of(world_.picture.runs.begin(), world_.picture.runs.end(),
                       [](const auto& run) { return !Ended(run.second); });
  };
  for (int turn = 0; turn < kHealingTurns && any_active() && !Failed(); ++turn) {
    life_->runner->EndAll();
    const absl::Time due = life_->engine->Step();
    if (life_->runner->in_flight() == 0 && due > life_->clock.Now()) {
      clock_.Advance(absl::Minutes(10));
    }
  }
  life_->engine->Step();
  if (Failed()) return;
  if (any_active()) world_.violations.push_back("liveness: an execution never ends");
  if (!life_->engine->Quiet()) world_.violations.push_back("liveness: the engine is never quiet");
  Compare(*life_->store, plan_.seed % 8 == 0 ? Scope::kAll : Scope::kChanged);
}

}  // namespace lull::sim
