#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lull::bench {

/// This program again, in a process of its own that does one thing, tells a line, and stays until
/// it is killed with -9 by the end of this, or of this process. What it holds is its own: nothing
/// of this process's memory. One thread.
class Child {
 public:
  /// What it is to do: see RunChild.
  explicit Child(const std::vector<std::string>& what);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Waits for the next line that it tells. REQUIRES: it tells one.
  std::string Hear();

 private:
  pid_t pid_ = 0;
  int told_ = -1;  // the pipe's end
};

/// What main does in such a process. `what` is one of
///   nothing            tells a line at once: what the start of a process takes
///   queue PATH N       tells its resident KiB with an engine on an empty store, then with N queued
///                      in 20 tasks and 1,000 more in flight
///   straggle PATH N    tells a line once some N targets have finished behind the first, which is
///   in
///                      flight with 999 others; a million are queued behind them
///   claim PATH         opens an engine on what is there and tells a line once it has started
///                      something
/// Never returns; ends the program when it can't.
[[noreturn]] void RunChild(const std::vector<std::string>& what);

}  // namespace lull::bench
