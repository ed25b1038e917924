#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/stopwatch.h"
#include "engine/base/mutex.h"
#include "engine/ports/runner.h"

namespace lull::bench {

/// Does nothing; reports success from a thread of its own, or never while it holds.
class NoOpRunner : public Runner {
 public:
  NoOpRunner();
  ~NoOpRunner() override;

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef) override {}
  Adoption Adopt(InvocationRef, const TaskSpec&, FinishSink&) override {
    return Adoption::kUnknown;
  }

  /// Reports nothing more. REQUIRES: called before the engine goes.
  void End();

  /// What starts from now on is never reported (true), or at once.
  void Hold(bool hold) { hold_ = hold; }
  std::int64_t starts() const { return starts_; }

  /// Forgets the first start's time, and gives it.
  void ExpectFirst();
  Instant first_start();

 private:
  void Report();

  std::atomic<bool> hold_{true};
  std::atomic<std::int64_t> starts_{0};
  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool first_expected_ ABSL_GUARDED_BY(mutex_) = false;
  Instant first_ ABSL_GUARDED_BY(mutex_);
  FinishSink* sink_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::vector<InvocationRef> started_ ABSL_GUARDED_BY(mutex_);
  std::thread reporter_;  // last: it uses the rest
};

}  // namespace lull::bench
