#pragma once

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"

namespace lull::runners {

/// What a new process gets; everything else of this process is kept from it.
struct SpawnRequest {
  std::vector<std::string> argv;  ///< argv[0] is the path of the program, not searched for
  std::vector<std::string> environment = {};  ///< `NAME=value`; the whole of it
  std::string working_directory;
  int stdin_fd = -1;         ///< -1: /dev/null
  std::array<int, 2> files;  ///< what it has at 3 and 4
};

/// A process that was started. It is not reaped by destroying this: waitid does that.
struct Spawned {
  pid_t pid = -1;  ///< also the id of its process group and session
  UniqueFd pidfd;  ///< readable once the process has ended
};

/// Starts a program in a session and process group of its own: stdout and stderr are /dev/null, no
/// descriptor but 0 to 4, all signals blocked (so that one which comes before the program is ready
/// waits for it), umask 022. It lives on when this process ends.
///
/// REQUIRES: argv is not empty; the descriptors are open.
/// Errors: ErrnoStatus's, with a text that says which step failed; then nothing was started.
/// Threads: any; the calling thread is suspended until the program has been loaded, other threads
/// are not, however large this process is (no page table is copied).
absl::StatusOr<Spawned> Spawn(const SpawnRequest& request);

}  // namespace lull::runners
