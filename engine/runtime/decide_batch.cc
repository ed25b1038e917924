// The leader's first half: what is queued and due becomes changes. Nothing in memory moves here,
// but for marks that Publish keeps and GiveUp takes back.
#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/core/limits.h"
#include "engine/core/opening.h"
#include "engine/core/window_schedule.h"
#include "engine/core/work.h"
#include "engine/runtime/next_due.h"
#include "engine/runtime/runtime.h"
#include "engine/schedule/schedule.h"

namespace lull {
namespace {

template <class T>
std::vector<T> TakeFront(std::deque<T>& queue, std::size_t limit) {
  const auto end = queue.begin() + static_cast<std::ptrdiff_t>(std::min(limit, queue.size()));
  std::vector<T> taken(std::make_move_iterator(queue.begin()), std::make_move_iterator(end));
  queue.erase(queue.begin(), end);
  return taken;
}

bool IsCancel(const ControlRequest* request) {
  return std::holds_alternative<CancelEvent>(request->what);
}

}  // namespace

void Runtime::Collect(Batch& batch) {
  // Cancels pass by all others and are never too many: each waits for the commit in progress and
  // its own, however many callers write. All of them still wait for an answer, so any order is one
  // that they can see.
  const auto others = std::stable_partition(control_.begin(), control_.end(), IsCancel);
  const auto cancels = static_cast<std::size_t>(others - control_.begin());
  batch.control = TakeFront(control_, cancels + kControlBatch);
  // A store that refused is left alone for a while, but by callers who wait for an answer.
  if (Resting(batch.now)) return;
  TakeReports();
  batch.finishes =
      TakeFront(finishes_, batch.control.empty() ? kFinishBatch : kFinishBatchInControl);
  batch.room = RoomFor(batch);
  batch.touched = active_.cutoffs.DueAt(batch.now, kCutoffBatch);
  batch.touched.insert(batch.touched.end(), dirty_.begin(), dirty_.end());
  dirty_.clear();
  batch.refusals = TakeFront(refusals_, kRefusalBatch);
  if (held_) return;
  batch.due_windows = due_.DueAt(batch.now, kOpeningBatch);
  const absl::Time booted_at = batch.now - options_.clock->SinceBoot();
  if (booted_at_ && booted_at < *booted_at_ - kClockSetBack) {
    Warn(absl::StrCat("the clock was set back by ", absl::FormatDuration(*booted_at_ - booted_at),
                      "; what is due is planned again"));
    review_ = 0;
    history_.not_before = batch.now;
  } else if (booted_at_ && booted_at > *booted_at_ + kClockSetBack) {
    history_.not_before = batch.now + kClockTrust;
  }
  booted_at_ = booted_at;
  if (batch.control.empty() && batch.room > 0 && HistoryDue() <= batch.now) {
    batch.pruning = history_.NextChange(epoch_);
  }
  if (review_) {
    batch.reviewing = true;
    batch.reviewed_from = *review_;
  }
}

std::size_t Runtime::RoomFor(const Batch& batch) {
  if (!batch.finishes.empty()) ++batches_since_turn_;
  if (!batch.of_step) return 0;
  if (!batch.finishes.empty() && batches_since_turn_ < kBatchesATurn) return 0;
  batches_since_turn_ = 0;
  return batch.finishes.empty() && batch.control.empty() ? kRoom : kRoomBeside;
}

std::string Runtime::RefusalOf(const std::vector<TaskExecution>& work) const {
  std::string text = options_.refuse ? options_.refuse(work) : "";
  text.resize(Utf8Prefix(text, kMaxDetailBytes).size());
  return text;
}

void Runtime::ReadDue(Batch& batch) {
  DefinitionReader& definitions = options_.store->definitions();
  for (const WindowId& id : batch.due_windows) {
    Batch::Due due;
    due.id = id;
    auto window = definitions.GetWindow(id);
    absl::Status status = window.status();
    if (status.ok() && window->has_value()) {
      due.window = **std::move(window);
      auto tasks = definitions.ListTasks(id);
      status = tasks.status();
      if (tasks.ok()) {
        due.work = WorkOf(*due.window, *tasks);
        due.refusal = RefusalOf(due.work);
      }
    }
    // One window that can't be read holds up no other.
    if (status.ok()) {
      batch.due.push_back(std::move(due));
    } else {
      batch.unreadable.emplace_back(id, std::move(status));
    }
  }
}

void Runtime::ReadReview(Batch& batch) {
  if (!batch.reviewing) return;
  batch.review = options_.store->definitions().ListWindows({batch.reviewed_from, kReviewBatch});
  if (!batch.review.ok()) return;
  for (const auto& [position, window] : *batch.review) {
    batch.review_due.push_back(window.due_at);
    if (!window.enabled || (window.due_at && *window.due_at <= batch.now)) continue;
    const auto schedule = ScheduleOf(window);
    if (!schedule.ok()) continue;  // told when it is due
    if (schedule->NextAfter(batch.now) == window.due_at) continue;
    auto due_at = NextToOpen(options_.store->runs(), window.id, *schedule, batch.now);
    if (!due_at.ok()) {
      batch.review = due_at.status();
      return;
    }
    batch.review_due.back() = *due_at;
  }
}

void Runtime::Decide(Batch& batch) {
  // First what is due: an update or a delete in this batch does not undo it.
  for (const Batch::Due& due : batch.due) DecideOpening(batch, due);
  batch.control_changes.resize(batch.control.size());
  for (std::size_t i = 0; i < batch.control.size(); ++i) {
    ControlRequest& request = *batch.control[i];
    if (auto* change = std::get_if<Change>(&request.what)) {
      batch.control_changes[i] = batch.changes.size();
      batch.changes.push_back(std::move(*change));
    } else {
      batch.control_changes[i] = DecideControl(batch, request);
    }
  }
  for (const FinishEvent& event : batch.finishes) DecideFinish(batch, event);
  for (const ExecutionKey key : batch.touched) Touch(batch, key);
  for (const auto& [id, status] : batch.unreadable) {
    Warn(absl::StrCat("window ", id.value(), " is due and can't be read: ", status.message()));
    due_.Set(id, batch.now + kStoreRetry);
  }
  if (batch.reviewing) DecideReview(batch);
  for (auto& [key, working] : batch.workings) DecideWorking(batch, working);
  if (batch.pruning) {
    batch.pruning_change = batch.changes.size();
    batch.changes.push_back(*batch.pruning);
  }
  DecideRecords(batch);
}

Working* Runtime::Touch(Batch& batch, ExecutionKey key) {
  if (const auto it = batch.workings.find(key); it != batch.workings.end()) return &it->second;
  const ActiveExecution* active = active_.Find(key);
  if (active == nullptr) return nullptr;
  Working& working = batch.workings[key];
  working.key = key;
  working.state.execution = active->row;
  working.state.tasks.reserve(active->tasks.size());
  for (const ActiveTask& task : active->tasks) working.state.tasks.push_back(task.row);
  working.finishes.resize(active->tasks.size());
  working.plans.resize(active->tasks.size());
  return &working;
}

std::optional<std::size_t> Runtime::DecideControl(Batch& batch, ControlRequest& request) {
  if (auto* start = std::get_if<StartEvent>(&request.what)) {
    return DecideStart(batch, request, *start);
  }
  if (auto* skip = std::get_if<SkipEvent>(&request.what)) return DecideSkip(batch, request, *skip);
  if (auto* cancel = std::get_if<CancelEvent>(&request.what)) {
    DecideCancel(batch, request, *cancel);
  } else {
    DecideStage(batch, request, std::get<StageEvent>(request.what));
  }
  return std::nullopt;
}

void Runtime::DecideCancel(Batch& batch, ControlRequest& request, CancelEvent& event) {
  const auto it = active_.by_id.find(event.execution.value());
  if (it == active_.by_id.end()) {  // it has ended, or isn't ours
    request.result.verdict = Verdict::kConflict;
    return;
  }
  request.execution = it->second;
  Working* working = Touch(batch, it->second);
  event.request.requested_at = batch.now;
  request.changed = lull::Cancel(working->state, event.request, working->notes);
}

void Runtime::DecideStage(Batch& batch, ControlRequest& request, StageEvent& event) {
  Working* working = Touch(batch, event.execution);
  if (working == nullptr || working->state.execution.progress.status != Status::kPending) {
    // It was cancelled, or its cutoff has passed: nobody waits for its targets any more.
    request.result.verdict = Verdict::kConflict;
    return;
  }
  if (event.drop_first) {
    working->stage_changes.push_back(batch.changes.size());
    batch.changes.push_back(DropSnapshots{epoch_, event.execution});
  }
  if (!event.chunks.empty()) {
    working->stage_changes.push_back(batch.changes.size());
    batch.changes.push_back(StageSnapshot{epoch_, event.execution, std::move(event.chunks)});
  }
  if (!event.done) return;
  for (TaskExecution& task : working->state.tasks) {
    const StageEvent::Snapshot& snapshot = event.done->at(task.spec->snapshot);
    TaskProgress& progress = task.progress;
    if (!snapshot.error.empty()) {
      progress.closed_by = ClosedBy::kFailed;
      progress.detail = snapshot.error;
      continue;
    }
    progress.count = snapshot.count;
    progress.concurrency_limit = ConcurrencyLimit(task.spec->max_concurrency, snapshot.count);
    progress.error_limit = ErrorLimit(task.spec->max_errors, snapshot.count);
  }
  lull::Open(working->state, batch.now, working->notes);
}

void Runtime::DecideFinish(Batch& batch, const FinishEvent& event) {
  const auto it = active_.by_task.find(static_cast<std::int64_t>(event.ref.task));
  if (it == active_.by_task.end()) return;
  const auto [key, index] = it->second;
  ActiveTask& active = active_.executions.at(key).tasks[index];
  const std::optional<absl::Time> claimed_at = active.in_flight.ClaimedAt(event.ref.ordinal);
  const bool heard_of =
      event.ref.ordinal < active.handed &&
      !std::binary_search(active.unstarted.begin(), active.unstarted.end(), event.ref.ordinal);
  // Reported again, or for nothing in flight.
  if (!heard_of || !active.in_flight.MarkLeaving(event.ref.ordinal)) return;
  Working* working = Touch(batch, key);
  Finish finish;
  finish.ordinal = event.ref.ordinal;
  finish.status =
      lull::Finished(working->state, index, event.outcome.status, working->notes,
                     event.outcome.undelivered ? Delivery::kUndelivered : Delivery::kDelivered);
  finish.started_at = claimed_at;
  finish.ended_at = claimed_at ? std::max(*claimed_at, batch.now) : batch.now;
  finish.exit_code = event.outcome.exit_code;
  finish.detail = event.outcome.detail;
  working->finishes[index].push_back(std::move(finish));
}

void Runtime::DecideOpening(Batch& batch, const Batch::Due& due) {
  if (!due.window || !due.window->due_at) {
    due_.Set(due.id, std::nullopt);
    return;
  }
  const Window& window = *due.window;
  const Occurrence occurrence = OccurrenceAt(window, *window.due_at);
  if (occurrence.start_at > batch.now) {
    due_.Set(due.id, occurrence.start_at);
    return;
  }
  Batch::Opening opening;
  opening.change = batch.changes.size();
  opening.window = window.id;
  opening.version = window.version;
  const auto schedule = ScheduleOf(window);
  if (!schedule.ok()) {
    // What is due stays stored: the next start tries again. One broken schedule holds up no other.
    Warn(absl::StrCat("window ", window.id.value(),
                      " does not open until its schedule is mended and this is started again: ",
                      schedule.status().message()));
    due_.Set(window.id, std::nullopt);
    return;
  }
  const OpeningPlan plan =
      PlanOpening(*schedule, occurrence.start_at, occurrence.cutoff_at - occurrence.start_at,
                  batch.now, options_.misfire);
  opening.due_at = plan.next;
  MoveDue move{epoch_, window.id, window.version, plan.next};
  const auto conflict = conflicts_.find(window.id);
  if (conflict != conflicts_.end() && conflict->second == window.version) {
    // It opened before the clock was set back, or is in the way of another.
    opening.warning = absl::StrCat("window ", window.id.value(), " does not open for ",
                                   FormatOccurrence(occurrence.start_at, schedule->timezone()),
                                   ": the store holds an execution that is in its way");
    // Whatever is next, it is not looked at in a loop without rest.
    if (opening.due_at) opening.due_at = std::max(*opening.due_at, batch.now + kStoreRetry);
    batch.changes.push_back(std::move(move));
    batch.openings.push_back(std::move(opening));
    return;
  }
  ExecutionState state = NewExecution(window.id, occurrence, batch.now);
  Notes notes;
  if (!plan.open) {
    lull::Miss(state, batch.now, notes);
    if (plan.next) {
      state.execution.progress.detail =
          absl::StrCat(ToAbsl(Text(Reason::kMissed)), " What is due next starts at ",
                       FormatOccurrence(*plan.next, schedule->timezone()), ".");
    }
    opening.warning = absl::StrCat("window ", window.id.value(), " was missed: it was to open at ",
                                   FormatOccurrence(occurrence.start_at, schedule->timezone()));
  } else if (active_.by_window.count(window.id.value()) != 0) {
    lull::PassBy(state, Reason::kOverlap, batch.now);
  } else {
    GiveWork(state, due.work);
    if (!due.refusal.empty()) {
      lull::Refuse(state, due.refusal, batch.now, notes);
    } else if (state.tasks.empty()) {
      lull::Open(state, batch.now, notes);
    }
  }
  batch.changes.push_back(OpenExecution{epoch_, state.execution, state.tasks, std::move(move)});
  opening.state = std::move(state);
  batch.openings.push_back(std::move(opening));
}

void Runtime::DecideReview(Batch& batch) {
  if (!batch.review.ok()) {
    Warn(absl::StrCat("windows can't be read: ", batch.review.status().message()));
    retry_at_ = batch.now + kStoreRetry;
    return;
  }
  for (std::size_t i = 0; i < batch.review->size(); ++i) {
    const auto& [position, window] = (*batch.review)[i];
    review_ = position;
    if (!window.enabled) continue;
    due_.Set(window.id, window.due_at);  // it may rest until an instant that the clock took back
    const std::optional<absl::Time> due_at = batch.review_due[i];
    if (due_at == window.due_at) continue;
    Batch::Opening move;
    move.change = batch.changes.size();
    move.window = window.id;
    move.version = window.version;
    move.due_at = due_at;
    move.retried = true;
    move.reviewed = true;
    batch.changes.push_back(MoveDue{epoch_, window.id, window.version, due_at});
    batch.openings.push_back(std::move(move));
  }
  if (batch.review->size() < kReviewBatch) review_.reset();
}

void Runtime::DecideWorking(Batch& batch, Working& working) {
  ActiveExecution& active = *active_.Find(working.key);
  PassCutoff(working.state, batch.now, working.notes);
  for (Closing closing : std::vector<Closing>(working.notes.closings)) {
    ActiveTask& task = active.tasks[closing.task];
    closing.unstarted = !task.unstarted.empty();
    task.frozen = true;
    working.frozen.push_back(closing.task);
    CloseRunning(working.state, closing, task.handed, batch.now, working.notes);
  }
  Settle(working.state, batch.now, held_ ? Admission::kHeld : Admission::kOpen, working.notes);
  for (const std::string& refused : working.notes.refused) {
    Warn(absl::StrCat("execution ", active.row.id.value(), ": ", refused));
  }

  Advance advance;
  advance.epoch = epoch_;
  advance.execution = working.key;
  advance.expected_status = active.row.progress.status;
  if (working.state.execution.progress != active.row.progress) {
    advance.progress = working.state.execution.progress;
  }
  for (std::size_t i = 0; i < working.state.tasks.size(); ++i) {
    TaskProgress& progress = working.state.tasks[i].progress;
    const TaskProgress& before = active.tasks[i].row.progress;
    if (progress == before) continue;  // each finish counts
    working.plans[i] = active.tasks[i].in_flight.Plan(progress.next);
    progress.low = working.plans[i]->low;
    progress.stragglers = working.plans[i]->stragglers;
    LULL_CHECK(progress.low <= progress.next && progress.next <= progress.count);
    LULL_CHECK(progress.finished() <= progress.next);
    advance.tasks.push_back({working.state.tasks[i].spec->key, before.status, before.next, progress,
                             working.finishes[i]});
  }
  if (!advance.progress && advance.tasks.empty()) return;
  working.change = batch.changes.size();
  batch.changes.push_back(std::move(advance));
}

}  // namespace lull
