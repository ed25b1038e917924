// lull-shim: carries one command through its life, whatever becomes of the daemon that started it.
// One thread, no heap, nothing to configure. runners/shim/protocol.h says what it is given.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <limits>

#include "runners/shim/outcome.h"
#include "runners/shim/output.h"
#include "runners/shim/protocol.h"
#include "runners/shim/supervisor.h"
#include "runners/shim/text.h"

namespace lull::runners::shim {
namespace {

constexpr int kNumbers = 6;
constexpr int kUsageExit = 2;
constexpr int kNoRecordExit = 3;

bool ParseNumber(const char* text, long long& number) {
  char* end = nullptr;
  errno = 0;
  number = std::strtoll(text, &end, 10);
  // Sums of a few of them must fit too.
  return errno == 0 && end != text && *end == '\0' && number >= 0 &&
         number <= std::numeric_limits<long long>::max() / 4;
}

int Fail(int exit_status, const char* why) {
  Text<256> text;
  text.Add("lull-shim: ").Add(why).Add("\n");
  [[maybe_unused]] const ssize_t n =
      ::write(STDERR_FILENO, text.c_str(), static_cast<size_t>(text.length()));
  return exit_status;
}

int Main(int argc, char** argv) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);  // what a terminal sends, and files at their limit too
  long long numbers[kNumbers];
  if (argc < kNumbers + 2) return Fail(kUsageExit, "lull starts this; it is not for people");
  for (int i = 0; i < kNumbers; ++i) {
    if (!ParseNumber(argv[i + 1], numbers[i])) return Fail(kUsageExit, "a wrong number");
  }
  const auto [ordinal, timeout, stop_grace, output_grace, verify, output_limit] = numbers;
  if (::fcntl(kRecordFd, F_SETFD, FD_CLOEXEC) < 0 || ::fcntl(kFolderFd, F_SETFD, FD_CLOEXEC) < 0) {
    return Fail(kNoRecordExit, "no record");
  }
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return Fail(kNoRecordExit, "no subreaper");
  Record record(ordinal);
  if (!record.Begin()) return Fail(kNoRecordExit, "no record");
  Output out(kFolderFd, NameOf(ordinal, kStdoutSuffix), output_limit);
  Output err(kFolderFd, NameOf(ordinal, kStderrSuffix), output_limit);
  Supervisor supervisor({timeout, stop_grace, output_grace, verify}, out, err);
  record.Finish(supervisor.Run(argv + kNumbers + 1));
  return 0;
}

}  // namespace
}  // namespace lull::runners::shim

int main(int argc, char** argv) { return lull::runners::shim::Main(argc, argv); }
