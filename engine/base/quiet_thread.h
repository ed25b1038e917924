#pragma once

#include <signal.h>

#include <functional>
#include <thread>

namespace lull {

/// A thread that takes none of the program's signals: their handlers run elsewhere, and one of a
/// broken pipe, which is the writing thread's own, does not end the process.
inline std::thread QuietThread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // threads inherit it
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace lull
