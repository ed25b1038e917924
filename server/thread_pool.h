#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "engine/base/mutex.h"

namespace lull::server {

/// Threads that take work in the order in which it comes, and none of the program's signals. What
/// comes wakes one of them at most. Thread-safe.
class ThreadPool {
 public:
  /// REQUIRES: `threads` above 0.
  explicit ThreadPool(int threads);
  ~ThreadPool();  ///< Join()
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Has `work` done, which must not throw. REQUIRES: not joined.
  void Do(std::function<void()> work);

  /// Waits until all is done that came. A second call does nothing.
  void Join();

 private:
  void Run();

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> work_ ABSL_GUARDED_BY(mutex_);
  bool joined_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace lull::server
