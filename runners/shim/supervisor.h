#pragma once

#include <signal.h>
#include <sys/types.h>

#include "runners/shim/launch.h"
#include "runners/shim/output.h"
#include "runners/shim/protocol.h"

namespace lull::runners::shim {

/// How long the parts of a command's life may take, in microseconds of boot time.
struct Limits {
  long long timeout;
  long long stop_grace;    ///< between TERM and KILL
  long long output_grace;  ///< after its end, for output held open by others
  long long verify;        ///< after KILL, for all to be gone
};

enum class Cause { kNone, kStop, kTimeOut };

/// How a command ended.
struct Ending {
  StartError error;  ///< of a command that has not started
  bool started = false;
  Cause cause = Cause::kNone;
  bool exited = false;
  bool signalled = false;
  int status = 0;  ///< of its exit, or its signal
  int lost = 0;    ///< errno of the write that lost output
  int left = 0;    ///< processes that could not be ended
  pid_t left_ids[kMaxLeftIds] = {};
};

/// One command from its start to its end. By itself: the main process ends, what is left of its
/// group is killed, and what made a session of its own (a service) is left alone. By its time-out
/// or SIGTERM: TERM to everything below this process, the grace, KILL again and again until nothing
/// is left, or the patience for that is over.
///
/// REQUIRES: this process is a subreaper with all signals blocked.
class Supervisor {
 public:
  Supervisor(const Limits& limits, Output& out, Output& err);

  /// Starts the command and returns once it has ended.
  Ending Run(char** argv);

 private:
  enum class Phase { kRunning, kStopping, kKilling, kEnded };

  bool OpenEvents();
  bool Start(char** argv);
  bool TryStart(char** argv);
  void Wait();
  void TakeSignals();
  void Reap();
  void MainEnded(const siginfo_t& info);
  void Stop(Cause cause);
  void KillAll();
  void End();
  void Advance();
  void CountLeft();

  const Limits limits_;
  Output& out_;
  Output& err_;
  int signals_ = -1;
  int timer_ = -1;
  pid_t main_ = -1;  ///< -1 once it was reaped: then its group's id may be another's
  bool none_left_ = false;
  Phase phase_ = Phase::kRunning;
  long long deadline_ = 0;
  long long verify_until_ = 0;
  bool finished_ = false;
  Ending ending_;
};

}  // namespace lull::runners::shim
