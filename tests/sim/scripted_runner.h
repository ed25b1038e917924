#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "engine/ports/runner.h"
#include "tests/sim/facts.h"
#include "tests/sim/swarm.h"
#include "tests/sim/world.h"

namespace lull::sim {

/// A runner whose work ends when the simulation says so. What an invocation does is drawn from its
/// own dice, so that it does the same whatever else is left out of the seed.
class ScriptedRunner : public Runner {
 public:
  struct Hooks {
    std::function<bool()> is_dead;  ///< the engine's life is over: nothing of it is seen any more
    std::function<void(const Invocation&)> starting;  ///< before it comes to pass
    std::function<void(const Invocation&)> started;   ///< after it has, still inside of Start
    std::function<void(InvocationRef)> stopping;
  };
  /// All outlive it. `facts` are told what came to pass.
  ScriptedRunner(std::uint64_t seed, const Swarm& swarm, const Clock& clock, Facts& facts,
                 Hooks hooks);

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override;
  /// What is at work goes on, has ended meanwhile or can't be learned of; what never began is said
  /// to be so, or not to be known.
  Adoption Adopt(InvocationRef ref, const TaskSpec& task, FinishSink& sink) override;

  /// Whether anything is in flight that would end by itself.
  bool IsIdle() const;
  std::int64_t InFlight(TaskKey task) const;
  std::size_t in_flight() const { return in_flight_.size(); }

  /// Ends one of what is in flight; nothing when all of it hangs.
  void EndOne(Dice& dice);
  /// Ends everything, what hangs too.
  void EndAll();

 private:
  struct Running {
    InvocationRef ref;
    absl::Duration hangs_until;  ///< since boot; zero: it doesn't hang
  };
  Dice DiceOf(InvocationRef ref, std::uint64_t purpose) const;
  bool Hangs(const Running& running) const;
  void Run(InvocationRef ref);
  void End(std::size_t at);
  void Report(InvocationRef ref, Status status, bool undelivered = false);

  const std::uint64_t seed_;
  const Swarm& swarm_;
  const Clock& clock_;
  Facts& facts_;
  const Hooks hooks_;
  FinishSink* sink_ = nullptr;
  std::vector<Running> in_flight_;
  std::vector<InvocationRef> again_;  ///< have answered, and will once more
};

}  // namespace lull::sim
