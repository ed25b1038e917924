#include "engine/runtime/runtime.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull {
namespace {

/// How many invocations one pass hands over before it looks at events again; a caller of the API
/// does fewer on its own thread, the rest is for whoever steps.
constexpr std::int64_t kStepStarts = 4096;
constexpr std::int64_t kCallerStarts = 64;

/// With so few invocations in flight Run waits for the reports of all of them, in so many looks
/// between which other threads go first: for about as long as a commit takes. What comes meanwhile
/// shares a commit; to sleep and be woken takes no less. On a busy machine a look may take
/// milliseconds, so they are bounded in time, too.
constexpr std::size_t kFew = 128;
constexpr int kLooks = 300;
constexpr absl::Duration kLooking = absl::Milliseconds(5);

}  // namespace

Runtime::Runtime(RuntimeOptions options) : options_(std::move(options)) {
  LULL_CHECK(options_.store != nullptr && options_.clock != nullptr);
  LULL_CHECK(options_.ids != nullptr && options_.targets != nullptr);
  LULL_CHECK(options_.history >= absl::ZeroDuration());
}

Runtime::~Runtime() = default;

absl::StatusOr<std::unique_ptr<Runtime>> Runtime::Open(RuntimeOptions options) {
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(options)));
  auto results = runtime->options_.store->Commit({TakeEpoch{runtime->options_.owner}});
  if (absl::IsUnknown(results.status())) {
    // Nothing is in memory yet, so the plain answer is to recover and take another epoch.
    LULL_RETURN_IF_ERROR(runtime->options_.store->Recover());
    results = runtime->options_.store->Commit({TakeEpoch{runtime->options_.owner}});
  }
  LULL_RETURN_IF_ERROR(results.status());
  runtime->epoch_ = static_cast<Epoch>(results->front().value);
  LULL_RETURN_IF_ERROR(runtime->Reload(Life::kFirst));
  return runtime;
}

absl::StatusOr<ChangeResult> Runtime::Define(Change change, std::optional<AuditEntry> audit) {
  ControlRequest request;
  request.what = std::move(change);
  request.audit = std::move(audit);
  LULL_RETURN_IF_ERROR(Submit(request));
  return request.result;
}

absl::StatusOr<bool> Runtime::IsKnown() {
  {
    MutexLock lock(mutex_);
    while (leading_) leader_left_.Wait(mutex_);
    if (!unknown_) return true;
    leading_ = true;
  }
  LeadOnce(options_.clock->Now(), Leader::kCaller);
  MutexLock lock(mutex_);
  PassLead();
  Wake();
  if (unknown_) return absl::UnavailableError("the store can't be recovered yet");
  return false;
}

bool Runtime::IsActive(const ExecutionId& execution) {
  MutexLock lock(mutex_);
  return active_.by_id.count(execution.value()) != 0;
}

absl::StatusOr<bool> Runtime::Cancel(const ExecutionId& execution, CancelRequest cancel,
                                     std::optional<AuditEntry> audit) {
  ControlRequest request;
  request.audit = std::move(audit);
  request.what = CancelEvent{execution, std::move(cancel)};
  LULL_RETURN_IF_ERROR(Submit(request));
  return request.result.verdict == Verdict::kApplied;
}

absl::StatusOr<std::optional<ExecutionId>> Runtime::Start(StartEvent event,
                                                          std::optional<AuditEntry> audit) {
  ControlRequest request;
  event.refusal = RefusalOf(event.work);
  request.what = std::move(event);
  request.audit = std::move(audit);
  return SubmitOpening(request);
}

absl::StatusOr<std::optional<ExecutionId>> Runtime::Skip(SkipEvent event,
                                                         std::optional<AuditEntry> audit) {
  ControlRequest request;
  request.what = std::move(event);
  request.audit = std::move(audit);
  return SubmitOpening(request);
}

absl::StatusOr<std::optional<ExecutionId>> Runtime::SubmitOpening(ControlRequest& request) {
  LULL_RETURN_IF_ERROR(Submit(request));
  if (request.result.verdict != Verdict::kApplied) return std::nullopt;
  return request.opened;
}

