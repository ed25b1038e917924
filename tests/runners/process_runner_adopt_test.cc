#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runners/folder.h"
#include "runners/process_runner.h"
#include "runners/record_file.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

using testing::HasSubstr;

class ProcessRunnerAdoptTest : public RunnerTest {
 protected:
  ProcessRunnerAdoptTest() : begun_(MakeFifo("begun")), gate_(MakeFifo("gate")) {}

  /// Starts a process that waits for the gate, and prints; returns once it runs.
  InvocationRef StartWaiting() {
    const InvocationRef invocation =
        StartScript(absl::StrCat("echo $$ > ", begun_, "; read line < ", gate_, "; echo done"));
    pid_ = ReadPid(begun_);
    return invocation;
  }
  void OpenGate() { std::ofstream(gate_) << "\n"; }

  /// The task's folder, made if need be.
  UniqueFd Folder() { return *MakeFolder(options_.output_dir, task_.key, ReadBootId()); }
  std::string Path(const std::string& name) { return absl::StrCat(folder_, "/out/7/", name); }

  /// As if the machine had come up again since the folder was made.
  void PretendReboot() {
    std::filesystem::remove(Path("boot"));
    std::filesystem::create_symlink("another", Path("boot"));
  }

  std::string begun_;
  std::string gate_;
  pid_t pid_ = -1;
};

TEST_F(ProcessRunnerAdoptTest, ACommandOutlivesTheProcessThatStartedItHoweverThatDies) {
  runner_.reset();  // no thread of ours may be lost by the fork
  const pid_t daemon = ::fork();
  ASSERT_GE(daemon, 0);
  if (daemon == 0) {
    Recreate();
    StartScript(absl::StrCat("echo $$ > ", begun_, "; read line < ", gate_, "; echo done"));
    while (true) ::pause();
  }
  const pid_t pid = ReadPid(begun_);
  EXPECT_EQ(::kill(daemon, SIGKILL), 0);
  EXPECT_EQ(::waitpid(daemon, nullptr, 0), daemon);
  Recreate();
  const InvocationRef invocation{task_.key, 0};
  ASSERT_EQ(Adopt(invocation), Adoption::kRunning);
  EXPECT_EQ(::kill(pid, 0), 0);
  EXPECT_EQ(sink_.count(), 0u);
  OpenGate();
  const Outcome outcome = sink_.Await(invocation);
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(ReadStream(invocation, "stdout"), "done\n");
  EXPECT_FALSE(std::filesystem::exists(FileOf(invocation, "script")));
}

TEST_F(ProcessRunnerAdoptTest, WhatEndedMeanwhileIsReportedAtOnce) {
  const InvocationRef invocation = StartWaiting();
  const pid_t shim = AwaitShim(invocation);
  Recreate();
  OpenGate();
  ASSERT_TRUE(Ends(shim));
  ASSERT_EQ(Adopt(invocation), Adoption::kFinished);
  EXPECT_TRUE(sink_.Has(invocation));
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
}

TEST_F(ProcessRunnerAdoptTest, EveryLifeFindsTheOutcomeUntilItIsForgotten) {
  const Outcome outcome = Run({.script = "echo gone >&2; exit 255", .undeliverable_status = 255});
  for (int life = 0; life < 2; ++life) {
    Recreate();
    RecordingSink sink;
    ASSERT_EQ(runner_->Adopt(last_, task_, sink), Adoption::kFinished);
    EXPECT_EQ(sink.Await(last_).detail, outcome.detail);
    EXPECT_TRUE(sink.Await(last_).undelivered);
  }
}

TEST_F(ProcessRunnerAdoptTest, ATimeOutIsKeptByTheShim) {
  const InvocationRef invocation =
      Start({.script = "sleep 1000", .execution_timeout = absl::Milliseconds(500)});
  AwaitShim(invocation);
  Recreate();
  const Adoption adoption = Adopt(invocation);
  EXPECT_TRUE(adoption == Adoption::kRunning || adoption == Adoption::kFinished);
  EXPECT_EQ(sink_.Await(invocation).detail, "Timed out: ran for more than 500ms.");
}

TEST_F(ProcessRunnerAdoptTest, AStopRequestReachesWhatWasAdopted) {
  const InvocationRef invocation = StartWaiting();
  Recreate();
  ASSERT_EQ(Adopt(invocation), Adoption::kRunning);
  runner_->RequestStop(invocation);
  runner_->RequestStop(invocation);
  EXPECT_EQ(sink_.Await(invocation).status, Status::kCancelled);
  EXPECT_TRUE(Ends(pid_));
}

