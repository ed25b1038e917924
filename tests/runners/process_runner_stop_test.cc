#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "runners/process_runner.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

constexpr absl::Duration kSoon = absl::Milliseconds(200);

class ProcessRunnerStopTest : public RunnerTest {
 protected:
  /// The process id that a script wrote into a named pipe.
  static pid_t ReadPid(const std::string& fifo) {
    int pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(ReadLine(fifo), &pid));
    return pid;
  }

  void UseShortGraces() {
    options_.stop_grace = kSoon;
    options_.output_grace = kSoon;
    Recreate();
  }
};

TEST_F(ProcessRunnerStopTest, ATimeOutEndsTheWholeGroup) {
  const Outcome outcome = Run(
      {.commands = {"sleep 1000 & echo $!; (sleep 1000; true); true"}, .execution_timeout = kSoon});
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_EQ(outcome.detail, "Timed out: ran for more than 200ms.");
  int grandchild = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Stdout(), &grandchild));
  EXPECT_TRUE(Ends(grandchild));
}

TEST_F(ProcessRunnerStopTest, WhatIgnoresTermIsKilledAfterTheGrace) {
  UseShortGraces();
  const Outcome outcome =
      Run({.commands = {"trap '' TERM", "sleep 1000 & echo $!", "while :; do wait; done"},
           .execution_timeout = kSoon});
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.exit_code, 137);
  int grandchild = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Stdout(), &grandchild));
  EXPECT_TRUE(Ends(grandchild));
}

TEST_F(ProcessRunnerStopTest, AStoppedProcessTimesOutToo) {
  EXPECT_EQ(Run({.commands = {"kill -STOP $$"}, .execution_timeout = kSoon}).status,
            Status::kTimedOut);
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
  int leftover = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Stdout(), &leftover));
  EXPECT_TRUE(Ends(leftover));
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

TEST_F(ProcessRunnerStopTest, DestructionKillsWithoutAReport) {
  const std::string fifo = MakeFifo("pid");
  StartScript(absl::StrCat("trap '' TERM; echo $$ > ", fifo, "; sleep 1000; true"));
  const pid_t pid = ReadPid(fifo);
  StartScript("sleep 1000");
  runner_.reset();
  EXPECT_TRUE(Ends(pid));
  EXPECT_EQ(sink_.count(), 0u);
}

TEST_F(ProcessRunnerStopTest, AShutdownWaitsForWhatIsInFlight) {
  const std::string started = MakeFifo("started");
  const std::string gate = MakeFifo("gate");
  const InvocationRef invocation =
      StartScript(absl::StrCat("echo 1 > ", started, "; (echo > ", gate, ") & read line < ", gate));
  ReadPid(started);
  runner_->Shutdown(absl::Seconds(100));
  EXPECT_EQ(sink_.count(), 1u);
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
}

TEST_F(ProcessRunnerStopTest, AShutdownKillsWhatOutlastsItsPatienceAndStartsNothingMore) {
  const std::string fifo = MakeFifo("pid");
  const InvocationRef invocation =
      StartScript(absl::StrCat("echo $$ > ", fifo, "; sleep 1000; true"));
  const pid_t pid = ReadPid(fifo);
  runner_->Shutdown(kSoon);
  EXPECT_EQ(sink_.count(), 1u);
  EXPECT_EQ(sink_.Await(invocation).detail, "Failed: killed because the runner shut down.");
  EXPECT_TRUE(Ends(pid));
  EXPECT_EQ(RunScript("true").detail, "Failed to start: the runner has shut down");
  runner_->Shutdown(kSoon);
}

/// Commands that wait for descriptors: no try but the first one is made while a test lasts.
class ShortageStopTest : public ProcessRunnerStopTest {
 protected:
  void SetUp() override {
    rlimit files;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    before_ = files;
    const std::string warned = MakeFifo("warned");
    const int warned_fd = ::open(warned.c_str(), O_RDWR | O_CLOEXEC);
    options_.shortage_retry = absl::Hours(1);
    options_.warn = [=](std::string_view) { ASSERT_EQ(::write(warned_fd, ".", 1), 1); };
    Recreate();
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    files.rlim_cur = static_cast<rlim_t>(lowest_free);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    waiting_ = StartScript("true");
    char dot = 0;
    ASSERT_EQ(::read(warned_fd, &dot, 1), 1);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
    ::close(warned_fd);
  }
  void TearDown() override { ::setrlimit(RLIMIT_NOFILE, &before_); }

  rlimit before_;
  InvocationRef waiting_;
};

TEST_F(ShortageStopTest, AStopRequestCancelsWhatWaitsForRoom) {
  runner_->RequestStop(waiting_);
  const Outcome outcome = sink_.Await(waiting_);
  EXPECT_EQ(outcome.status, Status::kCancelled);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
}

TEST_F(ShortageStopTest, AShutdownDoesNotWaitForRoom) {
  runner_->Shutdown(absl::Hours(1));
  EXPECT_EQ(sink_.Await(waiting_).detail, "Failed to start: the runner is shutting down");
}

TEST_F(ProcessRunnerStopTest, CommandsDieWithTheProcessThatRunsThem) {
  const std::string fifo = MakeFifo("pid");
  runner_.reset();  // no thread of ours may be lost by the fork
  const pid_t daemon = ::fork();
  ASSERT_GE(daemon, 0);
  if (daemon == 0) {
    Recreate();
    StartScript(absl::StrCat("echo $$ > ", fifo, "; while :; do :; done"));
    while (true) ::pause();
  }
  const pid_t pid = ReadPid(fifo);
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_EQ(::kill(daemon, SIGKILL), 0);
  EXPECT_EQ(::waitpid(daemon, nullptr, 0), daemon);
  EXPECT_TRUE(Ends(pid));
}

}  // namespace
}  // namespace lull::runners
