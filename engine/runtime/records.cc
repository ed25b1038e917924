// What is told of a batch's changes, in the same commit: events for subscribers, and lines of the
// audit log.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/runtime/runtime.h"

namespace lull {
namespace {

/// Targets of a snapshot read at once: what finishes together was mostly claimed together.
constexpr std::size_t kTargetsRead = 64;

StateEvent EventOf(const Execution& execution, absl::Time now) {
  StateEvent event;
  event.level = Level::kExecution;
  event.at = now;
  event.window = execution.window;
  event.execution = execution.id;
  event.status = execution.progress.status;
  event.started_at = execution.started_at;
  event.ended_at = execution.progress.ended_at;
  return event;
}

StateEvent EventOf(const Execution& execution, const TaskExecution& task, absl::Time now) {
  StateEvent event = EventOf(execution, now);
  event.level = Level::kTask;
  event.task = task.spec->id;
  event.status = task.progress.status;
  event.started_at = task.progress.started_at;
  event.ended_at = task.progress.ended_at;
  return event;
}

}  // namespace

void Runtime::KeepRefusal(AuditEntry entry) {
  entry.at = options_.clock->Now();
  MutexLock lock(mutex_);
  if (refusals_.size() >= kMaxRefusals) return;
  refusals_.push_back(std::move(entry));
  if (refusals_.size() == 1) Wake();
}

void Runtime::ReadTargetsOfFinishes(Batch& batch) {
  const bool asked =
      std::any_of(options_.subscribers.begin(), options_.subscribers.end(),
                  [](const Subscriber& subscriber) { return subscriber.invocations; });
  if (!asked || batch.finishes.empty()) return;
  struct Place {
    InvocationRef ref;
    TaskKey snapshot{};
    Ordinal at = 0;
  };
  std::vector<Place> places;
  {
    MutexLock lock(mutex_);
    for (const FinishEvent& event : batch.finishes) {
      if (const ActiveTask* task = active_.FindTask(event.ref.task)) {
        places.push_back(
            {event.ref, task->row.spec->snapshot, task->row.progress.first + event.ref.ordinal});
      }
    }
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.snapshot, a.at) < std::pair(b.snapshot, b.at);
  });
  Place read;  // where `targets` begin
  std::vector<ResolvedTarget> targets;
  for (const Place& place : places) {
    const bool known = place.snapshot == read.snapshot && place.at >= read.at &&
                       place.at - read.at < static_cast<Ordinal>(targets.size());
    if (!known) {
      auto more = options_.store->runs().ReadTargets(place.snapshot, place.at, kTargetsRead);
      if (!more.ok() || more->empty()) continue;  // told without its target
      targets = *std::move(more);
      read = place;
    }
    batch.targets[place.ref] = targets[static_cast<std::size_t>(place.at - read.at)];
  }
}

void Runtime::DecideRecords(Batch& batch) {
  const auto keep = [&](std::size_t of, std::vector<StateEvent> events) {
    if (!events.empty()) batch.changes.push_back(KeepEvents{of, std::move(events)});
  };
  if (!options_.subscribers.empty()) {
    for (const Batch::Opening& opening : batch.openings) {
      std::vector<StateEvent> events;
      TellOpening(opening, batch.now, events);
      keep(opening.change, std::move(events));
    }
    for (const auto& [key, working] : batch.workings) {
      if (!working.change) continue;
      std::vector<StateEvent> events;
      TellWorking(batch, working, events);
      keep(*working.change, std::move(events));
    }
    MakeRoom(batch);
  }
  for (std::size_t i = 0; i < batch.control.size(); ++i) {
    ControlRequest& request = *batch.control[i];
    if (!request.audit) continue;
    std::optional<std::size_t> of = batch.control_changes[i];
    if (request.changed) of = batch.workings.at(request.execution).change;
    if (!of) continue;  // nothing is changed
    if (!request.opened.empty())
      absl::StrAppend(&request.audit->resources, " ", request.opened.value());
    request.audit->at = batch.now;
    batch.changes.push_back(KeepAudit{of, *std::move(request.audit)});
  }
  for (const AuditEntry& refusal : batch.refusals) batch.changes.push_back(KeepAudit{{}, refusal});
}

