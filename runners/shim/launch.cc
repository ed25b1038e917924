#include "runners/shim/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace lull::runners::shim {
namespace {

constexpr int kGreatestSignal = 64;
constexpr unsigned long kSignalSetBytes = kGreatestSignal / 8;
constexpr rlim_t kUsualDescriptors = 1024;

struct Failure {
  int number;
  char step;  // of kSteps
};
constexpr const char* kSteps[] = {"setpgid", "dup2", "close_range", "exec"};

/// The daemon has raised its soft limit to the hard one, which may be a billion: programs that use
/// select(2) break above the usual one, and those that close all they might have take minutes.
void LowerDescriptorLimit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= kUsualDescriptors) return;
  limit.rlim_cur = kUsualDescriptors;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

[[noreturn]] void Child(char** argv, int stdout_fd, int stderr_fd, int report, pid_t shim) {
  Failure failure{0, 0};
  do {
    if (::setpgid(0, 0) < 0) break;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != shim) ::_exit(127);  // it died before: nobody waits for this
    // All zero is SIG_DFL with no flags and an empty mask; glibc keeps two of them from sigaction.
    const unsigned long zeros[8] = {};
    for (int number = 1; number <= kGreatestSignal; ++number) {
      ::syscall(SYS_rt_sigaction, number, zeros, nullptr, kSignalSetBytes);
    }
    failure.step = 1;
    if (::dup2(stdout_fd, 1) < 0 || ::dup2(stderr_fd, 2) < 0) break;
    failure.step = 2;
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0) break;
    LowerDescriptorLimit();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    failure.step = 3;
    ::execv(argv[0], argv);
  } while (false);
  failure.number = errno;
  [[maybe_unused]] const ssize_t n = ::write(report, &failure, sizeof(failure));
  ::_exit(127);
}

}  // namespace

pid_t Launch(char** argv, int stdout_fd, int stderr_fd, StartError& error) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) < 0) {
    error = {errno, "pipe"};
    return -1;
  }
  const pid_t shim = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) Child(argv, stdout_fd, stderr_fd, report[1], shim);
  const int fork_error = errno;
  ::close(report[1]);
  if (child < 0) {
    ::close(report[0]);
    error = {fork_error, "fork"};
    return -1;
  }
  Failure failure{0, 0};
  ssize_t n = 0;
  while ((n = ::read(report[0], &failure, sizeof(failure))) < 0 && errno == EINTR) {
  }
  ::close(report[0]);
  if (n != sizeof(failure)) return child;  // closed by the exec
  error = {failure.number, kSteps[static_cast<int>(failure.step)]};
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return -1;
}

}  // namespace lull::runners::shim
