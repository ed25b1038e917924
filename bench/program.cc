#include "bench/program.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr int kNotStarted = 127;  // as shells have it

}  // namespace

pid_t StartProgram(const std::vector<std::string>& words, int stream, int to) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t self = getpid();
  // No fork: copying the page tables of a benchmark that holds much is no part of a start.
  const pid_t child = vfork();
  LULL_CHECK(child >= 0);
  if (child == 0) {
    DieWith(self);
    if (dup2(to, stream) == stream) execv(arguments[0], arguments.data());
    _exit(kNotStarted);
  }
  return child;
}

void DieWith(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(kNotStarted);
}

void Kill(pid_t child) {
  LULL_CHECK(kill(child, SIGKILL) == 0);
  LULL_CHECK(waitpid(child, nullptr, 0) == child);
}

}  // namespace lull::bench
