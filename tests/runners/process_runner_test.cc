#include "runners/process_runner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

using ProcessRunnerTest = RunnerTest;

TEST_F(ProcessRunnerTest, ExitStatusZeroIsSuccessWithoutDetail) {
  const Outcome outcome = RunScript("true");
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.detail, "");
}

TEST_F(ProcessRunnerTest, AnotherExitStatusIsFailed) {
  const Outcome outcome = RunScript("exit 3");
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.detail, "Failed: exit status 3");
}

TEST_F(ProcessRunnerTest, DeathByASignalIsFailed) {
  const Outcome outcome = RunScript("kill -KILL $$");
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, 137);
  EXPECT_EQ(outcome.detail, "Failed: killed by signal 9 (SIGKILL)");
}

TEST_F(ProcessRunnerTest, OutputGoesToPrivateFilesAndTheScriptIsRemoved) {
  RunScript("echo out; echo err >&2; stat -c %a \"$0\"");
  EXPECT_EQ(Stdout(), "out\n600\n");
  EXPECT_EQ(Stderr(), "err\n");
  struct stat info;
  ASSERT_EQ(::stat((folder_ + "/out/7").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  ASSERT_EQ(::stat((folder_ + "/out/7/0.stdout").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/out/7/0.script"));
}

TEST_F(ProcessRunnerTest, OutputAboveTheLimitIsDroppedAndTheWriterGoesOn) {
  options_.output_limit_bytes = 10;
  Recreate();
  const Outcome outcome = RunScript("yes | head -c 5000000; printf abc >&2");
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_EQ(Stdout(), "y\ny\ny\ny\ny\n\n[output truncated: 10 bytes kept, 4999990 dropped]\n");
  EXPECT_EQ(Stderr(), "abc");
}

TEST_F(ProcessRunnerTest, OutputOfExactlyTheLimitIsWhole) {
  options_.output_limit_bytes = 10;
  Recreate();
  RunScript("printf 0123456789");
  EXPECT_EQ(Stdout(), "0123456789");
}

TEST_F(ProcessRunnerTest, ScriptsReachTheShellAsTheyAre) {
  Run({.script = "x='a  \"b\"'; cat <<'END'\n$HOME `date` \\n ' \" %s\nEND\n"
                 "printf '%s|' \"$x\" '$(reboot)' ''\n# no newline after this"});
  EXPECT_EQ(Stdout(), "$HOME `date` \\n ' \" %s\na  \"b\"|$(reboot)||");
}

TEST_F(ProcessRunnerTest, NothingIsInherited) {
  const int open_in_children = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  RunScript(
      "ls /proc/self/fd; readlink /proc/self/fd/0; read line || echo end of stdin; umask\n"
      "grep -E 'Sig(Blk|Ign)' /proc/self/status\n"
      "set -- $(cut -d' ' -f1,5,6 /proc/$$/stat); echo $(($1 == $2)) $(($1 == $3))");
  ::signal(SIGPIPE, before);
  ::close(open_in_children);
  EXPECT_EQ(
      Stdout(),
      "0\n1\n2\n3\n"  // 3 is the folder that ls lists
      "/dev/null\nend of stdin\n0022\n"
      "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n1 0\n");  // its session is the shim's
}

TEST_F(ProcessRunnerTest, TheDescriptorLimitThatThisProcessRaisedIsTheUsualOneInACommand) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit raised = before;
  raised.rlim_cur = raised.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  RunScript("ulimit -Sn; ulimit -Sn \"$(ulimit -Hn)\" && echo raised");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const rlim_t usual = std::min<rlim_t>(raised.rlim_max, 1024);
  EXPECT_EQ(Stdout(), absl::StrCat(usual, "\nraised\n"));
}

TEST_F(ProcessRunnerTest, TheEnvironmentIsMinimalAndNamesTheInvocation) {
  ::setenv("SECRET_OF_THE_DAEMON", "1", 1);
  options_.home = "/nowhere";
  Recreate();
  RunScript("env | grep -v -E '^(PWD|_|OLDPWD|SHLVL)=' | sort");
  EXPECT_EQ(Stdout(), absl::StrCat("HOME=/nowhere\nLANG=C.UTF-8\nLULL_EXECUTION_ID=execution\n"
                                   "LULL_INVOCATION_ID=",
                                   IdOf(last_).value(),
                                   "\nLULL_NODE=local\nLULL_TASK_EXECUTION_ID=", task_.id.value(),
                                   "\nPATH=", options_.path, "\n"));
}

TEST_F(ProcessRunnerTest, APlanMayAddToTheEnvironment) {
  Run({.script = "echo $A; echo $LULL_NODE", .environment = {"A=a b"}});
  EXPECT_EQ(Stdout(), "a b\nlocal\n");
}

TEST_F(ProcessRunnerTest, RunsInTheWorkingDirectoryAskedForOrElseInTheDefault) {
  Run({.script = "pwd", .working_directory = "/usr"});
  EXPECT_EQ(Stdout(), "/usr\n");
  RunScript("pwd");
  EXPECT_EQ(Stdout(), "/\n");
}

TEST_F(ProcessRunnerTest, AMissingWorkingDirectoryFails) {
  const Outcome outcome = Run({.script = "pwd", .working_directory = "/no/such"});
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(outcome.detail,
            "Failed to start: working directory \"/no/such\": No such file or directory");
}

TEST_F(ProcessRunnerTest, AScriptOnStandardInputIsInNoFile) {
  const Outcome outcome =
      Run({.argv = {"/bin/sh", "-s", "one"},
           .script = "echo \"$0 $1\"; grep -l -r echo " + folder_ + "/out || echo no file; exit 4",
           .script_by = ScriptBy::kStdin});
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(Stdout(), "/bin/sh one\nno file\n");
}

TEST_F(ProcessRunnerTest, StandardInputEndsWithTheScript) {
  Run({.argv = {"cat"}, .script = "a\nb", .script_by = ScriptBy::kStdin});
  EXPECT_EQ(Stdout(), "a\nb");
}

TEST_F(ProcessRunnerTest, AProgramThatIsNotThereFails) {
  Outcome outcome = Run({.argv = {"no-such-program"}});
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.detail, absl::StrCat("Failed to start: there is no program "
                                         "\"no-such-program\" in the folders ",
                                         options_.path));
  EXPECT_FALSE(outcome.undelivered);
  outcome = Run({.argv = {"/no/such/program"}});
  EXPECT_EQ(outcome.detail,
            "Failed to start: there is no program \"/no/such/program\" on this machine");
  const std::string broken = folder_ + "/broken";
  std::ofstream(broken) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
  outcome = Run({.argv = {broken}, .script = "secret"});
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(outcome.detail, "Failed to start: exec: No such file or directory");
  EXPECT_FALSE(std::filesystem::exists(FileOf(last_, "script")));
}

TEST_F(ProcessRunnerTest, TheStatusThatSaysSoIsUndeliveredWithTheLastLineOfStandardError) {
  Outcome outcome = Run({.script = "echo first >&2; printf 'no route\\r\\n\\n' >&2; exit 255",
                         .undeliverable_status = 255});
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_TRUE(outcome.undelivered);
  EXPECT_EQ(outcome.exit_code, 255);
  EXPECT_EQ(outcome.detail, "Undeliverable: no route");
  outcome = Run({.script = "exit 255", .undeliverable_status = 255});
  EXPECT_EQ(outcome.detail, "Undeliverable: exit status 255");
  EXPECT_TRUE(outcome.undelivered);
  outcome =
      Run({.script = "head -c 100000 /dev/zero | tr '\\0' 'x' >&2; printf '\\377' >&2; exit 9",
           .undeliverable_status = 9});
  EXPECT_EQ(outcome.detail, "Undeliverable: " + std::string(200, 'x'));
  outcome = Run({.script = "echo x >&2; exit 254", .undeliverable_status = 255});
  EXPECT_FALSE(outcome.undelivered);
  EXPECT_EQ(outcome.detail, "Failed: exit status 254");
}

TEST_F(ProcessRunnerTest, TheStatusThatSaysSoIsATimeOutOfAPart) {
  Outcome outcome = Run({.script = "exit 124", .timed_out_status = 124});
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.exit_code, 124);
  EXPECT_EQ(outcome.detail, "Timed out: a step ran for longer than its timeoutSeconds.");
  outcome = Run({.script = "exit 124"});
  EXPECT_EQ(outcome.detail, "Failed: exit status 124");
}

TEST_F(ProcessRunnerTest, AnErrorOfThePlanFailsWithItsText) {
  absl::Status error = absl::InvalidArgumentError("no commands given");
  options_.plan = [&](const Invocation&) { return error; };
  Recreate();
  Outcome outcome = RunScript("true");
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.detail, "no commands given");
  EXPECT_FALSE(outcome.undelivered);
  for (const absl::Status& unreachable :
       {absl::NotFoundError("no node"), absl::UnavailableError("no node")}) {
    error = unreachable;
    outcome = RunScript("true");
    EXPECT_EQ(outcome.status, Status::kFailed);
    EXPECT_EQ(outcome.detail, "no node");
    EXPECT_TRUE(outcome.undelivered);
  }
}

