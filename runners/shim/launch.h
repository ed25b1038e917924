#pragma once

#include <sys/types.h>

namespace lull::runners::shim {

/// The step that kept a command from starting.
struct StartError {
  int number = 0;  ///< errno; 0: it has started
  const char* step = "start";
};

/// Starts the command with what this process has of working directory, umask, environment and
/// standard input: in a process group of its own, killed by the kernel if this process dies, no
/// signal blocked or ignored, no other descriptor than 0, 1 and 2, and a soft limit of 1024 of them
/// at most (it may raise that to the hard one). Returns once its program has been loaded: its
/// process id, or -1 and the error.
pid_t Launch(char** argv, int stdout_fd, int stderr_fd, StartError& error);

}  // namespace lull::runners::shim