absl::Status Runtime::Submit(ControlRequest& request) {
  bool leads = false;
  bool led = false;
  {
    MutexLock lock(mutex_);
    control_.push_back(&request);
    leads = TakeLead();
  }
  for (;;) {
    if (leads) {
      led = true;
      const absl::Time now = options_.clock->Now();
      LeadOnce(now, Leader::kCaller);
      MutexLock lock(mutex_);
      PassLead();
      // A fenced engine has nothing due, and whoever runs is to end.
      if (fenced_ || NextDue(now) < told_due_) Wake();
    }
    if (request.turn.Await() == Turn::Word::kAnswered) break;
    MutexLock lock(mutex_);
    leads = TakeLead();
  }
  if (request.execution != ExecutionKey{}) {
    // R1: a Start that another thread is inside of may still be for what this closed.
    MutexLock lock(mutex_);
    AwaitStart(request.execution);
  }
  // Whoever led may have led others' requests only, after its own was answered.
  if (led || request.has_effects) RunEffects(kCallerStarts);
  return request.status;
}

bool Runtime::TakeLead() { return !std::exchange(leading_, true); }

void Runtime::PassLead() {
  leading_ = false;
  leader_left_.SignalAll();
  if (!control_.empty()) control_.front()->turn.Lead();
}

bool Runtime::Resting(absl::Time now) const {
  return now < retry_at_ && retry_at_ - now <= kStoreRetry;
}

std::size_t Runtime::LeadOnce(absl::Time now, Leader leader) noexcept {
  Batch batch;
  batch.now = now;
  batch.of_step = leader == Leader::kStep;
  LeadBatch(batch);
  // With the mutex released: those that are answered would only wait for it.
  for (ControlRequest* request : batch.control) request->turn.Answer();
  return batch.room;
}

void Runtime::LeadBatch(Batch& batch) {
  const absl::Time now = batch.now;
  bool recover = false;
  {
    MutexLock lock(mutex_);
    if (fenced_) {
      AnswerAll(control_, absl::UnavailableError("another engine has taken over this store"));
      return;
    }
    recover = unknown_;
  }
  if (recover) {
    absl::Status status = options_.store->Recover();
    if (status.ok()) status = Reload(Life::kSame);
    if (!status.ok()) {
      MutexLock lock(mutex_);
      retry_at_ = now + kStoreRetry;
      Warn(absl::StrCat("the store can't be recovered yet: ", status.message()));
      AnswerAll(control_, absl::UnavailableError(status.message()));
      return;
    }
  }
  {
    MutexLock lock(mutex_);
    Collect(batch);
  }
  ReadDue(batch);
  ReadReview(batch);
  ReadTargetsOfFinishes(batch);
  {
    MutexLock lock(mutex_);
    Decide(batch);
    if (batch.changes.empty()) {
      Publish(batch, {});
      return;
    }
  }
  auto results = options_.store->Commit(batch.changes);
  MutexLock lock(mutex_);
  if (results.ok()) {
    LULL_CHECK(results->size() == batch.changes.size());
    retry_at_ = absl::InfinitePast();
    Publish(batch, *results);
    return;
  }
  // What was decided is forgotten; what was reported stays queued until there is room for it.
  unknown_ = unknown_ || absl::IsUnknown(results.status());
  if (!unknown_) retry_at_ = now + kStoreRetry;
  GiveUp(batch, results.status());
}

void Runtime::AnswerAll(std::deque<ControlRequest*>& requests, const absl::Status& status) {
  for (ControlRequest* request : requests) {
    request->status = status;
    request->turn.Answer();
  }
  requests.clear();
}

absl::Time Runtime::Step() {
  {
    MutexLock lock(mutex_);
    woken_ = false;
    told_due_ = absl::InfinitePast();
    while (!TakeLead()) leader_left_.Wait(mutex_);
  }
  // Not before it leads: what it decides is not to be older than what the leader before it did.
  const absl::Time now = options_.clock->Now();
  const std::size_t room = LeadOnce(now, Leader::kStep);
  {
    MutexLock lock(mutex_);
    PassLead();
  }
  RunEffects(kStepStarts);
  if (room > 0) {
    Stage(now, room);
    KeepHistory(now);
  }
  MutexLock lock(mutex_);
  told_due_ = NextDue(now);
  return told_due_;
}

absl::Time Runtime::NextDue(absl::Time now) {
  TakeReports();
  if (fenced_) return absl::InfiniteFuture();
  if (!control_.empty()) return absl::InfinitePast();
  const bool refused = Resting(now);
  if (!active_.ready.empty() && !starting_ && !refused) return absl::InfinitePast();
  absl::Time due = active_.cutoffs.Earliest();
  if (!held_) due = std::min(due, due_.Earliest());
  if (review_ && !held_) due = absl::InfinitePast();
  due = std::min(due, HistoryDue());
  for (const auto& [key, resolution] : resolutions_) due = std::min(due, resolution.not_before);
  if (unknown_ || !finishes_.empty() || !dirty_.empty() || !refusals_.empty())
    due = absl::InfinitePast();
  return refused ? std::max(due, retry_at_) : due;
}