TEST_F(ProcessRunnerTest, PlansThatCannotBeAProcessFail) {
  EXPECT_THAT(Run({.argv = {}}).detail, StartsWith("No command"));
  EXPECT_THAT(RunScript(std::string("a\0b", 3)).detail, HasSubstr("NUL"));
  EXPECT_THAT(Run({.argv = {std::string("a\0b", 3)}}).detail, HasSubstr("NUL"));
  EXPECT_THAT(Run({.script = "a", .environment = {std::string("a\0b", 3)}}).detail,
              HasSubstr("NUL"));
  EXPECT_THAT(Run({.script = "true", .execution_timeout = absl::ZeroDuration()}).detail,
              HasSubstr("time-out"));
}

TEST_F(ProcessRunnerTest, ATimeOutWithoutEndIsNone) {
  EXPECT_EQ(Run({.script = "true", .execution_timeout = absl::InfiniteDuration()}).status,
            Status::kSuccess);
}

TEST_F(ProcessRunnerTest, ASilentSuccessLeavesOneSmallFile) {
  RunScript("true");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/out/7")) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("0.record", "boot", "synced"));
  EXPECT_LT(std::filesystem::file_size(FileOf(last_, "record")), 300u);
  EXPECT_THAT(ReadStream(last_, "record"), HasSubstr("\nhow finished\n"));
}

