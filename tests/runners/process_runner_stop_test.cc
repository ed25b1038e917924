#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runners/process_runner.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

constexpr absl::Duration kSoon = absl::Milliseconds(200);

class ProcessRunnerStopTest : public RunnerTest {
 protected:
  void UseShortGraces() {
    options_.stop_grace = kSoon;
    options_.output_grace = kSoon;
    options_.verify_patience = kSoon;
    Recreate();
  }

  /// Runs what is to time out once it is `ready`: with ever more time, for a machine that is slow.
  Outcome TimeOut(ProcessPlan plan, const std::function<bool()>& ready) {
    plan.execution_timeout = kSoon;
    Outcome outcome = Run(plan);
    while (!ready() && plan.execution_timeout < absl::Minutes(1)) {
      plan.execution_timeout *= 5;
      outcome = Run(plan);
    }
    return outcome;
  }
  /// The process id that a script printed; nothing when it did not come to it.
  std::optional<pid_t> PrintedPid() const {
    int pid = 0;
    return absl::SimpleAtoi(Stdout(), &pid) ? std::optional(pid) : std::nullopt;
  }
};

TEST_F(ProcessRunnerStopTest, ATimeOutEndsTheWholeGroup) {
  const Outcome outcome = TimeOut({.script = "sleep 1000 & echo $!; (sleep 1000; true); true"},
                                  [&] { return PrintedPid().has_value(); });
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_THAT(outcome.detail, testing::MatchesRegex("Timed out: ran for more than [0-9m]+s\\."));
  EXPECT_TRUE(Ends(PrintedPid().value()));
}

TEST_F(ProcessRunnerStopTest, WhatIgnoresTermIsKilledAfterTheGrace) {
  UseShortGraces();
  const Outcome outcome =
      TimeOut({.script = "trap '' TERM\nsleep 1000 & echo $!\nwhile :; do wait; done"},
              [&] { return PrintedPid().has_value(); });
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.exit_code, 137);
  EXPECT_TRUE(Ends(PrintedPid().value()));
}

TEST_F(ProcessRunnerStopTest, AStoppedProcessTimesOutToo) {
  EXPECT_EQ(Run({.script = "kill -STOP $$", .execution_timeout = kSoon}).status, Status::kTimedOut);
}

TEST_F(ProcessRunnerStopTest, AStopRequestEndsItAsCancelled) {
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation =
      StartScript(absl::StrCat("echo $$ > ", fifo, "; sleep 1000; true"));
  const pid_t pid = ReadPid(fifo);
  runner_->RequestStop(invocation);
  runner_->RequestStop(invocation);
  const Outcome outcome = sink_.Await(invocation);
  EXPECT_EQ(outcome.status, Status::kCancelled);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_EQ(outcome.detail, "Stopped on request.");
  EXPECT_TRUE(Ends(pid));
  runner_->RequestStop(invocation);  // has ended: nothing happens
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);
}

TEST_F(ProcessRunnerStopTest, AStopRequestIsHeededByAScriptThatCleansUp) {
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation = StartScript(absl::StrCat(
      "trap 'echo cleaned; exit 0' TERM\nsleep 1000 & echo $$ > ", fifo, "; wait; exit 1"));
  ReadPid(fifo);
  runner_->RequestStop(invocation);
  const Outcome outcome = sink_.Await(invocation);
  EXPECT_EQ(outcome.status, Status::kCancelled);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(Stdout(), "cleaned\n");
}

TEST_F(ProcessRunnerStopTest, AStopRequestThatFollowsAStartAtOnceCancels) {
  for (int i = 0; i < 50; ++i) {
    const InvocationRef invocation = StartScript("sleep 1000");
    runner_->RequestStop(invocation);
    EXPECT_EQ(sink_.Await(invocation).status, Status::kCancelled);
  }
}

TEST_F(ProcessRunnerStopTest, WhatIsLeftOfTheGroupIsKilled) {
  const Outcome outcome = RunScript("sleep 1000 & echo $!");
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_TRUE(Ends(PrintedPid().value()));
}

TEST_F(ProcessRunnerStopTest, AnEscapedDaemonThatHoldsTheOutputDelaysTheEndByTheGraceOnly) {
  UseShortGraces();
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation =
      StartScript(absl::StrCat("echo first; setsid sh -c 'echo $$ > ", fifo,
                               "; exec sleep 1000' & read line < ", fifo, "; echo $line"));
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
  ASSERT_TRUE(Stdout().starts_with("first\n"));
  int escaped = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Stdout().substr(6), &escaped));
  EXPECT_EQ(::kill(escaped, SIGKILL), 0);  // it lives: a group of its own is out of reach
}

/// Processes that left their session in two ways, as daemons do; TERM is nothing to them.
constexpr char kEscape[] =
    "setsid sh -c \"trap '' TERM; echo \\$\\$ > $FIFO; while :; do sleep 1000; done\" &\n"
    "(setsid setsid sh -c \"trap '' TERM; echo \\$\\$ > $FIFO2; exec sleep 1000\" & ) &\n"
    "wait; while :; do sleep 1000; done\n";

