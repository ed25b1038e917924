#pragma once

#include <sys/types.h>

namespace lull::runners::shim {

/// A process below this one.
struct Descendant {
  pid_t id;
  pid_t group;
};

inline constexpr int kMaxDescendants = 1024;  ///< that one look finds

/// Finds all processes below this one, also those that left its session: their parents' ends make
/// them children of this one, which is their subreaper. Zombies are among them. Returns how many;
/// `found` has room for kMaxDescendants. What forks meanwhile may be missed: look again. That there
/// is none left, only waitid says for certain (ECHILD).
int FindDescendants(Descendant* found);

/// Sends a signal to all of them but those of the process group `except`. Returns how many there
/// were.
int SignalDescendants(int number, pid_t except);

}  // namespace lull::runners::shim
