// What a power loss would leave: the order in which a shim puts an outcome on the disk.

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

/// `sync NAME` or `rename` for the system call that the process is about to make; empty for others.
std::string NextCall(pid_t pid) {
  __ptrace_syscall_info call{};
  ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call);
  if (call.op != PTRACE_SYSCALL_INFO_ENTRY) return "";
  const auto number = static_cast<long>(call.entry.nr);
  if (number == SYS_renameat || number == SYS_renameat2) return "rename";
  if (number != SYS_fsync && number != SYS_fdatasync) return "";
  const std::string file = absl::StrCat("/proc/", pid, "/fd/", call.entry.args[0]);
  return "sync " + std::filesystem::read_symlink(file).filename().string();
}

/// Those calls up to the end of the process, which this thread traces and has stopped, and which
/// blocks all signals.
std::vector<std::string> CallsUntilItsEnd(pid_t pid) {
  std::vector<std::string> calls;
  int status = 0;
  while (::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) == 0 &&
         ::waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
    const std::string call = NextCall(pid);
    if (!call.empty()) calls.push_back(call);
  }
  return calls;
}

class ShimDurabilityTest : public RunnerTest {};

TEST_F(ShimDurabilityTest, AnOutcomeIsOnTheDiskBeforeItTakesTheRecordsPlaceAndThenItsName) {
  const std::string gate = MakeFifo("gate");
  const InvocationRef invocation = StartScript(absl::StrCat("read line < ", gate));
  const pid_t shim = AwaitShim(invocation);
  // Opens once the command reads: a shim that is stopped before its fork would never come to it.
  std::ofstream go_on(gate);
  if (::ptrace(PTRACE_SEIZE, shim, nullptr, PTRACE_O_TRACESYSGOOD) != 0) {
    GTEST_SKIP() << "may not trace here";
  }
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, shim, nullptr, nullptr), 0);
  ASSERT_EQ(::waitpid(shim, nullptr, __WALL), shim);
  go_on << std::endl;
  const std::string folder =
      std::filesystem::path(FileOf(invocation, "record")).parent_path().filename();
  EXPECT_THAT(CallsUntilItsEnd(shim),
              testing::ElementsAre("sync 0.outcome", "rename", "sync " + folder));
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
}

}  // namespace
}  // namespace lull::runners
