#include "tests/runners/runner_harness.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lull::runners {

absl::Time BootClock::Now() const {
  LULL_CHECK(!"a runner does not read the wall clock");
  return {};
}

absl::Duration BootClock::SinceBoot() const {
  timespec now;
  LULL_CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  return absl::DurationFromTimespec(now);
}

void RecordingSink::Finished(InvocationRef invocation, Outcome outcome) {
  MutexLock lock(mutex_);
  const bool first = outcomes_.emplace(invocation, std::move(outcome)).second;
  EXPECT_TRUE(first) << "reported twice: ordinal " << invocation.ordinal;
  changed_.SignalAll();
}

Outcome RecordingSink::Await(InvocationRef invocation) {
  MutexLock lock(mutex_);
  while (outcomes_.count(invocation) == 0) changed_.Wait(mutex_);
  return outcomes_.at(invocation);
}

std::size_t RecordingSink::count() {
  MutexLock lock(mutex_);
  return outcomes_.size();
}

RunnerTest::RunnerTest() {
  std::string pattern = testing::TempDir() + "/runner.XXXXXX";
  LULL_CHECK(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  options_.clock = &clock_;
  options_.output_dir = folder_ + "/out";
  options_.decode = [this](const Invocation& invocation) -> absl::StatusOr<ShellCommand> {
    return commands_.at(static_cast<std::size_t>(invocation.ref.ordinal));
  };
  task_.key = TaskKey{7};
  task_.id = TaskExecutionId("task-execution");
  task_.task_arn = kRunShellScript;
  target_.node = kLocalNode;
  Recreate();
}

void RunnerTest::Recreate() {
  auto runner = ProcessRunner::Create(options_);
  LULL_CHECK(runner.ok());
  runner_ = *std::move(runner);
}

InvocationRef RunnerTest::Start(ShellCommand command) {
  last_ = {.task = task_.key, .ordinal = static_cast<Ordinal>(commands_.size())};
  commands_.push_back(std::move(command));
  const Invocation invocation{.ref = last_,
                              .id = InvocationId("invocation"),
                              .execution = ExecutionId("execution"),
                              .task = task_,
                              .target = target_};
  runner_->Start(invocation, sink_);
  return last_;
}

std::string RunnerTest::ReadStream(InvocationRef invocation, const std::string& stream) const {
  std::ifstream file(absl::StrCat(folder_, "/out/", static_cast<std::int64_t>(invocation.task), "/",
                                  invocation.ordinal, ".", stream));
  EXPECT_TRUE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string RunnerTest::MakeFifo(const std::string& name) {
  const std::string path = absl::StrCat(folder_, "/", name);
  LULL_CHECK(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

std::string RunnerTest::ReadLine(const std::string& fifo) {
  std::ifstream file(fifo);
  std::string line;
  std::getline(file, line);
  return line;
}

bool Ends(pid_t pid) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return true;
  pollfd exited{.fd = pidfd, .events = POLLIN, .revents = 0};
  const int count = ::poll(&exited, 1, 10'000);
  ::close(pidfd);
  return count == 1;
}

}  // namespace lull::runners