TEST_F(ProcessRunnerTest, GigabytesOfOutputAreReadAndDropped) {
  const Outcome outcome = RunScript("head -c 1000000000 /dev/zero");
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_THAT(Stdout(), testing::EndsWith("[output truncated: 1048576 bytes kept, 998951424 "
                                          "dropped]\n"));
}

TEST_F(ProcessRunnerTest, WhoClosesItsOutputIsStillWaitedFor) {
  EXPECT_EQ(RunScript("exec >&- 2>&-; sleep 0.2; exit 5").exit_code, 5);
}

TEST_F(ProcessRunnerTest, TheShimIsSmall) {
  RunScript("sleep 0.1; grep VmRSS /proc/$PPID/status");
  const std::vector<std::string> words = absl::StrSplit(Stdout(), ' ', absl::SkipEmpty());
  ASSERT_GE(words.size(), 2u);
  int kilobytes = 0;
  ASSERT_TRUE(absl::SimpleAtoi(words[words.size() - 2], &kilobytes)) << Stdout();
#if !defined(__SANITIZE_ADDRESS__) && !defined(_GLIBCXX_TSAN)
  EXPECT_LT(kilobytes, 2048);
#endif
}

TEST_F(ProcessRunnerTest, TwoHundredRunAtOnce) {
  constexpr int kCount = 200;
  rlimit files;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  const std::string started = MakeFifo("started");
  const std::string gate = MakeFifo("gate");
  const int started_fd = ::open(started.c_str(), O_RDWR | O_CLOEXEC);
  const int gate_fd = ::open(gate.c_str(), O_RDWR | O_CLOEXEC);
  std::vector<InvocationRef> invocations;
  for (int i = 0; i < kCount; ++i) {
    invocations.push_back(StartScript(
        absl::StrCat("printf . > ", started, "; read line < ", gate, "; exit ", i % 100)));
  }
  for (int i = 0; i < kCount; ++i) {
    char dot = 0;
    ASSERT_EQ(::read(started_fd, &dot, 1), 1);
  }
  EXPECT_EQ(sink_.count(), 0u);  // all are in flight
  const std::string lines(kCount, '\n');
  ASSERT_EQ(::write(gate_fd, lines.data(), lines.size()), kCount);
  for (int i = 0; i < kCount; ++i) EXPECT_EQ(sink_.Await(invocations[i]).exit_code, i % 100);
  ::close(started_fd);
  ::close(gate_fd);
}

