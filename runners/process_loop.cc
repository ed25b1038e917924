#include "runners/process_loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/capture.h"
#include "runners/errno_status.h"
#include "runners/invocation_files.h"
#include "runners/spawn.h"

namespace lull::runners {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;  // a pipe's size
constexpr int kStartsPerTurn = 16;            // so that a flood of starts does not delay the ends
constexpr int kTagBits = 2;
constexpr std::uint64_t kExitTag = 2;  // after Process::kStdout and kStderr

// After the last KILL, how long its outcome is waited for: an uninterruptible sleep may outlast it.
constexpr absl::Duration kKillPatience = absl::Seconds(2);

struct Pipe {
  UniqueFd reader;  ///< non-blocking
  UniqueFd writer;
};

absl::StatusOr<Pipe> MakePipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) return ErrnoStatus(errno, "pipe2");
  Pipe pipe{.reader = UniqueFd(fds[0]), .writer = UniqueFd(fds[1])};
  if (::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) < 0) return ErrnoStatus(errno, "fcntl");
  // A program that closed its own standard streams gets low numbers, which the child needs itself.
  if (pipe.writer.get() <= 2) {
    pipe.writer = UniqueFd(::fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 3));
    if (!pipe.writer.valid()) return ErrnoStatus(errno, "fcntl");
  }
  return pipe;
}

}  // namespace

ProcessLoop::ProcessLoop(ProcessLoopOptions options, std::unique_ptr<Poller> poller)
    : options_(std::move(options)), poller_(std::move(poller)), buffer_(kReadBytes) {
  LULL_CHECK(options_.clock != nullptr);
}

bool ProcessLoop::Submit(Launch launch) {
  {
    MutexLock lock(mutex_);
    if (closed_) return false;
    mail_.launches.push_back(std::move(launch));
  }
  poller_->Wake();
  return true;
}

void ProcessLoop::RequestStop(InvocationRef invocation) {
  {
    MutexLock lock(mutex_);
    mail_.stops.push_back(invocation);
  }
  poller_->Wake();
}

void ProcessLoop::Shutdown(absl::Duration patience) {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    mail_.shutdown_patience = patience;
  }
  poller_->Wake();
}

void ProcessLoop::Abandon() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    mail_.abandoned = true;
  }
  poller_->Wake();
}

ProcessLoop::Mail ProcessLoop::TakeMail() {
  MutexLock lock(mutex_);
  return std::exchange(mail_, Mail{});
}

void ProcessLoop::Loop() {
  std::vector<std::uint64_t> ready;
  while (true) {
    Mail mail = TakeMail();
    if (mail.abandoned) break;
    for (Launch& launch : mail.launches) waiting_.push_back(std::move(launch));
    for (const InvocationRef& invocation : mail.stops) Stop(invocation);
    if (mail.shutdown_patience.has_value()) {
      shutdown_at_ = options_.clock->SinceBoot() + *mail.shutdown_patience;
    }
    if (shutdown_at_.has_value() && ShutDown()) break;
    StartSome();
    AdvanceDue();
    poller_->Wait(Patience(), ready);
    for (const std::uint64_t tag : ready) Handle(tag);
  }
  KillAll();
  children_.clear();  // reaps, which may take a while
}

void ProcessLoop::KillAll() {
  const absl::Duration now = options_.clock->SinceBoot();
  for (const auto& [serial, child] : children_) child.process->Kill(StopCause::kShutdown, now);
  MutexLock lock(mutex_);
  killed_ = true;
  killed_changed_.SignalAll();
}

void ProcessLoop::AwaitKilled(absl::Duration patience) {
  const absl::Duration deadline = options_.clock->SinceBoot() + patience;
  MutexLock lock(mutex_);
  while (!killed_) {
    const absl::Duration rest = deadline - options_.clock->SinceBoot();
    if (rest <= absl::ZeroDuration()) return;
    killed_changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(rest));
  }
}

absl::Duration ProcessLoop::Patience() const {
  const absl::Duration now = options_.clock->SinceBoot();
  if (!waiting_.empty() && retry_at_ <= now) return absl::ZeroDuration();
  absl::Duration next = waiting_.empty() ? absl::InfiniteDuration() : retry_at_;
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  if (shutdown_at_.has_value()) next = std::min(next, *shutdown_at_);
  if (next == absl::InfiniteDuration()) return next;
  // At least a moment, so that a deadline already passed is looked at by the next turn, after mail.
  return std::max(next - now, absl::Microseconds(1));
}

/// One step of shutting down; true when nothing is left to wait for.
bool ProcessLoop::ShutDown() {
  for (const Launch& launch : std::exchange(waiting_, {})) {
    launch.sink->Finished(launch.invocation,
                          NotStarted(absl::UnavailableError("the runner is shutting down")));
  }
  if (children_.empty()) return true;
  const absl::Duration now = options_.clock->SinceBoot();
  if (now >= *shutdown_at_ + kKillPatience) return true;
  if (now < *shutdown_at_) return false;
  std::vector<Serial> serials;
  for (const auto& [serial, child] : children_) serials.push_back(serial);
  for (const Serial serial : serials) {
    children_.at(serial).process->Kill(StopCause::kShutdown, now);
    Settle(serial);
  }
  return children_.empty();
}

