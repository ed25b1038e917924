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
  for (const Lost& lost : adopt) {
    const auto runner = options_.runners.find(lost.task->type);
    const Adoption adoption = runner == options_.runners.end()
                                  ? Adoption::kUnknown
                                  : runner->second->Adopt(lost.ref, *lost.task, *this);
    if (adoption != Adoption::kUnknown) continue;
    Finished(lost.ref, {Status::kFailed, {}, std::string(Text(Reason::kEngineRestarted))});
  }
  return absl::OkStatus();
}

}  // namespace lull
