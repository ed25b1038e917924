#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/core/decide.h"
#include "engine/model/ids.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "engine/runtime/active.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/events.h"
#include "engine/runtime/history.h"
#include "engine/runtime/options.h"

namespace lull {

/// The impure middle: the state in memory, the queue of events, leadership, hand-over, timers,
/// recovery. Everyone who changes something queues it and, when nobody leads, leads: decides on
/// copies of the newest state, commits, publishes, passes leadership on, and runs the effects.
///
/// Exceptions: one that escapes what the options point to ends the process; the next one recovers.
///
/// Ownership: what the options point to outlives it. Threads: all is thread-safe, but one thread at
/// a time calls Step or Run. Runners report nothing after its end.
class Runtime : public FinishSink {
 public:
  /// Takes the store's next epoch, loads what is active and asks the runners to adopt what was in
  /// flight. Errors: the store's.
  static absl::StatusOr<std::unique_ptr<Runtime>> Open(RuntimeOptions options);
  ~Runtime() override;

  /// Commits one change of a definition; when it returns OK and kApplied, it is durable.
  /// Errors: kUnavailable (nothing was changed), kUnknown (ask again).
  /// `audit` is kept with the change when that is applied.
  absl::StatusOr<ChangeResult> Define(Change change, std::optional<AuditEntry> audit = {});

  /// Whether what the readers of the store show is durable, as an answer that is read must be.
  /// False: the last commit's outcome was not known and now is; what was read before may be gone.
  /// Error: kUnavailable (the store can't be recovered yet).
  absl::StatusOr<bool> IsKnown();

  /// Whether this engine has it in memory. False also in the moment between the commit that opens
  /// it and its publication: the store knows better.
  bool IsActive(const ExecutionId& execution);

  /// Cancels an execution. When it returns true the cancel is durable and nothing of what it closed
  /// will ever start (R1); false: this engine has no such active execution. Errors as Define's.
  /// `audit` is kept when it changes something.
  absl::StatusOr<bool> Cancel(const ExecutionId& execution, CancelRequest request,
                              std::optional<AuditEntry> audit = {});

  /// Opens an execution that no schedule opens, or passes an occurrence by; its id once that is
  /// durable, nothing on a conflict (events.h). Errors: as Define's; kUnavailable while admission
  /// is held, or when the occurrence's time has come; ExecutionInProgressException (R6).
  absl::StatusOr<std::optional<ExecutionId>> Start(StartEvent event,
                                                   std::optional<AuditEntry> audit = {});
  absl::StatusOr<std::optional<ExecutionId>> Skip(SkipEvent event,
                                                  std::optional<AuditEntry> audit = {});

  /// Puts an attempt that was refused into the audit log, with one of the next commits: nobody
  /// waits for it, so that a crash in that moment forgets it, and of more than kMaxRefusals at a
  /// time the rest is counted only.
  void KeepRefusal(AuditEntry entry);

  /// One pass: reads the clock once, takes one batch of what is queued or due, and runs the
  /// effects. Returns when the next pass is due: at once (the past), when there is more to do;
  /// never, when only an event can bring something. Errors never end the engine: they go to the
  /// observer, and the time returned is when to try again.
  absl::Time Step();

  /// Steps until Stop() is called or another engine has taken over; sleeps until something is due
  /// or happens.
  void Run();
  void Stop();

  /// Whether it has met, in a commit, that another engine has taken over.
  bool Fenced();

  /// From now on opens, starts and claims nothing; what is in flight goes on.
  void HoldAdmission();
  /// True when no invocation is in flight and every report is stored.
  bool Quiet();

  /// The ordinals in flight of a task, ascending, with the time of their claim (the past, when an
  /// earlier life made it). Empty when the task is not active.
  std::vector<std::pair<Ordinal, absl::Time>> InFlight(TaskKey task);

  /// As InFlight, of those from ordinal `from` on, `limit` at most, at a cost that follows `limit`.
  std::vector<std::pair<Ordinal, absl::Time>> InFlight(TaskKey key, Ordinal from,
                                                       std::size_t limit);
  /// When the task's newest claim was; nothing when this engine has none in flight or doesn't know.
  std::optional<absl::Time> NewestClaim(TaskKey key);

  /// How many callers wait for a batch to take their request.
  std::size_t Waiting();

