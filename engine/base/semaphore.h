#pragma once

#include <semaphore.h>

#include <cerrno>

#include "engine/base/check.h"

namespace lull {

/// A count that is waited for to be above zero. Unlike a condition variable it needs no lock, which
/// who is woken would have to wait for; and it may be destroyed by who was woken, at once, while
/// Post() has not returned. Thread-safe.
class Semaphore {
 public:
  Semaphore() { LULL_CHECK(sem_init(&count_, 0, 0) == 0); }
  ~Semaphore() { sem_destroy(&count_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void Post() { LULL_CHECK(sem_post(&count_) == 0); }

  /// Waits until the count is above zero, and takes one off it.
  void Wait() {
    while (sem_wait(&count_) != 0) LULL_CHECK(errno == EINTR);
  }

 private:
  sem_t count_;
};

}  // namespace lull