TEST_F(ProcessRunnerAdoptTest, AShimThatWasKilledTakesItsCommandAlongAndTheOutcomeIsUnknown) {
  const InvocationRef invocation = StartWaiting();
  const pid_t shim = AwaitShim(invocation);
  Recreate();
  EXPECT_EQ(::kill(shim, SIGKILL), 0);
  EXPECT_TRUE(Ends(shim));
  EXPECT_TRUE(Ends(pid_));
  EXPECT_TRUE(std::filesystem::exists(FileOf(invocation, "script")));
  EXPECT_EQ(Adopt(invocation), Adoption::kUnknown);
  EXPECT_FALSE(std::filesystem::exists(FileOf(invocation, "script")));
  EXPECT_EQ(Adopt(invocation), Adoption::kUnknown);  // and stays so
  RecordingSink sink;
  runner_->Start({invocation, ExecutionId("e"), WindowId("w"), task_, target_}, sink);
  EXPECT_EQ(sink.Await(invocation).detail, "Failed to start: it was started before");
}

TEST_F(ProcessRunnerAdoptTest, AShimThatIsKilledUnderALivingDaemonIsFailed) {
  const InvocationRef invocation = StartWaiting();
  EXPECT_EQ(::kill(AwaitShim(invocation), SIGKILL), 0);
  const Outcome outcome = sink_.Await(invocation);
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.detail, "The outcome is unknown: its lull-shim was killed.");
  EXPECT_FALSE(std::filesystem::exists(FileOf(invocation, "script")));
  EXPECT_TRUE(Ends(pid_));
}

TEST_F(ProcessRunnerAdoptTest, AnAdoptedShimThatIsKilledIsFailed) {
  const InvocationRef invocation = StartWaiting();
  Recreate();
  ASSERT_EQ(Adopt(invocation), Adoption::kRunning);
  EXPECT_EQ(::kill(AwaitShim(invocation), SIGKILL), 0);
  EXPECT_EQ(sink_.Await(invocation).detail, "The outcome is unknown: its lull-shim was killed.");
}

TEST_F(ProcessRunnerAdoptTest, WhatHasNoRecordHasNotStarted) {
  Recreate();                                               // the second life on this folder
  EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kNotStarted);  // no folder either
  RunScript("true");
  EXPECT_EQ(Adopt({task_.key, 1}), Adoption::kNotStarted);
  EXPECT_EQ(RunScript("exit 3").exit_code, 3);
}

TEST_F(ProcessRunnerAdoptTest, InAFolderThatADeadLifeLeftHalfMadeNothingHasStarted) {
  Recreate();
  std::filesystem::create_directory(Path(""));  // it died before the boot's id was in it
  EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kNotStarted);
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);  // which makes it to its end
  EXPECT_EQ(Adopt({task_.key, 1}), Adoption::kNotStarted);
  std::filesystem::remove(Path("boot"));
  EXPECT_EQ(Adopt({task_.key, 1}), Adoption::kUnknown);  // somebody took it out: not half made
}

TEST_F(ProcessRunnerAdoptTest, AFolderThatWasLeftUnsyncedIsSyncedByTheNextStart) {
  std::filesystem::create_directories(Path(""));
  std::filesystem::create_symlink(ReadBootId(), Path("boot"));
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);
  EXPECT_TRUE(std::filesystem::is_symlink(Path("synced")));
}

TEST_F(ProcessRunnerAdoptTest, AFolderOfAnEarlierBootIsNeverTakenForOneOfThis) {
  RunScript("true");
  PretendReboot();
  std::filesystem::remove(Path("synced"));  // it was not on the disk when the power went
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);
  EXPECT_EQ(Adopt({task_.key, 5}), Adoption::kUnknown);
}

TEST_F(ProcessRunnerAdoptTest, OfAFolderThatIsNewNothingIsKnown) {
  runner_.reset();
  std::filesystem::remove_all(options_.output_dir);
  Recreate();
  EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kUnknown);
}

TEST_F(ProcessRunnerAdoptTest, OfAFolderThatIsEmptyAsAnUnmountedOneNothingIsKnown) {
  runner_.reset();
  std::filesystem::remove_all(options_.output_dir);
  std::filesystem::create_directory(options_.output_dir);
  Recreate();
  EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kUnknown);
}

TEST_F(ProcessRunnerAdoptTest, AfterARebootOnlyAnOutcomeSaysSomething) {
  RunScript("exit 3");
  const InvocationRef ended = last_;
  { const auto record = CreateRecord(Folder(), 1, {.id = IdOf({task_.key, 1})}); }
  PretendReboot();
  Recreate();
  EXPECT_EQ(Adopt({task_.key, 1}), Adoption::kUnknown);  // a record without a process id
  EXPECT_EQ(Adopt({task_.key, 2}), Adoption::kUnknown);  // no record
  RecordingSink sink;
  ASSERT_EQ(runner_->Adopt(ended, task_, sink), Adoption::kFinished);
  EXPECT_EQ(sink.Await(ended).exit_code, 3);
}

TEST_F(ProcessRunnerAdoptTest, ARecordThatNoShimHasBegunIsTakenBack) {
  const InvocationRef invocation{task_.key, 0};
  { const auto record = CreateRecord(Folder(), 0, {.id = IdOf(invocation)}); }
  std::ofstream(Path("0.script")) << "secret";
  Recreate();
  EXPECT_EQ(Adopt(invocation), Adoption::kNotStarted);
  EXPECT_FALSE(std::filesystem::exists(Path("0.script")));
  EXPECT_FALSE(std::filesystem::exists(Path("0.record")));
  EXPECT_EQ(RunScript("echo once").status, Status::kSuccess);
  EXPECT_EQ(Stdout(), "once\n");
}

