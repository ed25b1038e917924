#pragma once

#include <signal.h>

#include <functional>
#include <thread>
#include <utility>

namespace lull {

/// While it lives, no signal's handler runs on this thread, nor ever on threads that it starts.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);  // threads inherit it
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// A thread that takes none of the program's signals: their handlers run elsewhere, and one of a
/// broken pipe, which is the writing thread's own, does not end the process.
inline std::thread QuietThread(std::function<void()> body) {
  const SignalsBlocked blocked;
  return std::thread(std::move(body));
}

}  // namespace lull