TEST_F(ProcessRunnerTest, WithoutDescriptorsLeftAStartWaitsAndWorksOnceThereAreSome) {
  std::optional<FullTable> table;
  std::vector<std::string> warnings;  // of the runner's thread, read when it waits for work
  options_.shortage_retry = absl::Milliseconds(1);
  options_.warn = [&](std::string_view text) {
    warnings.emplace_back(text);
    table.reset();  // now there is room
  };
  Recreate();
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);
  for (int spare = 0; spare < 14; ++spare) {  // whichever step it is that finds none
    table.emplace(spare);
    const Outcome outcome = RunScript("echo here");
    EXPECT_EQ(outcome.status, Status::kSuccess) << outcome.detail;
    EXPECT_EQ(Stdout(), "here\n");
    table.reset();
  }
  EXPECT_GT(warnings.size(), 3u);
  for (const std::string& warning : warnings) {
    EXPECT_THAT(warning,
                AllOf(HasSubstr("commands wait"), HasSubstr("raise the limit of open files")));
  }
}

TEST_F(ProcessRunnerTest, AShortageIsWarnedOfOnceWhileItLastsAndWaitedOutWithoutTurning) {
  const auto cpu = [] {
    timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return absl::DurationFromTimespec(used);
  };
  std::atomic<int> warnings = 0;
  const std::string warned = MakeFifo("warned");
  const int warned_fd = ::open(warned.c_str(), O_RDWR | O_CLOEXEC);
  options_.shortage_retry = absl::Milliseconds(300);
  options_.warn = [&](std::string_view) {
    ++warnings;
    ASSERT_EQ(::write(warned_fd, ".", 1), 1);
  };
  Recreate();
  EXPECT_EQ(RunScript("true").status, Status::kSuccess);
  const std::string gate = MakeFifo("gate");
  const int gate_fd = ::open(gate.c_str(), O_RDWR | O_CLOEXEC);
  const InvocationRef earlier =
      StartScript(absl::StrCat("echo > ", warned, "; read line < ", gate));
  char dot = 0;
  ASSERT_EQ(::read(warned_fd, &dot, 1), 1);
  std::optional<FullTable> table(0);
  std::vector<InvocationRef> invocations;
  for (int i = 0; i < 5; ++i) invocations.push_back(StartScript("true"));
  ASSERT_EQ(::read(warned_fd, &dot, 1), 1);
  // The end of a command lets the runner try again at once, as short as before. It has done so when
  // it has reported the second of two that were stopped after that.
  ASSERT_EQ(::write(gate_fd, "\n", 1), 1);
  sink_.Await(earlier);
  for (int i = 0; i < 2; ++i) {
    runner_->RequestStop(StartScript("true"));
    EXPECT_EQ(sink_.Await(last_).status, Status::kCancelled);
  }
  const absl::Duration began = cpu();
  table.reset();
  for (const InvocationRef& invocation : invocations) {
    EXPECT_EQ(sink_.Await(invocation).status, Status::kSuccess);
  }
  EXPECT_LT(cpu() - began, absl::Milliseconds(200));
  EXPECT_EQ(warnings, 1);
  ::close(warned_fd);
  ::close(gate_fd);
}

TEST_F(ProcessRunnerTest, OutputThatCannotBeWrittenIsLostAndTheDetailSaysSo) {
#ifdef _GLIBCXX_TSAN
  GTEST_SKIP() << "the thread sanitizer's own start in the shim fails under such a limit";
#endif
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit size;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &size), 0);
  const rlimit before = size;
  size.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &size), 0);
  const Outcome success = RunScript("head -c 10000 /dev/zero");
  const std::string kept = Stdout();
  const Outcome failed = RunScript("head -c 10000 /dev/zero >&2; exit 3");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(success.status, Status::kSuccess);
  EXPECT_EQ(success.detail, "output was lost: File too large");
  EXPECT_EQ(kept, std::string(4096, '\0'));
  EXPECT_EQ(failed.detail, "Failed: exit status 3; output was lost: File too large");
}

TEST_F(ProcessRunnerTest, AnOutputFolderThatCannotBeMadeFails) {
  options_.output_dir = folder_ + "/missing/out";
  Recreate();
  const Outcome outcome = RunScript("true");
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_THAT(outcome.detail, HasSubstr("No such file or directory"));
}

TEST_F(ProcessRunnerTest, MissingOptionsAndAMissingShimAreRefused) {
  EXPECT_FALSE(ProcessRunner::Create({}).ok());
  options_.shim_path = folder_ + "/lull-shim";
  EXPECT_EQ(
      ProcessRunner::Create(options_).status().message(),
      options_.shim_path + " is missing, or can't be run; install it again, it comes with lull");
}

