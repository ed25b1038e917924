#include "bench/no_op_runner.h"

#include <utility>

namespace lull::bench {

NoOpRunner::NoOpRunner() : reporter_([this] { Report(); }) {}

NoOpRunner::~NoOpRunner() { End(); }

void NoOpRunner::End() {
  if (!reporter_.joinable()) return;
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.Signal();
  }
  reporter_.join();
}

void NoOpRunner::Start(const Invocation& invocation, FinishSink& sink) {
  starts_.fetch_add(1, std::memory_order_relaxed);
  if (hold_.load(std::memory_order_relaxed)) return;
  MutexLock lock(mutex_);
  if (first_expected_) {
    first_expected_ = false;
    first_ = Now();
  }
  sink_ = &sink;
  started_.push_back(invocation.ref);
  if (!idle_) return;
  idle_ = false;
  changed_.Signal();
}

void NoOpRunner::ExpectFirst() {
  MutexLock lock(mutex_);
  first_expected_ = true;
}

Instant NoOpRunner::first_start() {
  MutexLock lock(mutex_);
  return first_;
}

void NoOpRunner::Report() {
  std::vector<InvocationRef> ended;
  for (;;) {
    FinishSink* sink = nullptr;
    {
      MutexLock lock(mutex_);
      while (started_.empty() && !ending_) {
        idle_ = true;
        changed_.Wait(mutex_);
      }
      if (ending_) return;
      std::swap(ended, started_);
      sink = sink_;
    }
    for (const InvocationRef& ref : ended) sink->Finished(ref, {});
    ended.clear();
  }
}

}  // namespace lull::bench
