#pragma once

#include <cstddef>
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
#include "runners/functions/call_ending.h"
#include "runners/functions/call_files.h"
#include "runners/functions/call_record.h"
#include "runners/functions/function_call.h"
#include "runners/http/http_client.h"
#include "runners/poller.h"

namespace lull::runners {

/// What a call back comes to.
enum class CallBack {
  kTaken,      ///< the result is stored; or it was before, and nothing has changed
  kUnknown,    ///< no such invocation waits for one
  kNotStored,  ///< it can't be stored now: the caller is to try again
};

struct FunctionLoopOptions {
  const Clock* clock = nullptr;  ///< REQUIRED
  http::Client* http = nullptr;  ///< REQUIRED; calls nothing back any more when the loop goes
  CallFiles files;
  absl::Duration shortage_retry;  ///< how long a call waits for room on the disk
  ReadResult read;                ///< REQUIRED
  std::function<void(std::string_view)> warn;
};

/// All calls that have not ended, and what happens to them, one thing after another on one thread:
/// that which calls Loop(). The other methods only enqueue, and are thread-safe.
class FunctionLoop {
 public:
  FunctionLoop(FunctionLoopOptions options, std::unique_ptr<Poller> poller);

  void Loop();  ///< until Stop()
  void Stop();

  /// Makes the call, and reports how it ended.
  void Start(InvocationRef invocation, InvocationId id, FunctionCall call, FinishSink& sink);

  /// Goes on waiting for the call back of `function`, until `due`.
  void Resume(InvocationRef invocation, const InvocationId& id, std::string function,
              absl::Time due, FinishSink& sink);

  /// Takes no call back of `id` but as a repetition: its result is stored.
  void Remember(const InvocationId& id);

  void RequestStop(InvocationRef invocation);

  /// Waits until the result is stored. REQUIRES: Loop() goes on.
  CallBack TakeResult(const InvocationId& id, std::string_view body);

  /// How many calls would have an unknown outcome if this process ended now.
  std::size_t on_their_way();

 private:
  struct Call {
    InvocationId id;
    std::string function;
    FinishSink* sink = nullptr;
    CallState state = CallState::kSending;
    FunctionCall call = {};                         ///< kSending
    std::optional<http::RequestId> request = {};    ///< kSending, once it was posted
    absl::Duration due = absl::InfiniteDuration();  ///< since boot: a try again, or the time-out
  };
  using Calls = std::map<InvocationRef, Call>;

  void Do(std::function<void()> piece);
  bool DoPieces();
  void DoDue();
  absl::Duration UntilDue() const;

  Calls::iterator Add(InvocationRef invocation, Call call);
  void Post(InvocationRef invocation);
  void OnAnswer(InvocationRef invocation, const http::Answer& answer);
  void OnStop(InvocationRef invocation);
  CallBack OnResult(const InvocationId& id, std::string_view body);
  void Accept(Calls::iterator which);
  void SetDue(Calls::iterator which, absl::Duration due);
  absl::Status Keep(Calls::iterator which, CallRecord record, Durability durability);
  absl::Status KeepEnding(Calls::iterator which, const Ending& ending, Durability durability);
  void End(Calls::iterator which, Ending ending);
  void Report(Calls::iterator which, Outcome outcome);
  void RememberHere(const InvocationId& id);
  void CountOnTheirWay(int change);

  const FunctionLoopOptions options_;
  const std::unique_ptr<Poller> poller_;

  // The loop's thread's own.
  Calls calls_;
  std::map<InvocationId, InvocationRef> by_id_;
  std::set<std::pair<absl::Duration, InvocationRef>> due_;
  std::set<InvocationId> remembered_;  ///< called back, and ended by that
  std::deque<InvocationId> remembered_order_;
  bool is_short_ = false;  ///< calls wait for room, and that was told

  Mutex mutex_;
  CondVar taken_;
  std::vector<std::function<void()>> pieces_ ABSL_GUARDED_BY(mutex_);
  std::size_t on_their_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lull::runners