TEST_F(ProcessRunnerTest, TheFirstBytesOfWhatWasPrintedAreRead) {
  RunScript("printf 'out\\377'; echo err >&2");
  EXPECT_EQ(*runner_->ReadOutput(last_, OutputStream::kStdout, 100), "out\xFF");
  EXPECT_EQ(*runner_->ReadOutput(last_, OutputStream::kStdout, 2), "ou");
  EXPECT_EQ(*runner_->ReadOutput(last_, OutputStream::kStderr, 100), "err\n");
}

TEST_F(ProcessRunnerTest, WhatARunningCommandHasPrintedIsRead) {
  const std::string begun = MakeFifo("begun");
  const std::string go = MakeFifo("go");
  const InvocationRef invocation =
      StartScript("echo early; echo >" + begun + "; read line <" + go + "; echo late");
  ReadLine(begun);
  // Its line is in the pipe, if the runner has not copied it yet.
  std::string text;
  while (text.empty()) text = *runner_->ReadOutput(invocation, OutputStream::kStdout, 100);
  EXPECT_EQ(text, "early\n");
  std::ofstream(go) << "\n";
  sink_.Await(invocation);
  EXPECT_EQ(*runner_->ReadOutput(invocation, OutputStream::kStdout, 100), "early\nlate\n");
}

TEST_F(ProcessRunnerTest, WhereNothingIsKeptNothingIsRead) {
  EXPECT_EQ(*runner_->ReadOutput({TaskKey{99}, 0}, OutputStream::kStdout, 100), "");
  RunScript("true");
  EXPECT_EQ(*runner_->ReadOutput({last_.task, 99}, OutputStream::kStdout, 100), "");
}

TEST_F(ProcessRunnerTest, ALinkOrAPipeInThePlaceOfAnOutputIsNotRead) {
  RunScript("echo out; echo err >&2");
  const std::string base = folder_ + "/out/7/0";
  std::filesystem::rename(base + ".stdout", base + ".moved");
  std::filesystem::create_symlink(base + ".moved", base + ".stdout");
  EXPECT_FALSE(runner_->ReadOutput(last_, OutputStream::kStdout, 100).ok());
  std::filesystem::remove(base + ".stderr");
  ASSERT_EQ(::mkfifo((base + ".stderr").c_str(), 0600), 0);
  EXPECT_FALSE(runner_->ReadOutput(last_, OutputStream::kStderr, 100).ok());
  std::filesystem::rename(folder_ + "/out/7", folder_ + "/out/8");
  std::filesystem::create_symlink(folder_ + "/out/8", folder_ + "/out/7");
  EXPECT_FALSE(runner_->ReadOutput(last_, OutputStream::kStdout, 100).ok());
}

TEST_F(ProcessRunnerTest, WhatIsForgottenIsRemovedInPieces) {
  RunScript("true");
  const std::string task = folder_ + "/out/7";
  for (int i = 1; i < 299; ++i) std::ofstream(absl::StrCat(task, "/", i, ".stdout")) << "x";
  const auto count = [&] { return std::distance(std::filesystem::directory_iterator(task), {}); };
  ASSERT_EQ(count(), 301);
  EXPECT_TRUE(runner_->ForgetSome(last_.task));
  EXPECT_EQ(count(), 301 - 256);
  EXPECT_FALSE(runner_->ForgetSome(last_.task));
  EXPECT_FALSE(std::filesystem::exists(task));
  EXPECT_FALSE(runner_->ForgetSome(last_.task)) << "nothing is left";
}

TEST_F(ProcessRunnerTest, ForgettingFollowsNoLink) {
  const std::string other = folder_ + "/other";
  std::filesystem::create_directories(other);
  std::ofstream(other + "/kept") << "x";
  std::filesystem::create_directories(folder_ + "/out/9");
  std::filesystem::create_symlink(other, folder_ + "/out/9/link");
  std::filesystem::create_symlink(other, folder_ + "/out/10");
  EXPECT_FALSE(runner_->ForgetSome(TaskKey{9}));
  EXPECT_FALSE(runner_->ForgetSome(TaskKey{10}));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/out/9"));
  EXPECT_TRUE(std::filesystem::exists(other + "/kept"));
}

}  // namespace
}  // namespace lull::runners
