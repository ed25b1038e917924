#pragma once

#include <atomic>

#include "engine/base/semaphore.h"

namespace lull {

/// What a caller whose request is queued waits for: its answer, or to lead. Nothing else wakes it.
/// Lives on the caller's stack until it is answered.
class Turn {
 public:
  /// Nobody leads: it may. REQUIRES: the request is queued, and can't be taken meanwhile.
  void Lead() {
    if (!lead_.exchange(true)) said_.Post();
  }

  /// The request is answered; the last that is said.
  void Answer() { said_.Post(); }

  enum class Word { kLead, kAnswered };
  Word Await() {
    said_.Wait();
    return lead_.exchange(false) ? Word::kLead : Word::kAnswered;
  }

 private:
  Semaphore said_;
  std::atomic<bool> lead_ = false;
};

}  // namespace lull
