#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/sim/checkers/checker.h"
#include "tests/sim/checkers/r05_durability.h"
#include "tests/sim/disk.h"
#include "tests/sim/life.h"
#include "tests/sim/swarm.h"
#include "tests/sim/trace.h"
#include "tests/sim/watched_store.h"
#include "tests/sim/world.h"

namespace lull::sim {

/// The subscriber of the simulation, who is told of everything.
inline constexpr char kSubscriber[] = "sim";

/// What a seed came to.
struct Result {
  std::vector<std::string> violations;  ///< empty: every rule held at every step
  std::uint64_t hash = 0;               ///< of its history: the same for the same seed (R12)
  std::string history;                  ///< whole, when it was to be kept
  std::int64_t executions = 0;          ///< that began to run and became final
  std::int64_t invocations = 0;         ///< that came to pass
  std::int64_t actions = 0;
  std::int64_t crashes = 0;
  std::map<std::string, std::int64_t> faults;  ///< how often each came to pass
};

/// One seed: the production engine on a simulated disk, virtual time, scripted runners, and
/// everything that the swarm has. First it all goes on at random, with every rule held at each step
/// (safety); then all is healed, and every execution must end and the engine be quiet (liveness).
/// Nothing of it knows which store is on the disk. Threads: one.
class Simulation : private StoreWatcher {
 public:
  Simulation(Plan plan, std::unique_ptr<Disk> disk, Keep keep);
  ~Simulation() override;
  Result Run();

 private:
  // Lives (simulation.cc).
  void Begin();
  std::unique_ptr<Life> OpenLife();
  ScriptedRunner::Hooks HooksOf(Life& life);
  bool IsDead(const Life& life) const { return life.dead || disk_->IsDead(); }
  bool IsDead() const { return IsDead(*life_); }
  void Bury(Loss loss);
  void DieInEffect(Life& life, std::uint64_t what);
  bool Failed() const { return !world_.violations.empty(); }
  void Count(const std::string& fault) { ++result_.faults[fault]; }

  // What passes between the engine and its store (observe.cc).
  void Committing(WatchedStore& store, const std::vector<Change>& changes) override;
  void Committed(WatchedStore& store, const std::vector<Change>& changes,
                 const absl::StatusOr<std::vector<ChangeResult>>& results) override;
  void Recovered(WatchedStore& store) override;
  void ResolveDoubt(Store& store);
  void Compare(Store& store, Scope scope);
  void See(const CommitSeen& seen);
  void See(const StartSeen& start);
  void See(const CancelSeen& cancel);
  void See(const MadeSeen& made);

  // Phases and actions (simulation.cc, actions.cc, operations.cc, reads.cc).
  void Act(int number);
  void Do(Knob knob, Dice& dice);
  void Round(Dice& dice);
  void PassTime(Dice& dice);
  void Heal();
  void HealWindows();

  void Create(Dice& dice);
  void CreateWindow(Dice& dice);
  void RegisterTarget(Dice& dice);
  void RegisterTask(Dice& dice);
  void Update(Dice& dice);
  void UpdateTarget(Dice& dice);
  void UpdateTask(Dice& dice);
  void Remove(Dice& dice);
  void RemoveWindow(Dice& dice);
  void AimAt(v1::Target& target, Dice& dice, const std::string& window);
  void ChangeFleet(Dice& dice);
  void Start(Dice& dice);
  void Resume(Dice& dice);
  void Skip(Dice& dice);
  void Cancel(Dice& dice);
  void CancelOne(const ExecutionId& id, CancelPolicy policy);
  void Settle(Dice& dice);
  void Crash(Loss loss);
  void Supersede();
  void PokeFenced(Dice& dice);

  void Read(Dice& dice);
  void ReadRun(const RunPicture& run);
  void ReadTask(const RunPicture& run, const TaskPicture& task);
  void ReadDrain(const RunPicture& run);

  /// An operation that makes something, with its token: when its answer is lost, it is asked again,
  /// as often as it takes, and the same thing comes of it (R5). Returns the new thing's id.
  template <class Request, class Call>
  std::optional<std::string> Make(MadeSeen::Kind kind, Request& request, Dice& dice, Call call);

  /// A window that is there, by the dice; nothing when there is none.
  std::optional<std::string> AnyWindow(Dice& dice) const;
  /// One of the newest executions.
  const RunPicture* AnyRun(Dice& dice) const;

  const Plan plan_;
  const Swarm swarm_;
  Trace trace_;
  const std::unique_ptr<Disk> disk_;
  VirtualClock clock_;
  absl::Duration skew_;
  SeededIds ids_;
  CountedTargets targets_;
  World world_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::unique_ptr<Life> life_;
  std::unique_ptr<Life> fenced_;  ///< another engine has taken over from it
  Dice way_;                      ///< what happens by the way of the action that is under way
  std::optional<std::vector<Change>> doubt_;  ///< a commit whose outcome isn't known
  WatchedStore* doubted_ = nullptr;           ///< by whom; null: it is dead
  std::int64_t tokens_ = 0;
  std::int64_t commits_ = 0;
  absl::Time began_at_;  ///< the commit that is under way: its engine's wall time
  bool began_dead_ = false;
  bool healing_ = false;
  bool reading_ = false;
  Result result_;
};

}  // namespace lull::sim
