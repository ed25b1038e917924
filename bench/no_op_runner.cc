#include "bench/no_op_runner.h"

#include <utility>

namespace lull::bench {
namespace {

/// How often it looks for what starts next before it sleeps: for about as long as a commit takes.
constexpr int kLooks = 300;

}  // namespace

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
  const bool hold = hold_.load(std::memory_order_relaxed) ||
                    (invocation.ref.ordinal == 0 && hold_first_.load(std::memory_order_relaxed));
  MutexLock lock(mutex_);
  if (first_expected_) {
    first_expected_ = false;
    first_ = Now();
  }
  sink_ = &sink;
  if (hold) return kept_.push_back(invocation.ref);
  started_.push_back(invocation.ref);
  if (!idle_) return;
  idle_ = false;
  changed_.Signal();
}

void NoOpRunner::Release() {
  hold_ = hold_first_ = false;
  MutexLock lock(mutex_);
  started_.insert(started_.end(), kept_.begin(), kept_.end());
  kept_.clear();
  idle_ = false;
  changed_.Signal();
}

std::int64_t NoOpRunner::kept() {
  MutexLock lock(mutex_);
  return static_cast<std::int64_t>(kept_.size());
}

Outcome NoOpRunner::OutcomeOf(const InvocationRef& ref) const {
  const Ordinal nth = fail_every_.load(std::memory_order_relaxed);
  if (nth == 0 || ref.ordinal % nth != nth - 1) return {};
  return {.status = Status::kFailed, .exit_code = 1};
}

void NoOpRunner::ExpectFirst() {
  MutexLock lock(mutex_);
  first_expected_ = true;
}

Instant NoOpRunner::first_start() {
  MutexLock lock(mutex_);
  return first_;
}

void NoOpRunner::AwaitStarts(std::int64_t reported) const {
  std::int64_t seen = starts_;
  for (int i = 0; i < kLooks; ++i) {
    std::this_thread::yield();
    const std::int64_t now = starts_;
    if (now == seen && now != reported) return;
    seen = now;
  }
}

void NoOpRunner::Report() {
  std::vector<InvocationRef> ended;
  std::int64_t reported = 0;
  for (;;) {
    FinishSink* sink = nullptr;
    AwaitStarts(reported);
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
    reported += static_cast<std::int64_t>(ended.size());
    for (const InvocationRef& ref : ended) sink->Finished(ref, OutcomeOf(ref));
    ended.clear();
  }
}

}  // namespace lull::bench
