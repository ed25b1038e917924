#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/sim/checkers.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull::sim {

/// What a seed came to.
struct Result {
  std::vector<std::string> violations;  ///< empty: every rule held after every step
  std::string history;                  ///< the same for the same seed, byte for byte (R12)
  int executions = 0;
};

/// One seed: the production engine on the reference store, virtual time, a scripted runner, and
/// faults: crashes, a second engine on the same store, commits that are refused or whose outcome is
/// unknown, reports that come twice, a clock that jumps. First everything at random, with the rules
/// checked after every step (safety); then all is healed and every execution must end (liveness).
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  Result Run();

 private:
  /// One engine's life: it dies by being dropped.
  struct Life {
    explicit Life(std::shared_ptr<ModelDisk> disk) : store(std::move(disk)) {}
    ModelStore store;
    std::unique_ptr<ScriptedRunner> runner;
    std::unique_ptr<Engine> engine;
  };

  void Begin();
  void Act();
  void CreateWindow();
  void RegisterTask();
  void ToggleWindow();
  void Cancel();
  void Start();
  void Resume();
  void Skip();
  void SettleEvents();
  void Crash();
  void Supersede();
  void PokeZombie();
  void PlantFault();
  void Heal();
  void Note(const std::string& line) { result_.history += line + '\n'; }

  const std::uint64_t seed_;
  Dice dice_;
  VirtualClock clock_;
  SeededIds ids_;
  CountedTargets targets_;
  std::shared_ptr<ModelDisk> disk_ = std::make_shared<ModelDisk>();
  Facts facts_;
  Checkers checkers_;
  std::unique_ptr<Life> life_;
  std::unique_ptr<Life> zombie_;
  std::vector<WindowId> windows_;
  v1::CreateMaintenanceWindowRequest asked_;  ///< and not acknowledged yet
  Result result_;
};

}  // namespace lull::sim