void Runtime::TellOpening(const Batch::Opening& opening, absl::Time now,
                          std::vector<StateEvent>& events) {
  if (!opening.state) return;
  const Execution& execution = opening.state->execution;
  const bool ended = IsFinal(Level::kExecution, execution.progress.status);
  if (!ended) Tell(EventOf(execution, now), events);
  for (const TaskExecution& task : opening.state->tasks) {
    // PENDING is how each begins: no news.
    if (task.progress.status == Status::kPending) continue;
    Tell(EventOf(execution, task, now), events);
  }
  if (ended) Tell(EventOf(execution, now), events);
}

void Runtime::TellWorking(const Batch& batch, const Working& working,
                          std::vector<StateEvent>& events) {
  const ActiveExecution& before = *active_.Find(working.key);
  const Execution& execution = working.state.execution;
  const bool moved = execution.progress.status != before.row.progress.status;
  const bool ended = IsFinal(Level::kExecution, execution.progress.status);
  if (moved && !ended) Tell(EventOf(execution, batch.now), events);
  for (std::size_t i = 0; i < working.finishes.size(); ++i) {
    const TaskExecution& task = working.state.tasks[i];
    for (const Finish& finish : working.finishes[i]) {
      const InvocationRef ref{task.spec->key, finish.ordinal};
      StateEvent event = EventOf(execution, task, batch.now);
      event.level = Level::kInvocation;
      event.invocation = MakeInvocationId(task.spec->id, ref);
      if (const auto target = batch.targets.find(ref); target != batch.targets.end()) {
        event.node = target->second.node;
        event.window_target = target->second.window_target;
        event.owner_information = target->second.owner_information;
      }
      event.status = finish.status;
      event.started_at = finish.started_at;
      event.ended_at = finish.ended_at;
      Tell(event, events);
    }
  }
  for (const bool ends : {true, false}) {  // what ends makes room for what starts
    for (std::size_t i = 0; i < working.state.tasks.size(); ++i) {
      const TaskExecution& task = working.state.tasks[i];
      if (task.progress.status == before.tasks[i].row.progress.status) continue;
      if (IsFinal(Level::kTask, task.progress.status) != ends) continue;
      Tell(EventOf(execution, task, batch.now), events);
    }
  }
  if (moved && ended) Tell(EventOf(execution, batch.now), events);
}

void Runtime::Tell(const StateEvent& event, std::vector<StateEvent>& events) {
  std::string id;
  for (const Subscriber& subscriber : options_.subscribers) {
    if (event.level == Level::kInvocation && !subscriber.invocations) continue;
    if (id.empty()) {
      const std::uint64_t high = options_.ids->Bits();
      id = FormatUuid(high, options_.ids->Bits(), 4);
    }
    StateEvent& told = events.emplace_back(event);
    told.subscriber = subscriber.name;
    told.id = id;
  }
}

void Runtime::MakeRoom(Batch& batch) {
  std::map<std::string, std::int64_t> more;
  for (const Change& change : batch.changes) {
    const auto* keep = std::get_if<KeepEvents>(&change);
    if (keep == nullptr) continue;
    for (const StateEvent& event : keep->events) ++more[event.subscriber];
  }
  for (const auto& [subscriber, count] : more) {
    const std::int64_t over = events_kept_[subscriber] + count - options_.max_events;
    if (over > 0) batch.changes.push_back(DropEvents{subscriber, over});
  }
}

void Runtime::PublishRecords(const Batch& batch, const std::vector<ChangeResult>& results) {
  bool stored = false;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].verdict != Verdict::kApplied) continue;
    if (const auto* keep = std::get_if<KeepEvents>(&batch.changes[i])) {
      for (const StateEvent& event : keep->events) ++events_kept_[event.subscriber];
      stored = true;
    } else if (const auto* settle = std::get_if<SettleEvents>(&batch.changes[i])) {
      std::int64_t& kept = events_kept_[settle->subscriber];
      kept -= results[i].value;
      if (kept <= options_.max_events / 2) overflowing_.erase(settle->subscriber);
    } else if (const auto* drop = std::get_if<DropEvents>(&batch.changes[i])) {
      events_kept_[drop->subscriber] -= results[i].value;
      if (!overflowing_.insert(drop->subscriber).second) continue;
      Warn(absl::StrCat("the subscriber ", drop->subscriber, " has ", options_.max_events,
                        " events waiting: from now on its oldest are dropped"));
    }
  }
  if (stored && options_.observer != nullptr) {
    notices_.push_back([](Observer& observer) { observer.EventsStored(); });
  }
}

}  // namespace lull
