#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/stopwatch.h"
#include "engine/base/mutex.h"
#include "engine/ports/runner.h"

namespace lull::bench {

/// Does nothing; reports from a thread of its own, or never while it holds.
/// Before that thread sleeps it looks for a moment for what starts next, and it reports together
/// what started together.
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

  /// What starts from now on is kept until Release() (true), or reported at once.
  void Hold(bool hold) { hold_ = hold; }
  /// Keeps the first target of each task until Release().
  void HoldFirstOrdinals() { hold_first_ = true; }
  /// Reports all that is kept, and from now on what starts at once.
  void Release();
  /// Every `nth` target of a task fails; the others succeed. 0: none fails.
  void FailEvery(Ordinal nth) { fail_every_ = nth; }
  std::int64_t starts() const { return starts_; }
  std::int64_t kept();

  /// Forgets the first start's time, and gives it.
  void ExpectFirst();
  Instant first_start();

 private:
  void Report();
  /// For a moment, until something has started that is not reported and nothing more starts.
  void AwaitStarts(std::int64_t reported) const;
  Outcome OutcomeOf(const InvocationRef& ref) const;

  std::atomic<bool> hold_{true};
  std::atomic<bool> hold_first_{false};
  std::atomic<Ordinal> fail_every_{0};
  std::atomic<std::int64_t> starts_{0};
  Mutex mutex_;
  CondVar changed_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = false;
  bool first_expected_ ABSL_GUARDED_BY(mutex_) = false;
  Instant first_ ABSL_GUARDED_BY(mutex_);
  FinishSink* sink_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::vector<InvocationRef> started_ ABSL_GUARDED_BY(mutex_);
  std::vector<InvocationRef> kept_ ABSL_GUARDED_BY(mutex_);
  std::thread reporter_;  // last: it uses the rest
};

}  // namespace lull::bench
