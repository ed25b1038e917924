#include "cli/stop_signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/check.h"

namespace lull::cli {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int WaitForOne(const sigset_t& signals) {
  int number = 0;
  while ((number = ::sigwaitinfo(&signals, nullptr)) < 0) LULL_CHECK(errno == EINTR);
  return number;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = Signals();
  LULL_CHECK(pthread_sigmask(SIG_BLOCK, &signals, nullptr) == 0);
  // Neither a log that nobody reads any more nor a file that may not grow is a reason to die.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

bool StopSignals::HangupsIgnored() {
  struct sigaction now = {};
  LULL_CHECK(::sigaction(SIGHUP, nullptr, &now) == 0);
  return now.sa_handler == SIG_IGN;
}

void StopSignals::TakeHangups() {
  hangups_ = true;
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  LULL_CHECK(pthread_sigmask(SIG_BLOCK, &hangup, nullptr) == 0);
}

int StopSignals::WaitOrHangup() {
  sigset_t signals = Signals();
  if (hangups_) sigaddset(&signals, SIGHUP);
  return WaitForOne(signals);
}

bool StopSignals::Pending() const {
  sigset_t pending;
  LULL_CHECK(::sigpending(&pending) == 0);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

int StopSignals::Wait(absl::Duration patience) {
  const sigset_t signals = Signals();
  if (patience == absl::InfiniteDuration()) return WaitForOne(signals);
  const timespec wait = absl::ToTimespec(std::max(patience, absl::ZeroDuration()));
  const int number = ::sigtimedwait(&signals, nullptr, &wait);
  return std::max(number, 0);
}

void StopSignals::Raise() { LULL_CHECK(::kill(::getpid(), SIGTERM) == 0); }

void StopSignals::Restore() {
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  const sigset_t signals = Signals();
  LULL_CHECK(pthread_sigmask(SIG_UNBLOCK, &signals, nullptr) == 0);
}

}  // namespace lull::cli
