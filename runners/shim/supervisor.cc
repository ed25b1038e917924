#include "runners/shim/supervisor.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "runners/shim/descendants.h"

namespace lull::runners::shim {
namespace {

constexpr long long kMicrosPerSecond = 1'000'000;
constexpr long long kKillAgain = 20'000;  // between two rounds of KILL
constexpr time_t kStartAgainSeconds = 1;  // between two tries while processes or memory are short

Descendant left[kMaxDescendants];

long long Now() {
  timespec now;
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kMicrosPerSecond + now.tv_nsec / 1000;
}

void Arm(int timer, long long at) {
  itimerspec when{};
  when.it_value.tv_sec = at / kMicrosPerSecond;
  when.it_value.tv_nsec = at % kMicrosPerSecond * 1000;
  ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
}

/// Room for it may come.
bool IsShortage(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

/// Waits a while, or for the request to stop.
bool StoppedMeanwhile() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  const timespec wait{kStartAgainSeconds, 0};
  return ::sigtimedwait(&stop, nullptr, &wait) == SIGTERM;
}

}  // namespace

Supervisor::Supervisor(const Limits& limits, Output& out, Output& err)
    : limits_(limits), out_(out), err_(err) {}

Ending Supervisor::Run(char** argv) {
  ending_.started = OpenEvents() && Start(argv);
  if (!ending_.started) return ending_;
  ending_.error = {};
  deadline_ = Now() + limits_.timeout;
  while (!finished_) Wait();
  out_.Close();
  err_.Close();
  ending_.lost = out_.write_error() != 0 ? out_.write_error() : err_.write_error();
  return ending_;
}

/// Waits for room while there is none; nothing has begun until then.
bool Supervisor::Start(char** argv) {
  while (!TryStart(argv)) {
    out_.Close();
    err_.Close();
    if (!IsShortage(ending_.error.number)) return false;
    if (!StoppedMeanwhile()) continue;
    ending_.cause = Cause::kStop;
    return false;
  }
  return true;
}

bool Supervisor::TryStart(char** argv) {
  const int out = out_.Open();
  const int err = out < 0 ? -1 : err_.Open();
  if (err < 0) {
    ending_.error = {errno, "pipe"};
  } else {
    main_ = Launch(argv, out, err, ending_.error);
  }
  if (out >= 0) ::close(out);
  if (err >= 0) ::close(err);
  return main_ > 0;
}

bool Supervisor::OpenEvents() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  timer_ = ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (signals_ >= 0 && timer_ >= 0) return true;
  ending_.error = {errno, "descriptors"};
  return false;
}

void Supervisor::Wait() {
  Arm(timer_, deadline_);
  pollfd fds[] = {{signals_, POLLIN, 0},
                  {timer_, POLLIN, 0},
                  {out_.fd(), POLLIN, 0},  // ignored when closed, as -1 is
                  {err_.fd(), POLLIN, 0}};
  if (::poll(fds, 4, -1) <= 0) return;
  // Ends first: what the main process wrote is in its pipes for as long as they are open.
  if (fds[0].revents != 0) TakeSignals();
  if (fds[2].revents != 0) out_.Pump();
  if (fds[3].revents != 0) err_.Pump();
  if (fds[1].revents != 0 && Now() >= deadline_) Advance();
  if (phase_ == Phase::kEnded && !out_.open() && !err_.open()) finished_ = true;
}

void Supervisor::TakeSignals() {
  signalfd_siginfo info;
  while (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGTERM) Stop(Cause::kStop);
  }
  Reap();
}

void Supervisor::Reap() {
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
      if (errno == EINTR) continue;
      none_left_ = errno == ECHILD;
      break;
    }
    if (info.si_pid == 0) break;
    if (info.si_pid == main_) MainEnded(info);
    ::waitpid(info.si_pid, nullptr, WNOHANG);
  }
  const bool stopping = phase_ == Phase::kStopping || phase_ == Phase::kKilling;
  if (stopping && none_left_) End();
}

/// Not yet reaped, so the group's id can't be anyone else's.
void Supervisor::MainEnded(const siginfo_t& info) {
  ending_.exited = info.si_code == CLD_EXITED;
  ending_.signalled = !ending_.exited;
  ending_.status = info.si_status;
  if (phase_ == Phase::kRunning) {
    ::kill(-main_, SIGKILL);
    End();
  }
  main_ = -1;
}

void Supervisor::Stop(Cause cause) {
  Reap();
  if (phase_ != Phase::kRunning) return;  // what has ended by itself keeps its own outcome
  ending_.cause = cause;
  phase_ = Phase::kStopping;
  deadline_ = Now() + limits_.stop_grace;
  ::kill(-main_, SIGTERM);
  SignalDescendants(SIGTERM, main_);
  ::kill(-main_, SIGCONT);  // a stopped process would not see the TERM
  SignalDescendants(SIGCONT, main_);
}

/// One round: what forks meanwhile, or loses its parent now, is found by a later one.
void Supervisor::KillAll() {
  if (main_ > 0) ::kill(-main_, SIGKILL);
  SignalDescendants(SIGKILL, 0);
  deadline_ = Now() + kKillAgain;
}

/// From now on only its output is waited for.
void Supervisor::End() {
  phase_ = Phase::kEnded;
  deadline_ = Now() + limits_.output_grace;
}

void Supervisor::Advance() {
  switch (phase_) {
    case Phase::kRunning:
      Stop(Cause::kTimeOut);
      return;
    case Phase::kStopping:
      phase_ = Phase::kKilling;
      verify_until_ = Now() + limits_.verify;
      KillAll();
      return;
    case Phase::kKilling:
      Reap();
      if (phase_ != Phase::kKilling) return;
      if (Now() < verify_until_) return KillAll();
      CountLeft();
      End();
      return;
    case Phase::kEnded:
      finished_ = true;
      return;
  }
}

void Supervisor::CountLeft() {
  ending_.left = FindDescendants(left);
  for (int i = 0; i < ending_.left && i < kMaxLeftIds; ++i) ending_.left_ids[i] = left[i].id;
  if (ending_.left == 0) ending_.left = 1;  // there is one, or waitid would have said so
}

}  // namespace lull::runners::shim
