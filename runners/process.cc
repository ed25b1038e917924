#include "runners/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <utility>

#include "engine/base/check.h"

namespace lull::runners {
namespace {

// A process in an uninterruptible sleep outlives its KILL; a destructor does not wait for it.
constexpr int kReapPatienceMs = 1000;

/// waitid on a pidfd. Returns false when the process has not ended.
bool HasEnded(int pidfd, int options, ProcessEnd& end, bool& taken) {
  siginfo_t info{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | options);
  } while (result < 0 && errno == EINTR);
  if (result < 0) {
    taken = true;
    return true;
  }
  if (info.si_pid == 0) return false;
  if (info.si_code == CLD_EXITED) {
    end.exit_status = info.si_status;
  } else {
    end.signal = info.si_status;
  }
  return true;
}

}  // namespace

Process::Process(Spawned spawned, InvocationFiles files, Capture stdout_capture,
                 Capture stderr_capture, absl::Duration execution_timeout, ProcessGraces graces,
                 absl::Duration now)
    : spawned_(std::move(spawned)),
      files_(std::move(files)),
      captures_{std::move(stdout_capture), std::move(stderr_capture)},
      execution_timeout_(execution_timeout),
      graces_(graces),
      deadline_(now + execution_timeout) {}

Process::~Process() {
  if (phase_ != Phase::kEnded) {
    SignalGroup(SIGKILL);
    pollfd exited{.fd = spawned_.pidfd.get(), .events = POLLIN, .revents = 0};
    ::poll(&exited, 1, kReapPatienceMs);
    ProcessEnd end;
    bool taken = false;
    HasEnded(spawned_.pidfd.get(), 0, end, taken);
  }
  for (Capture& capture : captures_) capture.Close();
}

void Process::SignalGroup(int number) { ::kill(-spawned_.pid, number); }

bool Process::CheckEnd(absl::Duration now) {
  if (phase_ == Phase::kEnded) return true;
  bool taken = false;
  if (!HasEnded(spawned_.pidfd.get(), WNOWAIT, end_, taken)) return false;
  if (!taken) {
    // Not yet reaped, so the group's id can't be anyone else's: what it left behind goes now.
    SignalGroup(SIGKILL);
    ProcessEnd end;
    HasEnded(spawned_.pidfd.get(), 0, end, taken);
  }
  phase_ = Phase::kEnded;
  deadline_ = now + graces_.output;
  return true;
}

void Process::Stop(StopCause cause, absl::Duration now) {
  if (CheckEnd(now) || phase_ != Phase::kRunning) return;
  cause_ = cause;
  SignalGroup(SIGTERM);
  SignalGroup(SIGCONT);  // a stopped process would not see the TERM
  phase_ = Phase::kStopping;
  deadline_ = now + graces_.stop;
}

void Process::Kill(StopCause cause, absl::Duration now) {
  if (CheckEnd(now) || phase_ == Phase::kKilled) return;
  if (cause_ == StopCause::kNone) cause_ = cause;
  SignalGroup(SIGKILL);
  phase_ = Phase::kKilled;
  deadline_ = absl::InfiniteDuration();
}

void Process::Advance(absl::Duration now) {
  const Phase before = phase_;
  CheckEnd(now);
  if (phase_ != before || now < deadline_) return;
  switch (phase_) {
    case Phase::kRunning:
      Stop(StopCause::kTimeOut, now);
      return;
    case Phase::kStopping:
      Kill(cause_, now);
      return;
    case Phase::kKilled:
      return;
    case Phase::kEnded:
      output_given_up_ = true;
      deadline_ = absl::InfiniteDuration();
      return;
  }
}

bool Process::finished() const {
  if (phase_ != Phase::kEnded) return false;
  return output_given_up_ || (!captures_[kStdout].open() && !captures_[kStderr].open());
}

Outcome Process::TakeOutcome() {
  LULL_CHECK(finished());
  int write_error = 0;
  for (Capture& capture : captures_) {
    capture.Close();
    if (write_error == 0) write_error = capture.write_error();
  }
  return WithLostOutput(OutcomeOf(cause_, end_, execution_timeout_), write_error);
}

}  // namespace lull::runners
