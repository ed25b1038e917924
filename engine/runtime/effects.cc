// What happens in the world after a commit: starts, stops, the resolution of targets, notices.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/runtime/chunks.h"
#include "engine/runtime/runtime.h"

namespace lull {
namespace {

/// Targets read from the store at a time for the hand-over.
constexpr std::size_t kReadAhead = 512;

/// Resolutions that one pass moves on by a piece.
constexpr std::size_t kStagesAPass = 16;

/// Whether what is claimed may still be handed over. A cancel that is stricter than TASK leaves a
/// task open of which all was claimed; what of it a later life finds not started stays so (R1).
bool MayStart(const ExecutionProgress& execution, const TaskProgress& task) {
  const bool is_cancelled = execution.cancel && execution.cancel->policy != CancelPolicy::kTask;
  return task.closed_by == ClosedBy::kNone && !is_cancelled;
}

}  // namespace

void Runtime::RunEffects(std::int64_t start_budget) noexcept {
  HandOver(start_budget);
  MutexLock lock(mutex_);
  while (!stops_.empty()) {
    const StopEffect stop = stops_.front();
    stops_.pop_front();
    AwaitStart(stop.execution);
    mutex_.Unlock();
    stop.runner->RequestStop(stop.ref);
    mutex_.Lock();
  }
  while (!notices_.empty()) {
    const auto notice = std::move(notices_.front());
    notices_.pop_front();
    mutex_.Unlock();
    notice(*options_.observer);
    mutex_.Lock();
  }
}

void Runtime::AwaitStart(ExecutionKey execution) {
  if (starter_ == std::this_thread::get_id()) return;
  const std::int64_t starts = starts_;
  while (start_of_ == execution && starts_ == starts) start_left_.Wait(mutex_);
}

void Runtime::HandOver(std::int64_t budget) {
  MutexLock lock(mutex_);
  if (starting_) return;  // whoever hands over takes ours too, in order
  starting_ = true;
  starter_ = std::this_thread::get_id();
  HandedTask of;
  while (budget > 0 && HandOverOne(of)) --budget;
  starting_ = false;
  if (!active_.ready.empty() && !unknown_ && !fenced_) Wake();
}

bool Runtime::HandOverOne(HandedTask& of) {
  // What the store holds is not known, or another engine has it: a claim may be gone.
  while (!unknown_ && !fenced_ && !active_.ready.empty()) {
    const auto [key, index] = active_.ready.front();
    ActiveExecution* execution = active_.Find(key);
    if (execution == nullptr) {
      active_.ready.pop_front();
      continue;
    }
    ActiveTask& task = execution->tasks[index];
    const std::optional<Ordinal> ordinal = task.NextToHandOver();
    if (task.frozen || !ordinal) {
      task.listed = false;
      active_.ready.pop_front();
      continue;
    }
    if (of.spec != task.row.spec) of = {execution->row.id, execution->row.window, task.row.spec};
    const InvocationRef ref{of.spec->key, *ordinal};
    if (!MayStart(execution->row.progress, task.row.progress)) {
      // A batch that forbids it takes back what no runner has heard of, so this is one that an
      // earlier life claimed.
      task.MarkHandedOver();
      finishes_.push_back({ref, {Status::kFailed, {}, std::string(Text(Reason::kNeverStarted))}});
      Wake();
      return true;
    }
    const Ordinal ahead = *ordinal - task.ahead_first;
    if (ahead < 0 || ahead >= static_cast<Ordinal>(task.ahead.size())) {
      if (ReadAhead(of.spec->key, *ordinal)) continue;
      return true;
    }
    const ResolvedTarget target = std::move(task.ahead[static_cast<std::size_t>(ahead)]);
    task.MarkHandedOver();
    start_of_ = key;
    mutex_.Unlock();
    StartOne({ref, of.execution, of.window, *of.spec, target});
    mutex_.Lock();
    start_of_ = ExecutionKey{};
    ++starts_;
    start_left_.SignalAll();
    return true;
  }
  return false;
}

bool Runtime::ReadAhead(TaskKey key, Ordinal ordinal) {
  const TaskExecution row = active_.FindTask(key)->row;
  mutex_.Unlock();
  auto targets = options_.store->runs().ReadTargets(row.spec->snapshot,
                                                    row.progress.first + ordinal, kReadAhead);
  mutex_.Lock();
  ActiveTask* task = active_.FindTask(key);
  // Meanwhile a batch may have moved the cursor back, or be about to.
  if (task == nullptr || task->frozen || task->NextToHandOver() != ordinal) return true;
  if (targets.ok() && !targets->empty()) {
    task->ahead_first = ordinal;
    task->ahead = *std::move(targets);
    return true;
  }
  // Claimed, and it can't be known for what: a damaged store. Never silently left out.
  Warn(absl::StrCat("task execution ", row.spec->id.value(), ": target ", ordinal,
                    " can't be read: ", targets.status().message()));
  task->MarkHandedOver();
  finishes_.push_back(
      {{key, ordinal}, {Status::kFailed, {}, "The target of this invocation can't be read."}});
  Wake();
  return false;
}

void Runtime::StartOne(const Invocation& invocation) {
  const TaskSpec& task = invocation.task;
  const ResolvedTarget& target = invocation.target;
  if (task.only_associated && !target.node.empty() && !target.window_target) {
    Finished(invocation.ref, {Status::kFailed, {}, std::string(Text(Reason::kUnassociated))});
    return;
  }
  const auto runner = options_.runners.find(task.type);
  if (runner != options_.runners.end()) {
    runner->second->Start(invocation, *this);
    return;
  }
  Finished(invocation.ref, {Status::kFailed,
                            {},
                            absl::StrCat("No runner is registered for tasks of type ",
                                         ToAbsl(Name(task.type)), ".")});
}

void Runtime::Stage(absl::Time now, std::size_t room) noexcept {
  struct Work {
    Execution execution;
    std::vector<std::shared_ptr<const TaskSpec>> tasks;
    Resolution resolution;
  };
  std::vector<Work> work;
  {
    MutexLock lock(mutex_);
    if (Resting(now) || fenced_) return;
    for (auto next = resolutions_.begin();
         next != resolutions_.end() && work.size() < kStagesAPass;) {
      const absl::Time not_before = next->second.not_before;
      if (now < not_before && not_before - now <= kStoreRetry) {
        ++next;
        continue;
      }
      if (const ActiveExecution* active = active_.Find(next->first)) {
        Work& item = work.emplace_back();
        item.execution = active->row;
        for (const ActiveTask& task : active->tasks) item.tasks.push_back(task.row.spec);
        item.resolution = std::move(next->second);
      }
      next = resolutions_.erase(next);
    }
  }
  for (Work& item : work) {
    ControlRequest request;
    auto event = NextStage(item.execution, item.tasks, room, item.resolution);
    if (event.ok()) {
      const bool last = event->done.has_value();
      request.what = *std::move(event);
      const absl::Status status = Submit(request);
      if (status.ok() && (last || request.result.verdict != Verdict::kApplied)) continue;
      if (!status.ok()) item.resolution = Resolution{};
    }
    MutexLock lock(mutex_);
    if (!event.ok()) {  // from the start again, later
      Warn(absl::StrCat("execution ", item.execution.id.value(),
                        ": its targets can't be resolved yet: ", event.status().message()));
      item.resolution = Resolution{.not_before = now + kStoreRetry};
    }
    const ActiveExecution* active = active_.Find(item.execution.key);
    if (active == nullptr || active->row.progress.status != Status::kPending) continue;
    resolutions_.try_emplace(item.execution.key, std::move(item.resolution));
  }
}

absl::StatusOr<StageEvent> Runtime::NextStage(
    const Execution& execution, const std::vector<std::shared_ptr<const TaskSpec>>& tasks,
    std::size_t room, Resolution& resolution) {
  StageEvent event;
  event.execution = execution.key;
  event.drop_first = !resolution.clean;
  resolution.clean = true;
  while (resolution.at < tasks.size() && room > 0) {
    const TaskSpec& task = *tasks[resolution.at];
    if (task.snapshot != task.key) {  // shares an earlier task's
      ++resolution.at;
      continue;
    }
    StageEvent::Snapshot& snapshot = resolution.done[task.key];
    const auto fail = [&](const absl::Status& status) {
      snapshot.error = std::string(Utf8Prefix(FromAbsl(status.message()), kMaxDetailBytes));
      resolution.cursor = nullptr;
      ++resolution.at;
    };
    if (resolution.cursor == nullptr) {
      TargetQuery query;
      query.window = execution.window;
      query.selectors = task.targets;
      query.allow_unassociated_targets = !task.only_associated;
      LULL_ASSIGN_OR_RETURN(const auto registered,
                            options_.store->definitions().ListTargets(execution.window));
      for (const TargetSelector& selector : task.targets) {
        if (selector.key != "WindowTargetIds") continue;
        for (const std::string& id : selector.values) {
          for (const WindowTarget& target : registered) {
            if (target.id.value() == id) query.window_targets.push_back(target);
          }
        }
      }
      if (task.only_associated) query.registered = registered;
      auto cursor = options_.targets->Resolve(query);
      if (absl::IsUnavailable(cursor.status())) return cursor.status();
      if (cursor.ok() && *cursor == nullptr) cursor = Invalid("the target source gave no cursor");
      if (!cursor.ok()) {
        fail(cursor.status());
        continue;
      }
      resolution.cursor = *std::move(cursor);
    }
    auto targets = resolution.cursor->Next(room);
    if (absl::IsUnavailable(targets.status())) return targets.status();
    if (!targets.ok()) {
      fail(targets.status());
      continue;
    }
    if (targets->empty() && resolution.cursor->IsSearching()) break;
    if (targets->empty()) {
      resolution.cursor = nullptr;
      ++resolution.at;
      continue;
    }
    if (const absl::Status fits = CheckPiece(*targets, room, snapshot.count); !fits.ok()) {
      fail(fits);
      continue;
    }
    const std::size_t taken = targets->size();
    auto chunks = PackChunks(task.key, snapshot.count, *std::move(targets));
    event.chunks.insert(event.chunks.end(), std::make_move_iterator(chunks.begin()),
                        std::make_move_iterator(chunks.end()));
    snapshot.count += static_cast<Ordinal>(taken);
    room -= taken;
  }
  if (resolution.at == tasks.size()) event.done = resolution.done;
  return event;
}

}  // namespace lull
