#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "engine/ports/target_source.h"

namespace lull::sim {

/// The seed's dice. std::mt19937_64 is the same everywhere; std's distributions are not.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t Bits() { return random_(); }
  std::int64_t Below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool OneIn(std::int64_t n) { return Below(n) == 0; }
  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(Below(static_cast<std::int64_t>(from.size())))];
  }

 private:
  std::mt19937_64 random_;
};

class VirtualClock : public Clock {
 public:
  absl::Time Now() const override { return now_; }
  absl::Duration SinceBoot() const override { return boot_; }
  void Advance(absl::Duration by) {
    now_ += by;
    boot_ += by;
  }
  void Jump(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  absl::Duration boot_;
};

class SeededIds : public IdSource {
 public:
  explicit SeededIds(std::uint64_t seed) : dice_(seed) {}
  std::uint64_t Bits() override { return dice_.Bits(); }

 private:
  Dice dice_;
};

/// Nodes by the number in the first value of a task's targets ("37" gives 37 nodes); "error" fails.
class CountedTargets : public TargetSource {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override;
};

/// What happened outside of the engine, over all of its lives: the truth that the checkers hold the
/// store against.
struct Facts {
  std::map<InvocationRef, int> starts;
  std::map<InvocationRef, Status> reported;  ///< the first report while its engine lived
  std::set<InvocationRef> lost;              ///< in flight when its engine died
  /// A fenced-off engine lives: it may yet start what it had claimed, so nobody can be certain.
  bool zombie = false;
  std::set<std::string> windows;                ///< acknowledged
  std::map<std::string, CancelPolicy> cancels;  ///< acknowledged: execution -> strictest policy
  std::set<std::string> executions;             ///< acknowledged: started, resumed
  /// Starts over all executions that go on with each other: task, snapshot, place in it.
  std::map<std::tuple<std::string, TaskKey, Ordinal>, int> target_starts;
  bool tells_invocations = false;  ///< the subscriber asks for them
  std::set<TaskKey> shut;          ///< may start nothing any more, by an answered cancel
  std::vector<std::string> violations;
};

/// The detail of what could not be delivered.
inline constexpr char kUnreachable[] = "unreachable";

/// A runner whose work ends when the simulation says so.
class ScriptedRunner : public Runner {
 public:
  /// `on_start` is asked inside of each Start, before the invocation counts as in flight.
  using StartHook = std::function<void(const Invocation&)>;
  ScriptedRunner(Facts& facts, Dice& dice, StartHook on_start)
      : facts_(facts), dice_(dice), on_start_(std::move(on_start)) {}

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override;
  /// By the dice: goes on with what was in flight in the life before, says that it has ended
  /// meanwhile or that it can't know; of what no runner was ever told to start, that, or the same.
  Adoption Adopt(InvocationRef ref, const TaskSpec& task, FinishSink& sink) override;

  bool Idle() const { return in_flight_.empty(); }
  std::size_t InFlight(TaskKey task) const;
  /// Ends one of what is in flight, with an outcome by the dice; sometimes says so twice.
  void EndOne(bool healthy);
  /// The engine died: what was in flight is lost.
  void Die();

 private:
  void Report(InvocationRef ref, Status status, bool undelivered = false);

  Facts& facts_;
  Dice& dice_;
  StartHook on_start_;
  FinishSink* sink_ = nullptr;
  std::vector<InvocationRef> in_flight_;
  std::set<InvocationRef> stop_requested_;
};

}  // namespace lull::sim