  void Finished(InvocationRef invocation, Outcome outcome) override;

 private:
  enum class Life { kFirst, kSame };
  enum class Leader { kCaller, kStep };

  explicit Runtime(RuntimeOptions options);

  // runtime.cc: events, leadership, waiting.
  absl::Status Submit(ControlRequest& request);
  absl::StatusOr<std::optional<ExecutionId>> SubmitOpening(ControlRequest& request);
  /// False: another thread leads.
  bool TakeLead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// To a caller that waits, or whoever steps.
  void PassLead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// One batch; the result is its room for what can wait, which is the caller's to use.
  std::size_t LeadOnce(absl::Time now, Leader leader) noexcept;
  void LeadBatch(Batch& batch);
  /// Whether a store that refused is still left alone. A wall clock that was set back doesn't
  /// prolong it.
  bool Resting(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AnswerAll(std::deque<ControlRequest*>& requests, const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextDue(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake();
  /// Until `due`, counted from `before`, unless somebody wakes.
  void Sleep(absl::Time before, absl::Time due);
  bool Ends();
  /// Until all reports have come, if few are to come, and for a moment only.
  void AwaitFew();
  void Warn(std::string text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void TakeReports() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // decide_batch.cc: what is queued and due -> changes.
  /// RuntimeOptions::refuse, cut.
  std::string RefusalOf(const std::vector<TaskExecution>& work) const;
  void Collect(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// How much of what can wait may be done beside this batch: a turn, or nothing.
  std::size_t RoomFor(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadDue(Batch& batch);
  void ReadReview(Batch& batch);
  void Decide(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Returns the change that is the request's own, if it has one.
  std::optional<std::size_t> DecideControl(Batch& batch, ControlRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideCancel(Batch& batch, ControlRequest& request, CancelEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideStage(Batch& batch, ControlRequest& request, StageEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideFinish(Batch& batch, const FinishEvent& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideOpening(Batch& batch, const Batch::Due& due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideReview(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DecideWorking(Batch& batch, Working& working) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Working* Touch(Batch& batch, ExecutionKey key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // decide_start.cc: executions that were asked for.
  ExecutionState NewExecution(const WindowId& window, const Occurrence& occurrence, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Gives tasks keys, ids and snapshots, and the execution these tasks.
  void GiveWork(ExecutionState& state, const std::vector<TaskExecution>& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<std::size_t> DecideStart(Batch& batch, ControlRequest& request,
                                         const StartEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<std::size_t> DecideSkip(Batch& batch, ControlRequest& request,
                                        const SkipEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::size_t AddOpening(Batch& batch, OpenExecution open, ExecutionState state);

  // records.cc: what is told of changes, to subscribers and in the audit log. What begins is told
  // from the outside in, what ends from the inside out (spec D.11).
  void ReadTargetsOfFinishes(Batch& batch);
  void DecideRecords(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellOpening(const Batch::Opening& opening, absl::Time now, std::vector<StateEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellWorking(const Batch& batch, const Working& working, std::vector<StateEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// `event` for each subscriber that asks for such.
  void Tell(const StateEvent& event, std::vector<StateEvent>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom(Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishRecords(const Batch& batch, const std::vector<ChangeResult>& results)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // publish_batch.cc: what was stored -> memory and effects.
  void Publish(Batch& batch, const std::vector<ChangeResult>& results)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishWorking(Working& working, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishOpening(const Batch& batch, Batch::Opening& opening, Verdict verdict)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Marks and frozen hand-overs of a batch that was not stored.
  void TakeBack(const Working& working) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Undo(Batch& batch, const Working& working) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveUp(Batch& batch, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // effects.cc: starts, stops, resolution, notices.
  void RunEffects(std::int64_t start_budget) noexcept;
  void HandOver(std::int64_t budget);
  bool HandOverOne(HandedTask& of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Reads the targets from `ordinal` on, with the mutex released. False: there is none, and the
  /// invocation is reported as FAILED.
  bool ReadAhead(TaskKey key, Ordinal ordinal) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Without the mutex.
  void StartOne(const Invocation& invocation);
  void AwaitStart(ExecutionKey execution) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Stage(absl::Time now, std::size_t room) noexcept;
  /// Errors: the store or the source can't answer now.
  absl::StatusOr<StageEvent> NextStage(const Execution& execution,
                                       const std::vector<std::shared_ptr<const TaskSpec>>& tasks,
                                       std::size_t room, Resolution& resolution);

  // history.cc: what has become too old.
  void KeepHistory(absl::Time now) noexcept;
  void Sweep(ExecutionKey after, absl::Time now);
  void BeginPruning(const RunReader::Age& age, absl::Time now);
  void PutOffHistory(const absl::Status& why, absl::Time now);
  void PublishPruning(const ChangeResult& result, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time HistoryDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // reload.cc: memory from the store, at open and after a commit whose outcome was unknown.
  absl::Status Reload(Life life);
  /// Asks the runner what has become of an invocation that an earlier life claimed.
  void AdoptOne(const InvocationRef& ref, const TaskSpec& task);

  const RuntimeOptions options_;
  Epoch epoch_{};  // set by Open, before anyone else sees this

  Mutex mutex_;
  CondVar leader_left_;  ///< for those whose turn is no request's
  CondVar start_left_;
  bool leading_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool fenced_ ABSL_GUARDED_BY(mutex_) = false;
  bool conflicted_ ABSL_GUARDED_BY(mutex_) =
      false;                                      ///< the last commit met other rows than expected
  bool unknown_ ABSL_GUARDED_BY(mutex_) = false;  ///< a commit's outcome is: recover first
  absl::Time retry_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  ///< the store refused
  /// What Step returned last; the past while it goes on: it looks at what is due at its end.
  absl::Time told_due_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::deque<ControlRequest*> control_ ABSL_GUARDED_BY(mutex_);
  std::deque<FinishEvent> finishes_ ABSL_GUARDED_BY(mutex_);
  int batches_since_turn_ ABSL_GUARDED_BY(mutex_) = 0;  ///< of what can wait; those with finishes

  /// What runners report, until TakeReports, and what ends Run's sleep. A lock of its own, taken
  /// last: a report never waits for the leader or the hand-over, nor they for a runner that reports
  /// a thousand in a row.
  Mutex reports_mutex_;
  CondVar work_;
  std::vector<FinishEvent> reports_ ABSL_GUARDED_BY(reports_mutex_);
  std::atomic<std::size_t> reported_{0};  ///< how many; set under the lock
  /// Set under the lock; cleared by whoever steps, before it looks at what there is.
  std::atomic<bool> woken_{false};
  std::set<ExecutionKey> dirty_ ABSL_GUARDED_BY(mutex_);  ///< to settle though no event names it
  Active active_ ABSL_GUARDED_BY(mutex_);
  DueIndex<WindowId> due_ ABSL_GUARDED_BY(mutex_);

  /// The review goes through all windows once, at open and after the wall clock was set back, and
  /// puts right what is due of them: the position of the last one seen; nothing when it is over.
  std::optional<std::int64_t> review_ ABSL_GUARDED_BY(mutex_) = 0;
  /// Wall time less boot time at the last pass: falls when the wall clock is set back.
  std::optional<absl::Time> booted_at_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_execution_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_task_ ABSL_GUARDED_BY(mutex_) = 0;

  // The hand-over: one thread at a time is inside a runner's Start.
  bool starting_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread::id starter_ ABSL_GUARDED_BY(mutex_);
  ExecutionKey start_of_ ABSL_GUARDED_BY(mutex_){};  ///< 0 between two calls of Start
  std::int64_t starts_ ABSL_GUARDED_BY(mutex_) = 0;

  /// Windows whose opening met a conflict, with the version that was tried.
  std::map<WindowId, std::int64_t> conflicts_ ABSL_GUARDED_BY(mutex_);
  std::map<ExecutionKey, Resolution> resolutions_ ABSL_GUARDED_BY(mutex_);
  History history_ ABSL_GUARDED_BY(mutex_);

  /// Rows of the outbox by subscriber, and those whose oldest give way: they are told of once.
  std::map<std::string, std::int64_t> events_kept_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> overflowing_ ABSL_GUARDED_BY(mutex_);
  std::deque<AuditEntry> refusals_ ABSL_GUARDED_BY(mutex_);

  struct StopEffect {
    Runner* runner;
    InvocationRef ref;
    ExecutionKey execution{};
  };
  std::deque<StopEffect> stops_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void(Observer&)>> notices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull
