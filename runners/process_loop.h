#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/model/ids.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "runners/poller.h"
#include "runners/process.h"
#include "runners/shell_command.h"

namespace lull::runners {

/// One command that is to be started.
struct Launch {
  InvocationRef invocation;
  FinishSink* sink = nullptr;
  ShellCommand command;
  std::vector<std::string> environment;
};

/// What all processes of one loop have in common.
struct ProcessLoopOptions {
  const Clock* clock = nullptr;
  std::string output_dir;         ///< absolute
  std::string working_directory;  ///< of commands that name none
  std::int64_t output_limit_bytes = kDefaultOutputLimitBytes;
  ProcessGraces graces;
  absl::Duration shortage_retry;               ///< see ProcessRunnerOptions
  std::function<void(std::string_view)> warn;  ///< may be empty
};

/// Starts and drives processes on the one thread that calls Loop; nothing is polled, and no thread
/// waits for a single process. Submit, RequestStop, Shutdown and Abandon may be called from any
/// thread and only enqueue. Reports are made from the loop's thread, without locks held.
class ProcessLoop {
 public:
  ProcessLoop(ProcessLoopOptions options, std::unique_ptr<Poller> poller);

  /// Queues a start. Returns false, and does nothing, after Shutdown or Abandon.
  bool Submit(Launch launch);

  /// Queues a stop request.
  void RequestStop(InvocationRef invocation);

  /// Lets Loop return once all has ended, or after `patience`; then what is left is killed and
  /// reported so.
  void Shutdown(absl::Duration patience);

  /// Lets Loop kill everything and return at once; nothing more is reported.
  void Abandon();

  /// Waits, for `patience` at most, until Loop has sent KILL to all that was left, or has returned.
  void AwaitKilled(absl::Duration patience);

  /// The thread's body. Called once.
  void Loop();

 private:
  using Serial = std::uint64_t;
  struct Child {
    InvocationRef invocation;
    FinishSink* sink;
    std::unique_ptr<Process> process;
    absl::Duration indexed_deadline;
  };
  struct Mail {
    std::deque<Launch> launches;
    std::vector<InvocationRef> stops;
    std::optional<absl::Duration> shutdown_patience;
    bool abandoned = false;
  };

  Mail TakeMail();
  void Stop(InvocationRef invocation);
  void StartSome();
  void HoldBack(Launch launch, const absl::Status& shortage);

  /// kResourceExhausted: nothing was started for want of something; it may work later.
  absl::Status TryStart(const Launch& launch);
  absl::Status Watch(Serial serial, Process& process);
  void Handle(std::uint64_t tag);
  void AdvanceDue();
  void Settle(Serial serial);
  bool ShutDown();
  void KillAll();
  absl::Duration Patience() const;

  const ProcessLoopOptions options_;
  const std::unique_ptr<Poller> poller_;

  Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool killed_ ABSL_GUARDED_BY(mutex_) = false;
  CondVar killed_changed_;

  // Only Loop's thread touches the rest.
  std::deque<Launch> waiting_;                      ///< taken from the mail, not started yet
  absl::Duration retry_at_ = absl::ZeroDuration();  ///< nothing of it is started before this
  bool is_short_ = false;  ///< a bout of shortage: from the first launch held back until none waits
  Serial last_serial_ = 0;
  std::map<Serial, Child> children_;
  std::map<InvocationRef, Serial> serials_;
  std::set<std::pair<absl::Duration, Serial>> deadlines_;
  std::optional<absl::Duration> shutdown_at_;
  std::vector<char> buffer_;
};

}  // namespace lull::runners
