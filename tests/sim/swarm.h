#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace lull::sim {

/// What may happen in a seed. Each seed draws which of them are on and how likely they are: all at
/// once hide each other. Append only: a seed's history depends on the order.
enum class Knob {
  // What is done; its strength is a weight among the actions.
  kRound,   ///< time passes to what is due next, and all of it is done
  kTime,    ///< time passes, a little or a lot
  kStep,    ///< the engine steps
  kFinish,  ///< some of what is in flight ends
  kCreate,  ///< windows, targets, tasks are made
  kUpdate,  ///< windows, targets, tasks are changed
  kRemove,  ///< they are deregistered and deleted
  kCancel,  ///< by every policy
  kStart,   ///< on demand
  kResume,
  kSkip,
  kRead,    ///< Get and Describe, held against the store
  kSettle,  ///< events are taken off the outbox
  kFleet,   ///< nodes come and go; targets are tags, ids and registered targets
  kCrash,   ///< kill -9 between two actions
  kPower,   ///< power fails
  kDying,   ///< the process dies at one of the next calls of the disk
  kFault,   ///< of the disk
  kSecond,  ///< a second engine takes over, and the first does not know
  kJump,    ///< the wall clock is set
  // What happens by the way; its strength is a chance in percent.
  kFailing,        ///< invocations fail, time out, are unreachable
  kHanging,        ///< invocations end when they are stopped, or long past everything
  kTwice,          ///< answers come twice, the second one other, at once or much later
  kAtOnce,         ///< answers come from inside of Start
  kMeanwhile,      ///< answers come, and readers read, while a commit is under way
  kInStart,        ///< a cancel from inside of Start
  kDyingInEffect,  ///< the process dies inside of Start, RequestStop or the observer
  kSlowDisk,       ///< time passes while a commit is under way
  kSkew,           ///< the next life's wall clock is another
  kForgetful,      ///< runners don't know what became of an earlier life's work
  kLostAnswer,     ///< a call's answer is lost: it is asked again with its token
};
inline constexpr std::size_t kKnobs = static_cast<std::size_t>(Knob::kLostAnswer) + 1;
inline constexpr std::size_t kActionKnobs = static_cast<std::size_t>(Knob::kFailing);

std::string_view Name(Knob knob);
std::optional<Knob> ParseKnob(std::string_view name);

/// What one seed has of each.
struct Swarm {
  std::array<int, kKnobs> strength{};  ///< 0: off
  int windows = 1;                     ///< at most
  int tasks = 1;                       ///< a window, at most
  int targets = 1;                     ///< a task, mostly
  int actions = 40;
  bool tells_invocations = false;
  bool skips_missed = false;

  int operator[](Knob knob) const { return strength[static_cast<std::size_t>(knob)]; }
  /// `crash 3, fault 2, ...` of those that are on.
  std::string Describe() const;
};

/// The swarm of a seed. What is `off` keeps its place among the weights, so that leaving one out
/// changes nothing else: drawn, and not done.
Swarm DrawSwarm(std::uint64_t seed);

/// How a seed is run.
struct Plan {
  std::uint64_t seed = 1;
  std::set<Knob> off;     ///< not done though they are drawn
  std::set<int> skipped;  ///< actions that are left out, by number
};

/// What tools/sim wants to replay it, `--seed 7 --off crash --skip 3,4`.
std::string ReplayFlags(const Plan& plan);

}  // namespace lull::sim
