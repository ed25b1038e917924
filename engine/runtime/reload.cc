// Memory from the store: at open, and after a commit whose outcome was unknown.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/runtime/runtime.h"

namespace lull {

absl::Status Runtime::Reload(Life life) {
  LULL_ASSIGN_OR_RETURN(auto loaded, options_.store->runs().LoadActive());
  LULL_ASSIGN_OR_RETURN(const auto keys, options_.store->runs().GreatestKeys());
  LULL_ASSIGN_OR_RETURN(const auto due, options_.store->definitions().ListDue());
  LULL_ASSIGN_OR_RETURN(auto events, options_.store->outbox().CountEvents());

  for (const auto& stored : loaded) {
    if (stored.execution.epoch == epoch_) continue;
    MutexLock lock(mutex_);
    fenced_ = true;
    return absl::UnavailableError("another engine has taken over this store");
  }
  struct Lost {
    InvocationRef ref;
    std::shared_ptr<const TaskSpec> task;
  };
  std::vector<Lost> adopt;
  {
    MutexLock lock(mutex_);
    Active before = std::move(active_);
    active_ = Active{};
    resolutions_.clear();
    dirty_.clear();
    due_.Clear();
    events_kept_ = std::move(events);
    for (const auto& window : due) due_.Set(window.window, window.due_at);
    last_execution_ = std::max(last_execution_, static_cast<std::int64_t>(keys.execution));
    last_task_ = std::max(last_task_, static_cast<std::int64_t>(keys.task));
    for (auto& stored : loaded) {
      ActiveExecution active;
      active.row = std::move(stored.execution);
      const ExecutionKey key = active.row.key;
      for (auto& task : stored.tasks) {
        ActiveTask& added = active.tasks.emplace_back();
        added.row = std::move(task.task);
        const TaskProgress& progress = added.row.progress;
        added.in_flight = InFlightSet::Restore(progress.low, progress.next, task.in_flight);
        // What this life did not hand over, it hands over now; what an earlier life claimed, the
        // runner is asked about: it may have started (R4).
        const ActiveTask* known = before.FindTask(added.row.spec->key);
        added.handed = life == Life::kFirst ? progress.next : known != nullptr ? known->handed : 0;
        if (known != nullptr) added.unstarted = known->unstarted;
        if (life == Life::kFirst) {
          for (const Ordinal ordinal : task.in_flight) {
            adopt.push_back({{added.row.spec->key, ordinal}, added.row.spec});
          }
        } else if (progress.stop_requested) {
          const auto runner = options_.runners.find(added.row.spec->type);
          for (const Ordinal ordinal : task.in_flight) {
            if (runner == options_.runners.end()) break;
            stops_.push_back({runner->second, {added.row.spec->key, ordinal}, key});
          }
        }
      }
      if (active.row.progress.status == Status::kPending) resolutions_[key] = Resolution{};
      dirty_.insert(key);
      const std::size_t tasks = active.tasks.size();
      active_.Add(std::move(active));
      for (std::size_t i = 0; i < tasks; ++i) active_.List(key, i);
    }
    unknown_ = false;
  }
  for (const Lost& lost : adopt) AdoptOne(lost.ref, *lost.task);
  return absl::OkStatus();
}

void Runtime::AdoptOne(const InvocationRef& ref, const TaskSpec& task) {
  const auto runner = options_.runners.find(task.type);
  const Adoption adoption = runner == options_.runners.end()
                                ? Adoption::kUnknown
                                : runner->second->Adopt(ref, task, *this);
  if (adoption == Adoption::kFinished) return;
  if (adoption == Adoption::kUnknown) {
    Finished(ref, {Status::kFailed, {}, std::string(Text(Reason::kEngineRestarted))});
    return;
  }
  MutexLock lock(mutex_);
  const auto [key, index] = active_.by_task.at(static_cast<std::int64_t>(ref.task));
  ActiveTask& active = active_.executions.at(key).tasks[index];
  if (adoption == Adoption::kNotStarted) {
    active.unstarted.push_back(ref.ordinal);  // asked in ordinal order
    active_.List(key, index);
  } else if (active.row.progress.stop_requested) {
    stops_.push_back({runner->second, ref, key});  // the earlier life may not have come to it
  }
}

}  // namespace lull
