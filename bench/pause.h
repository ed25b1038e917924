#pragma once

#include <chrono>

#include "engine/base/mutex.h"

namespace lull::bench {

/// Lets others have the processor for at least about this long.
inline void Pause(std::chrono::microseconds time) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  never.WaitFor(mutex, time);
}

}  // namespace lull::bench
