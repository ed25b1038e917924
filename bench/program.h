#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lull::bench {

/// Starts a program, which does not outlive this process: it is killed with -9 when the thread that
/// calls this ends. `words` are its path and its arguments. Its `stream`, STDOUT_FILENO or
/// STDERR_FILENO, becomes `to`, which stays the caller's.
pid_t StartProgram(const std::vector<std::string>& words, int stream, int to);

/// In a new process, first of all: it is killed with -9 when the thread of `parent` that forked it
/// ends. Ends it at once when that has happened.
void DieWith(pid_t parent);

/// Kills a child with -9 and waits for its end.
void Kill(pid_t child);

}  // namespace lull::bench
