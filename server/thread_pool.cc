#include "server/thread_pool.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/quiet_thread.h"

namespace lull::server {

ThreadPool::ThreadPool(int threads) {
  LULL_CHECK(threads > 0);
  for (int i = 0; i < threads; ++i) threads_.push_back(QuietThread([this] { Run(); }));
}

ThreadPool::~ThreadPool() { Join(); }

void ThreadPool::Do(std::function<void()> work) {
  {
    MutexLock lock(mutex_);
    LULL_CHECK(!joined_);
    work_.push_back(std::move(work));
  }
  changed_.Signal();  // with the mutex released: who is woken needs it
}

void ThreadPool::Join() {
  {
    MutexLock lock(mutex_);
    joined_ = true;
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadPool::Run() {
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      while (work_.empty() && !joined_) changed_.Wait(mutex_);
      if (work_.empty()) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
}

}  // namespace lull::server
