#include "runners/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/quiet_thread.h"
#include "runners/errno_status.h"

// glibc's own name for clone: the thread sanitizer intercepts the other one, takes it for a fork
// and puts the calling thread, which shares its memory, into the state of a forked child.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument,
                       ...) noexcept;

namespace lull::runners {
namespace {

constexpr std::size_t kChildStackBytes = 64 << 10;
constexpr int kStreamCount = 5;

enum class Step { kNone, kSession, kStreams, kDirectory, kFiles, kExec };

/// Shared between this process and the child until the child has loaded its program.
struct ChildPlan {
  const char* path;
  char* const* argv;
  char* const* environment;
  const char* working_directory;
  int streams[kStreamCount];
  // What the child tells when it fails.
  volatile Step failed_step = Step::kNone;
  volatile int failed_errno = 0;
};

/// The child runs in this process's memory (CLONE_VM), on a stack of its own, while the calling
/// thread is suspended (CLONE_VFORK). So: raw system calls only, no allocation, no library function
/// that keeps state, no sanitizer's instrumentation; it never returns.
__attribute__((no_sanitize("address", "thread", "undefined"))) int ChildMain(void* argument) {
  ChildPlan& plan = *static_cast<ChildPlan*>(argument);
  Step step = Step::kNone;
  do {
    step = Step::kSession;
    if (syscall(SYS_setsid) < 0) break;
    step = Step::kStreams;
    int moved[kStreamCount];
    int count = 0;
    for (; count < kStreamCount; ++count) {
      // Out of the way first: 0 to 4 may be among them.
      moved[count] =
          static_cast<int>(syscall(SYS_fcntl, plan.streams[count], F_DUPFD_CLOEXEC, kStreamCount));
      if (moved[count] < 0) break;
    }
    if (count < kStreamCount) break;
    for (count = 0; count < kStreamCount; ++count) {
      if (syscall(SYS_dup3, moved[count], count, 0) < 0) break;
    }
    if (count < kStreamCount) break;
    step = Step::kDirectory;
    if (syscall(SYS_chdir, plan.working_directory) < 0) break;
    syscall(SYS_umask, 022);
    step = Step::kFiles;
    if (syscall(SYS_close_range, static_cast<unsigned>(kStreamCount), ~0U, 0U) < 0) break;
    step = Step::kExec;
    syscall(SYS_execve, plan.path, plan.argv, plan.environment);
  } while (false);
  plan.failed_errno = errno;
  plan.failed_step = step;
  syscall(SYS_exit_group, 127);
  __builtin_unreachable();
}

absl::Status FailedStep(const ChildPlan& plan, const SpawnRequest& request) {
  const int error_number = plan.failed_errno;
  switch (plan.failed_step) {
    case Step::kNone:
      break;
    case Step::kSession:
      return ErrnoStatus(error_number, "setsid");
    case Step::kStreams:
      return ErrnoStatus(error_number, "dup3");
    case Step::kDirectory:
      return ErrnoStatus(error_number,
                         std::string("working directory \"") + request.working_directory + "\"");
    case Step::kFiles:
      return ErrnoStatus(error_number, "close_range");
    case Step::kExec:
      return ErrnoStatus(error_number, request.argv[0]);
  }
  return absl::OkStatus();
}

/// The kernel's form of a list of strings; points into `strings`.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<Spawned> Spawn(const SpawnRequest& request) {
  LULL_CHECK(!request.argv.empty());

  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null.valid()) return ErrnoStatus(errno, "/dev/null");
  const int stdin_fd = request.stdin_fd < 0 ? null.get() : request.stdin_fd;

  const std::vector<char*> argv = Pointers(request.argv);
  const std::vector<char*> environment = Pointers(request.environment);
  ChildPlan plan{
      .path = argv[0],
      .argv = argv.data(),
      .environment = environment.data(),
      .working_directory = request.working_directory.c_str(),
      .streams = {stdin_fd, null.get(), null.get(), request.files[0], request.files[1]},
  };
  std::vector<std::max_align_t> stack(kChildStackBytes / sizeof(std::max_align_t));

  // No handler of this process may run in the child, which keeps this mask.
  int pidfd = -1;
  const auto [pid, clone_errno] = [&] {
    const SignalsBlocked blocked;
    const int child = ::__clone(ChildMain, stack.data() + stack.size(),
                                CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pidfd);
    return std::pair(child, errno);
  }();
  if (pid < 0) return ErrnoStatus(clone_errno, "clone");

  Spawned spawned{.pid = pid, .pidfd = UniqueFd(pidfd)};
  absl::Status failure = FailedStep(plan, request);
  if (!failure.ok()) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return failure;
  }
  return spawned;
}

}  // namespace lull::runners