TEST_F(ProcessRunnerStopTest, AStopRequestEndsAlsoWhatLeftTheSession) {
  UseShortGraces();
  options_.verify_patience = absl::Seconds(30);
  Recreate();
  const std::string first = MakeFifo("first");
  const std::string second = MakeFifo("second");
  const InvocationRef invocation =
      Start({.script = kEscape, .environment = {"FIFO=" + first, "FIFO2=" + second}});
  const pid_t one = ReadPid(first);
  const pid_t two = ReadPid(second);
  runner_->RequestStop(invocation);
  EXPECT_EQ(sink_.Await(invocation).status, Status::kCancelled);
  EXPECT_NE(::kill(one, 0), 0);  // before it was reported
  EXPECT_NE(::kill(two, 0), 0);
  EXPECT_THAT(ReadStream(invocation, "record"), testing::HasSubstr("\nhow stopped\n"));
}

TEST_F(ProcessRunnerStopTest, ATimeOutEndsAlsoWhatLeftTheSession) {
  UseShortGraces();
  options_.verify_patience = absl::Seconds(30);
  Recreate();
  const std::string first = folder_ + "/first";  // plain files: nothing waits for who reads
  const std::string second = folder_ + "/second";
  const Outcome outcome =
      TimeOut({.script = kEscape, .environment = {"FIFO=" + first, "FIFO2=" + second}},
              [&] { return ReadLine(first) != "" && ReadLine(second) != ""; });
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_NE(::kill(ReadPid(first), 0), 0);
  EXPECT_NE(::kill(ReadPid(second), 0), 0);
  EXPECT_THAT(ReadStream(last_, "record"), testing::HasSubstr("\nhow timed-out\n"));
}

/// A process that another one traces stays, once killed, until that one has looked.
TEST_F(ProcessRunnerStopTest, WhatCannotBeEndedIsSaidToBeLeft) {
  UseShortGraces();
  options_.verify_patience = absl::Seconds(1);  // the others have to have ended in it
  Recreate();
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation =
      StartScript(absl::StrCat("setsid sh -c 'echo $$ > ", fifo, "; exec sleep 1000' & wait"));
  const pid_t stuck = ReadPid(fifo);
  if (::ptrace(PTRACE_SEIZE, stuck, nullptr, nullptr) != 0) {
    GTEST_SKIP() << "may not trace here";
  }
  runner_->RequestStop(invocation);
  const Outcome outcome = sink_.Await(invocation);
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.detail,
            absl::StrCat("Stopped on request; can't be verified to have ended: 1 left after KILL "
                         "(process ids ",
                         stuck, ")."));
  EXPECT_THAT(ReadStream(invocation, "record"), testing::HasSubstr("\nhow unverifiable\n"));
  EXPECT_EQ(::waitpid(stuck, nullptr, __WALL), stuck);
}

TEST_F(ProcessRunnerStopTest, AShimHeedsNoOtherSignal) {
  const std::string fifo = MakeFifo("pid");
  const std::string gate = MakeFifo("gate");
  const InvocationRef invocation =
      StartScript(absl::StrCat("echo $$ > ", fifo, "; read line < ", gate));
  ReadPid(fifo);
  const pid_t shim = AwaitShim(invocation);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGPIPE, SIGUSR1}) {
    EXPECT_EQ(::kill(shim, number), 0);
  }
  std::ofstream(gate) << "\n";
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
}

TEST_F(ProcessRunnerStopTest, DestructionLeavesWhatRunsAndReportsNothing) {
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation = StartScript(absl::StrCat("echo $$ > ", fifo, "; sleep 1000"));
  const pid_t pid = ReadPid(fifo);
  runner_->Shutdown();
  runner_->Shutdown();
  StartScript("exit 1");  // starts nothing more
  Recreate();
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_EQ(sink_.count(), 0u);
  EXPECT_EQ(Adopt(invocation), Adoption::kRunning);
  runner_->RequestStop(invocation);
  EXPECT_EQ(sink_.Await(invocation).status, Status::kCancelled);
}

/// Commands that wait for descriptors: no try but the first one is made while a test lasts.
class ShortageStopTest : public ProcessRunnerStopTest {
 protected:
  void SetUp() override {
    const std::string warned = MakeFifo("warned");
    const int warned_fd = ::open(warned.c_str(), O_RDWR | O_CLOEXEC);
    options_.shortage_retry = absl::Hours(1);
    options_.warn = [=](std::string_view) { ASSERT_EQ(::write(warned_fd, ".", 1), 1); };
    Recreate();
    {
      const FullTable table(0);
      waiting_ = StartScript("true");
      char dot = 0;
      ASSERT_EQ(::read(warned_fd, &dot, 1), 1);
    }
    ::close(warned_fd);
  }

  InvocationRef waiting_;
};

TEST_F(ShortageStopTest, AStopRequestCancelsWhatWaitsForRoom) {
  runner_->RequestStop(waiting_);
  const Outcome outcome = sink_.Await(waiting_);
  EXPECT_EQ(outcome.status, Status::kCancelled);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
}

TEST_F(ShortageStopTest, WhatWaitsForRoomAtAShutdownHasNotStarted) {
  Recreate();
  EXPECT_EQ(sink_.count(), 0u);
  EXPECT_EQ(Adopt(waiting_), Adoption::kNotStarted);
  Hand(waiting_);
  EXPECT_EQ(sink_.Await(waiting_).status, Status::kSuccess);
}

}  // namespace
}  // namespace lull::runners