void ProcessLoop::Stop(InvocationRef invocation) {
  const auto is_it = [&](const Launch& launch) { return launch.invocation == invocation; };
  const auto queued = std::find_if(waiting_.begin(), waiting_.end(), is_it);
  if (queued != waiting_.end()) {
    FinishSink* const sink = queued->sink;
    waiting_.erase(queued);
    sink->Finished(invocation, OutcomeOf(StopCause::kStopRequest, {}, absl::ZeroDuration()));
    return;
  }
  const auto found = serials_.find(invocation);
  if (found == serials_.end()) return;
  const Serial serial = found->second;
  children_.at(serial).process->Stop(StopCause::kStopRequest, options_.clock->SinceBoot());
  Settle(serial);
}

void ProcessLoop::StartSome() {
  if (waiting_.empty()) is_short_ = false;
  if (options_.clock->SinceBoot() < retry_at_) return;
  for (int i = 0; i < kStartsPerTurn && !waiting_.empty(); ++i) {
    Launch launch = std::move(waiting_.front());
    waiting_.pop_front();
    const absl::Status started = TryStart(launch);
    if (absl::IsResourceExhausted(started)) return HoldBack(std::move(launch), started);
    if (!started.ok()) launch.sink->Finished(launch.invocation, NotStarted(started));
  }
}

/// Puts a launch back, the first of those that wait: it has not started, so it can't start twice.
void ProcessLoop::HoldBack(Launch launch, const absl::Status& shortage) {
  waiting_.push_front(std::move(launch));
  retry_at_ = options_.clock->SinceBoot() + options_.shortage_retry;
  if (is_short_) return;
  is_short_ = true;
  if (options_.warn) {
    options_.warn(
        absl::StrCat("commands wait, for they can't be started now: ", shortage.message()));
  }
}

absl::Status ProcessLoop::TryStart(const Launch& launch) {
  const std::string script = absl::StrCat(absl::StrJoin(launch.command.commands, "\n"), "\n");
  LULL_ASSIGN_OR_RETURN(InvocationFiles files,
                        CreateInvocationFiles(options_.output_dir, launch.invocation, script));
  LULL_ASSIGN_OR_RETURN(Pipe out, MakePipe());
  LULL_ASSIGN_OR_RETURN(Pipe err, MakePipe());
  const std::string& directory = launch.command.working_directory;
  LULL_ASSIGN_OR_RETURN(
      Spawned spawned,
      Spawn({.argv = {"/bin/sh", files.script_path},
             .environment = launch.environment,
             .working_directory = directory.empty() ? options_.working_directory : directory,
             .stdout_fd = out.writer.get(),
             .stderr_fd = err.writer.get()}));

  Capture out_capture(std::move(out.reader), std::move(files.stdout_file),
                      options_.output_limit_bytes);
  Capture err_capture(std::move(err.reader), std::move(files.stderr_file),
                      options_.output_limit_bytes);
  auto process = std::make_unique<Process>(
      std::move(spawned), std::move(files), std::move(out_capture), std::move(err_capture),
      launch.command.execution_timeout, options_.graces, options_.clock->SinceBoot());
  const Serial serial = ++last_serial_;
  if (const absl::Status watched = Watch(serial, *process); !watched.ok()) {
    return absl::UnavailableError(watched.message());  // it has started: never again
  }
  const absl::Duration deadline = process->deadline();
  deadlines_.emplace(deadline, serial);
  serials_[launch.invocation] = serial;
  children_.emplace(serial, Child{.invocation = launch.invocation,
                                  .sink = launch.sink,
                                  .process = std::move(process),
                                  .indexed_deadline = deadline});
  return absl::OkStatus();
}

absl::Status ProcessLoop::Watch(Serial serial, Process& process) {
  const std::uint64_t tag = serial << kTagBits;
  LULL_RETURN_IF_ERROR(poller_->Add(process.pidfd(), tag | kExitTag));
  for (const Process::Stream stream : {Process::kStdout, Process::kStderr}) {
    LULL_RETURN_IF_ERROR(poller_->Add(process.capture(stream).fd(), tag | stream));
  }
  return absl::OkStatus();
}

void ProcessLoop::Handle(std::uint64_t tag) {
  const Serial serial = tag >> kTagBits;
  const auto found = children_.find(serial);
  if (found == children_.end()) return;
  Process& process = *found->second.process;
  const std::uint64_t kind = tag & ((1U << kTagBits) - 1);
  if (kind == kExitTag) {
    process.Advance(options_.clock->SinceBoot());
    poller_->Remove(process.pidfd());  // stays readable from now on
  } else {
    process.capture(static_cast<Process::Stream>(kind)).Pump(buffer_);
  }
  Settle(serial);
}

void ProcessLoop::AdvanceDue() {
  const absl::Duration now = options_.clock->SinceBoot();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Serial serial = deadlines_.begin()->second;
    children_.at(serial).process->Advance(now);
    Settle(serial);
  }
}

/// After anything was done to a child: reports it when it has finished, else indexes its deadline.
void ProcessLoop::Settle(Serial serial) {
  Child& child = children_.at(serial);
  const bool finished = child.process->finished();
  if (finished || child.process->deadline() != child.indexed_deadline) {
    deadlines_.erase({child.indexed_deadline, serial});
    child.indexed_deadline = child.process->deadline();
    if (!finished) deadlines_.emplace(child.indexed_deadline, serial);
  }
  if (!finished) return;
  FinishSink* const sink = child.sink;
  const InvocationRef invocation = child.invocation;
  Outcome outcome = child.process->TakeOutcome();
  children_.erase(serial);
  serials_.erase(invocation);
  retry_at_ = absl::ZeroDuration();  // what it held may be what is short
  sink->Finished(invocation, std::move(outcome));
}

}  // namespace lull::runners