void Runtime::Run() {
  while (!Ends()) {
    const absl::Time before = options_.clock->Now();
    const absl::Time due = Step();
    if (Ends()) return;
    AwaitFew();
    Sleep(before, due);
  }
}

void Runtime::AwaitFew() {
  std::size_t in_flight = 0;
  std::size_t taken = 0;
  {
    MutexLock lock(mutex_);
    if (active_.executions.size() > kFew) return;
    taken = finishes_.size();
    for (const auto& [key, execution] : active_.executions) {
      for (const ActiveTask& task : execution.tasks) {
        in_flight += static_cast<std::size_t>(task.in_flight.size());
      }
    }
  }
  if (in_flight > kFew) return;
  const absl::Duration end = options_.clock->SinceBoot() + kLooking;
  for (int i = 0; taken + reported_ < in_flight && i < kLooks; ++i) {
    if (options_.clock->SinceBoot() >= end) return;
    std::this_thread::yield();
  }
}

bool Runtime::Ends() {
  MutexLock lock(mutex_);
  return stopping_ || fenced_;
}

void Runtime::Sleep(absl::Time before, absl::Time due) {
  MutexLock lock(reports_mutex_);
  while (!woken_) {
    // A length, not an instant, and from no earlier than the pass: it ends though the wall clock
    // is set back meanwhile.
    const absl::Time now = std::max(before, options_.clock->Now());
    const absl::Duration rest = std::min(due - now, kClockLook);
    if (rest <= absl::ZeroDuration()) return;
    if (!work_.WaitFor(reports_mutex_, absl::ToChronoNanoseconds(rest))) return;
  }
}

void Runtime::Stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  Wake();
}

bool Runtime::Fenced() {
  MutexLock lock(mutex_);
  return fenced_;
}

void Runtime::HoldAdmission() {
  MutexLock lock(mutex_);
  held_ = true;
}

bool Runtime::Quiet() {
  MutexLock lock(mutex_);
  TakeReports();
  if (leading_ || !finishes_.empty() || !control_.empty()) return false;
  return std::all_of(active_.executions.begin(), active_.executions.end(), [](const auto& entry) {
    return std::all_of(entry.second.tasks.begin(), entry.second.tasks.end(),
                       [](const ActiveTask& task) { return task.in_flight.size() == 0; });
  });
}

std::vector<std::pair<Ordinal, absl::Time>> Runtime::InFlight(TaskKey key) {
  MutexLock lock(mutex_);
  std::vector<std::pair<Ordinal, absl::Time>> in_flight;
  if (const ActiveTask* task = active_.FindTask(key)) {
    for (const Ordinal ordinal : task->in_flight.Ordinals()) {
      in_flight.emplace_back(ordinal,
                             task->in_flight.ClaimedAt(ordinal).value_or(absl::InfinitePast()));
    }
  }
  return in_flight;
}

std::vector<std::pair<Ordinal, absl::Time>> Runtime::InFlight(TaskKey key, Ordinal from,
                                                              std::size_t limit) {
  MutexLock lock(mutex_);
  const ActiveTask* task = active_.FindTask(key);
  return task == nullptr ? std::vector<std::pair<Ordinal, absl::Time>>()
                         : task->in_flight.From(from, limit);
}

std::optional<absl::Time> Runtime::NewestClaim(TaskKey key) {
  MutexLock lock(mutex_);
  const ActiveTask* task = active_.FindTask(key);
  return task == nullptr ? std::nullopt : task->in_flight.NewestClaim();
}

std::size_t Runtime::Waiting() {
  MutexLock lock(mutex_);
  return control_.size();
}

void Runtime::Finished(InvocationRef invocation, Outcome outcome) {
  outcome.detail.resize(Utf8Prefix(outcome.detail, kMaxDetailBytes).size());
  {
    MutexLock lock(reports_mutex_);
    reports_.push_back({invocation, std::move(outcome)});
    reported_ = reports_.size();
    if (reports_.size() != 1) return;  // whoever reported the first wakes
  }
  Wake();
}

void Runtime::TakeReports() {
  MutexLock lock(reports_mutex_);
  finishes_.insert(finishes_.end(), std::make_move_iterator(reports_.begin()),
                   std::make_move_iterator(reports_.end()));
  reports_.clear();
  reported_ = 0;
}

void Runtime::Wake() {
  MutexLock lock(reports_mutex_);
  woken_ = true;
  work_.Signal();
  if (options_.wake) options_.wake();
}

void Runtime::Warn(std::string text) {
  if (options_.observer == nullptr) return;
  notices_.push_back([text = std::move(text)](Observer& observer) { observer.Warn(text); });
}

}  // namespace lull
