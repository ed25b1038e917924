#include "tests/runners/runner_harness.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lull::runners {
namespace {

constexpr char kShim[] = "runners/shim/lull-shim";  // in a test's runfiles

}  // namespace

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

bool RecordingSink::Has(InvocationRef invocation) {
  MutexLock lock(mutex_);
  return outcomes_.count(invocation) > 0;
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
  options_.shim_path = std::filesystem::absolute(kShim).string();
  options_.plan = [this](const Invocation& invocation) -> absl::StatusOr<ProcessPlan> {
    return plans_.at(static_cast<std::size_t>(invocation.ref.ordinal));
  };
  task_.key = TaskKey{7};
  task_.id = TaskExecutionId("6c0c95c8-5d5c-4a6b-9d3c-000000000001");
  target_.node = "local";
  Recreate();
}

RunnerTest::~RunnerTest() {
  for (Ordinal ordinal = 0; runner_ != nullptr && ordinal < std::ssize(plans_); ++ordinal) {
    const InvocationRef invocation{.task = task_.key, .ordinal = ordinal};
    if (!sink_.Has(invocation)) runner_->RequestStop(invocation);
  }
  // Their shims are this process's children: it ends when they have.
  while (::wait(nullptr) > 0) {
  }
  runner_.reset();
}

void RunnerTest::Recreate() {
  runner_.reset();
  auto runner = ProcessRunner::Create(options_);
  LULL_CHECK(runner.ok());
  runner_ = *std::move(runner);
}

InvocationRef RunnerTest::Start(ProcessPlan plan) {
  last_ = {.task = task_.key, .ordinal = static_cast<Ordinal>(plans_.size())};
  plans_.push_back(std::move(plan));
  Hand(last_);
  return last_;
}

void RunnerTest::Hand(InvocationRef invocation) {
  runner_->Start({.ref = invocation,
                  .execution = ExecutionId("execution"),
                  .window = WindowId("window"),
                  .task = task_,
                  .target = target_},
                 sink_);
}

std::string RunnerTest::FileOf(InvocationRef invocation, const std::string& suffix) const {
  return absl::StrCat(folder_, "/out/", static_cast<std::int64_t>(invocation.task), "/",
                      invocation.ordinal, ".", suffix);
}

std::string RunnerTest::ReadStream(InvocationRef invocation, const std::string& stream) const {
  std::ifstream file(FileOf(invocation, stream));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

pid_t RunnerTest::AwaitShim(InvocationRef invocation) const {
  int pid = 0;
  for (int look = 0; look < 10'000 && pid == 0; ++look) {
    if (look > 0) ::poll(nullptr, 0, 1);
    const std::string record = ReadStream(invocation, "record");
    const std::size_t at = record.find("pid ");
    if (at != std::string::npos) LULL_CHECK(absl::SimpleAtoi(record.substr(at + 4, 10), &pid));
  }
  LULL_CHECK(pid > 0);
  return pid;
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

pid_t RunnerTest::ReadPid(const std::string& fifo) {
  int pid = 0;
  EXPECT_TRUE(absl::SimpleAtoi(ReadLine(fifo), &pid));
  return pid;
}

FullTable::FullTable(int spare) {
  constexpr rlim_t kLimit = 256;  // enough for a shim, which has it too
  LULL_CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
  rlimit few = before_;
  few.rlim_cur = kLimit;
  LULL_CHECK(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  for (int fd = 0; (fd = ::fcntl(0, F_DUPFD_CLOEXEC, 0)) >= 0;) taken_.push_back(fd);
  for (; spare > 0; --spare) {
    ::close(taken_.back());
    taken_.pop_back();
  }
}

FullTable::~FullTable() {
  for (const int fd : taken_) ::close(fd);
  LULL_CHECK(::setrlimit(RLIMIT_NOFILE, &before_) == 0);
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
