#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/base/unique_fd.h"
#include "engine/model/ids.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "runners/poller.h"
#include "runners/process_plan.h"

namespace lull::runners {

/// The first bytes of each output stream that are kept.
inline constexpr std::int64_t kDefaultOutputLimitBytes = 1 << 20;

/// An invocation, for the time that somebody waits for its outcome.
struct Awaited {
  InvocationRef ref;
  InvocationId id;
  FinishSink* sink = nullptr;
};

/// One process that is to be started.
struct Launch {
  Awaited invocation;
  ProcessPlan plan;  ///< its argv[0] found, its working directory and environment whole
};

/// What all processes of one loop have in common.
struct ProcessLoopOptions {
  const Clock* clock = nullptr;
  std::string output_dir;  ///< absolute
  std::string shim_path;   ///< absolute
  std::string boot_id;     ///< empty: not known
  std::int64_t output_limit_bytes = kDefaultOutputLimitBytes;
  absl::Duration stop_grace;  ///< see ProcessRunnerOptions, as the rest
  absl::Duration output_grace;
  absl::Duration verify_patience;
  absl::Duration shortage_retry;
  std::function<void(std::string_view)> warn;  ///< may be empty
};

/// Starts shims and waits for their ends, on the one thread that calls Loop; nothing is polled, and
/// no thread waits for a single process. The other calls may be made from any thread and only
/// enqueue. Reports are made from the loop's thread, without locks held.
class ProcessLoop {
 public:
  ProcessLoop(ProcessLoopOptions options, std::unique_ptr<Poller> poller);

  /// Queues a start. Nothing happens after Shutdown.
  void Submit(Launch launch);

  /// Queues the watch over a shim that another life started.
  void Adopt(Awaited invocation, UniqueFd pidfd);

  /// Queues a stop request.
  void RequestStop(InvocationRef invocation);

  /// Lets Loop return at once; nothing more is reported, and all goes on.
  void Shutdown();

  /// The thread's body. Called once.
  void Loop();

 private:
  using Serial = std::uint64_t;
  struct Watched {
    Awaited invocation;
    UniqueFd pidfd;
  };
  struct Mail {
    std::deque<Launch> launches;
    std::vector<Watched> adopted;
    std::vector<InvocationRef> stops;
    bool shut_down = false;
  };

  template <typename Put>
  void Send(Put put);
  Mail TakeMail();
  void Stop(InvocationRef invocation);
  void StartSome();
  void HoldBack(Launch launch, const absl::Status& shortage);

  /// kResourceExhausted: nothing was started for want of something; it may work later.
  /// kAlreadyExists: it was started before.
  absl::Status TryStart(const Launch& launch);
  absl::StatusOr<UniqueFd> Spawn(const Launch& launch, const UniqueFd& folder,
                                 const UniqueFd& record);
  absl::Status Watch(Watched watched);
  void HandleEnd(Serial serial);
  absl::Duration Patience() const;

  const ProcessLoopOptions options_;
  const std::unique_ptr<Poller> poller_;

  Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);

  // Only Loop's thread touches the rest.
  std::deque<Launch> waiting_;                      ///< taken from the mail, not started yet
  absl::Duration retry_at_ = absl::ZeroDuration();  ///< nothing of it is started before this
  bool is_short_ = false;  ///< a bout of shortage: from the first launch held back until none waits
  Serial last_serial_ = 0;
  std::map<Serial, Watched> shims_;
  std::map<InvocationRef, Serial> serials_;
};

}  // namespace lull::runners
