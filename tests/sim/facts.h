#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/model/ids.h"
#include "engine/model/states.h"

namespace lull::sim {

/// What became of one invocation outside of the engine, over all of the engine's lives.
struct Truth {
  int starts = 0;                  ///< that came to pass in the world
  std::optional<Status> reported;  ///< the first answer that a living engine was given
  bool undelivered = false;        ///< of that answer
  bool at_work = false;            ///< it goes on, whether or not an engine lives
  bool stop_requested = false;     ///< by a living engine
};

/// What happened outside of the engine: the truth that checkers hold the store against.
struct Facts {
  std::unordered_map<std::int64_t, Truth> invocations;  // by InvocationRowKey; looked up only
  /// A fenced-off engine lives: it may yet start what it had claimed, so nobody can be certain of
  /// what never started.
  bool has_fenced = false;

  Truth& Of(InvocationRef ref) { return invocations[InvocationRowKey(ref.task, ref.ordinal)]; }
  /// As it was before anything happened, when nothing has.
  Truth Get(InvocationRef ref) const {
    const auto found = invocations.find(InvocationRowKey(ref.task, ref.ordinal));
    return found == invocations.end() ? Truth{} : found->second;
  }
};

/// The detail of what could not be delivered.
inline constexpr char kUnreachable[] = "unreachable";

}  // namespace lull::sim