TEST_F(ProcessRunnerAdoptTest, ARecordThatStaysBetweenTwoStatesIsUnknown) {
  const auto record = CreateRecord(Folder(), 0, {.id = IdOf({task_.key, 0})});
  ASSERT_TRUE(record.ok());  // locked, and no shim ever comes
  EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kUnknown);
}

TEST_F(ProcessRunnerAdoptTest, ARecordThatIsNoneIsUnknown) {
  Folder();
  for (const std::string text : {"", "lull-record 2\n", "lull-record 1\npid 0000000000\n"}) {
    std::ofstream(Path("0.record"), std::ios::trunc) << text;
    EXPECT_EQ(Adopt({task_.key, 0}), Adoption::kUnknown) << text;
  }
}

TEST_F(ProcessRunnerAdoptTest, ARecordOfAnOlderStoreIsNone) {
  RunScript("echo old; exit 3");
  task_.id = TaskExecutionId("6c0c95c8-5d5c-4a6b-9d3c-000000000002");
  Recreate();
  EXPECT_EQ(Adopt(last_), Adoption::kNotStarted);
  RecordingSink sink;
  plans_[0] = {.script = "true"};
  runner_->Start({last_, ExecutionId("e"), WindowId("w"), task_, target_}, sink);
  EXPECT_EQ(sink.Await(last_).status, Status::kSuccess);
  EXPECT_EQ(Stdout(), "");  // the old one's output is not taken for its own
}

TEST_F(ProcessRunnerAdoptTest, AShimOfAnOlderStoreLeavesTheNewOnesRecordAlone) {
  const InvocationRef invocation = StartWaiting();
  const pid_t old = AwaitShim(invocation);
  Recreate();
  task_.id = TaskExecutionId("6c0c95c8-5d5c-4a6b-9d3c-000000000002");
  EXPECT_EQ(Adopt(invocation), Adoption::kNotStarted);
  plans_[0] = {.script = "exit 5"};
  Hand(invocation);
  EXPECT_EQ(sink_.Await(invocation).exit_code, 5);
  OpenGate();
  EXPECT_TRUE(Ends(old));
  RecordingSink sink;
  ASSERT_EQ(runner_->Adopt(invocation, task_, sink), Adoption::kFinished);
  EXPECT_EQ(sink.Await(invocation).exit_code, 5);
}

TEST_F(ProcessRunnerAdoptTest, AShimOfAnOlderStoreThatEndsFirstLeavesTheNewOneItsFiles) {
  const InvocationRef invocation = StartWaiting();
  const pid_t old = AwaitShim(invocation);
  Recreate();
  task_.id = TaskExecutionId("6c0c95c8-5d5c-4a6b-9d3c-000000000002");
  EXPECT_EQ(Adopt(invocation), Adoption::kNotStarted);
  const std::string another = MakeFifo("another");
  plans_[0] = {.script = absl::StrCat("read line < ", another, "; exit 5\n")};
  Hand(invocation);
  AwaitShim(invocation);
  OpenGate();
  EXPECT_TRUE(Ends(old));
  EXPECT_TRUE(std::filesystem::exists(FileOf(invocation, "script")));
  std::ofstream(another) << "\n";
  EXPECT_EQ(sink_.Await(invocation).exit_code, 5);
  EXPECT_FALSE(std::filesystem::exists(FileOf(invocation, "outcome")));
}

TEST_F(ProcessRunnerAdoptTest, ASecondStartIsRefusedWhileItRunsAndAfterwards) {
  const InvocationRef invocation = StartWaiting();
  Hand(invocation);  // in flight here: it reports itself, once
  Recreate();
  const auto refused = [&] {
    RecordingSink sink;
    runner_->Start({invocation, ExecutionId("e"), WindowId("w"), task_, target_}, sink);
    return sink.Await(invocation).detail;
  };
  EXPECT_EQ(refused(), "Failed to start: it was started before");
  EXPECT_TRUE(std::filesystem::exists(FileOf(invocation, "script")));
  ASSERT_EQ(Adopt(invocation), Adoption::kRunning);
  OpenGate();
  EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
  EXPECT_EQ(refused(), "Failed to start: it was started before");
  EXPECT_EQ(ReadStream(invocation, "stdout"), "done\n");
}

TEST_F(ProcessRunnerAdoptTest, AnOutcomeThatNobodyWaitsForIsNotWaitedOut) {
  const InvocationRef invocation = StartWaiting();
  const pid_t shim = AwaitShim(invocation);
  runner_.reset();
  std::filesystem::remove_all(options_.output_dir);
  OpenGate();
  EXPECT_TRUE(Ends(shim));
}

}  // namespace
}  // namespace lull::runners
