#include "tests/support/model_store.h"

#include <algorithm>
#include <set>
#include <variant>

#include "storage/preconditions.h"

namespace lull {
namespace {

constexpr ChangeResult kApplied{.verdict = Verdict::kApplied};
constexpr ChangeResult kConflict{.verdict = Verdict::kConflict};
constexpr ChangeResult kFenced{.verdict = Verdict::kFenced};

bool IsActive(const Execution& execution) {
  return !IsFinal(Level::kExecution, execution.progress.status);
}

/// Applies changes to a state: each first compares all its guards, then writes.
template <class State>
class Applier {
 public:
  explicit Applier(State& state) : state_(state) {}

  ChangeResult operator()(const TakeEpoch& change) {
    state_.epoch = static_cast<Epoch>(static_cast<std::int64_t>(state_.epoch) + 1);
    state_.owner = change.owner;
    for (auto& [key, execution] : state_.executions) {
      if (IsActive(execution)) execution.epoch = state_.epoch;
    }
    return {.verdict = Verdict::kApplied, .value = static_cast<std::int64_t>(state_.epoch)};
  }

  ChangeResult operator()(const CreateWindow& change) {
    if (FindWindow(change.window.id) != nullptr) return kConflict;
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    state_.windows[++state_.last_position] = change.window;
    KeepToken(change.token, change.token_expiry);
    return kApplied;
  }

  ChangeResult operator()(const UpdateWindow& change) {
    Window* window = FindWindow(change.window.id);
    if (window == nullptr || window->version != change.expected_version) return kConflict;
    *window = change.window;
    window->version = change.expected_version + 1;
    return kApplied;
  }

  ChangeResult operator()(const DeleteWindow& change) {
    if (FindWindow(change.window) == nullptr) return kConflict;
    std::erase_if(state_.windows, [&](const auto& row) { return row.second.id == change.window; });
    std::erase_if(state_.targets, [&](const auto& row) { return row.window == change.window; });
    std::erase_if(state_.tasks, [&](const auto& row) { return row.window == change.window; });
    return kApplied;
  }

  ChangeResult operator()(const CreateTarget& change) {
    if (FindWindow(change.target.window) == nullptr) return kConflict;
    for (const WindowTarget& target : state_.targets) {
      if (target.id == change.target.id) return kConflict;
    }
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    state_.targets.push_back(change.target);
    KeepToken(change.token, change.token_expiry);
    return kApplied;
  }

  ChangeResult operator()(const CreateTask& change) {
    if (FindWindow(change.task.window) == nullptr) return kConflict;
    for (const WindowTask& task : state_.tasks) {
      if (task.id == change.task.id) return kConflict;
    }
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    state_.tasks.push_back(change.task);
    KeepToken(change.token, change.token_expiry);
    return kApplied;
  }

  ChangeResult operator()(const MoveDue& change) {
    if (change.epoch != state_.epoch) return kFenced;
    Window* window = FindWindow(change.window);
    if (window == nullptr || window->version != change.expected_version) return kConflict;
    window->due_at = change.due_at;
    ++window->version;
    return kApplied;
  }

  ChangeResult operator()(const OpenExecution& change) {
    if (change.epoch != state_.epoch) return kFenced;
    if (change.move_due.has_value()) {
      const Window* window = FindWindow(change.move_due->window);
      if (window == nullptr || window->version != change.move_due->expected_version) {
        return kConflict;
      }
    }
    for (const auto& [key, other] : state_.executions) {
      if (key == change.execution.key || other.id == change.execution.id) return kConflict;
      if (other.resumed_from && other.resumed_from == change.execution.resumed_from) {
        return kConflict;
      }
      if (other.window != change.execution.window) continue;
      if (other.occurrence.start_at == change.execution.occurrence.start_at &&
          other.progress.reason != Reason::kMissed) {
        return kConflict;
      }
      if (IsActive(other) && IsActive(change.execution)) return kConflict;
    }
    for (const TaskExecution& task : change.tasks) {
      for (const auto& [key, other] : state_.task_executions) {
        if (key == task.spec->key || other.spec->id == task.spec->id) return kConflict;
      }
    }
    std::set<TaskExecutionId> ids;
    for (const TaskExecution& task : change.tasks) {
      if (!ids.insert(task.spec->id).second) return kConflict;
    }
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    KeepToken(change.token, change.token_expiry);
    if (change.move_due.has_value()) (*this)(*change.move_due);
    Execution& execution = state_.executions[change.execution.key] = change.execution;
    execution.epoch = change.epoch;
    for (const TaskExecution& task : change.tasks) state_.task_executions[task.spec->key] = task;
    return kApplied;
  }

  ChangeResult operator()(const StageSnapshot& change) {
    const ChangeResult guard = CheckExecution(change.execution, change.epoch, Status::kPending);
    if (guard.verdict != Verdict::kApplied) return guard;
    std::set<std::pair<TaskKey, Ordinal>> staged;
    for (const SnapshotChunk& chunk : change.chunks) {
      const auto task = state_.task_executions.find(chunk.snapshot);
      if (task == state_.task_executions.end()) return kConflict;
      if (task->second.spec->execution != change.execution) return kConflict;
      const std::pair key(chunk.snapshot, chunk.first);
      if (state_.chunks.contains(key) || !staged.insert(key).second) return kConflict;
    }
    for (const SnapshotChunk& chunk : change.chunks) {
      state_.chunks[{chunk.snapshot, chunk.first}] = chunk;
    }
    return kApplied;
  }

  ChangeResult operator()(const DropSnapshots& change) {
    const ChangeResult guard = CheckExecution(change.execution, change.epoch, Status::kPending);
    if (guard.verdict != Verdict::kApplied) return guard;
    std::erase_if(state_.chunks, [&](const auto& row) {
      return state_.task_executions.at(row.first.first).spec->execution == change.execution;
    });
    return kApplied;
  }

  ChangeResult operator()(const Advance& change) {
    const ChangeResult guard =
        CheckExecution(change.execution, change.epoch, change.expected_status);
    if (guard.verdict != Verdict::kApplied) return guard;
    for (const TaskAdvance& advance : change.tasks) {
      if (!CheckTask(change.execution, advance)) return kConflict;
    }
    for (const TaskAdvance& advance : change.tasks) {
      state_.task_executions.at(advance.task).progress = advance.progress;
      for (const Finish& finish : advance.finishes) {
        state_.finishes[{advance.task, finish.ordinal}] = finish;
      }
    }
    if (change.progress.has_value()) {
      state_.executions.at(change.execution).progress = *change.progress;
    }
    return kApplied;
  }

 private:
  Window* FindWindow(const WindowId& id) {
    for (auto& [position, window] : state_.windows) {
      if (window.id == id) return &window;
    }
    return nullptr;
  }

  bool TokenIsFree(const std::optional<Token>& token, absl::Time expiry) {
    if (!token.has_value()) return true;
    const auto row = state_.tokens.find({token->operation, token->scope, token->token});
    return row == state_.tokens.end() || row->second.created_at < expiry;
  }

  void KeepToken(const std::optional<Token>& token, absl::Time expiry) {
    if (!token.has_value()) return;
    state_.tokens[{token->operation, token->scope, token->token}] = *token;
    std::vector<std::tuple<absl::Time, std::string, std::string>> expired;
    for (const auto& [key, row] : state_.tokens) {
      if (row.operation == token->operation && row.created_at < expiry) {
        expired.emplace_back(row.created_at, row.scope, row.token);
      }
    }
    std::sort(expired.begin(), expired.end());
    if (expired.size() > kTokenPruneBatch) expired.resize(kTokenPruneBatch);
    for (const auto& [created_at, scope, text] : expired) {
      state_.tokens.erase({token->operation, scope, text});
    }
  }

  ChangeResult CheckExecution(ExecutionKey key, Epoch epoch, Status expected) {
    const auto row = state_.executions.find(key);
    if (row == state_.executions.end()) return kConflict;
    if (row->second.epoch != epoch) return kFenced;
    return row->second.progress.status == expected ? kApplied : kConflict;
  }

  bool CheckTask(ExecutionKey execution, const TaskAdvance& advance) {
    const auto row = state_.task_executions.find(advance.task);
    if (row == state_.task_executions.end()) return false;
    const TaskExecution& task = row->second;
    if (task.spec->execution != execution) return false;
    if (task.progress.status != advance.expected_status) return false;
    if (task.progress.next != advance.expected_next) return false;
    std::set<Ordinal> finished;
    for (const Finish& finish : advance.finishes) {
      if (finish.ordinal < 0 || finish.ordinal >= advance.progress.next) return false;
      if (state_.finishes.contains({advance.task, finish.ordinal})) return false;
      if (!finished.insert(finish.ordinal).second) return false;
    }
    return true;
  }

  State& state_;
};

}  // namespace

void ModelDisk::FailNext(Fault fault) { FailCommit(commits() + 1, fault); }

void ModelDisk::FailCommit(std::int64_t n, Fault fault) {
  MutexLock lock(mutex_);
  faults_[n] = fault;
}

void ModelDisk::SetUnreadable(const WindowId& window, Unreadable what) {
  MutexLock lock(mutex_);
  unreadable_[window] = what;
}

void ModelDisk::FailRecover(int calls) {
  MutexLock lock(mutex_);
  recover_faults_ = calls;
}

bool ModelDisk::IsUnreadable(const WindowId& window, Unreadable what) const {
  const auto planted = unreadable_.find(window);
  return planted != unreadable_.end() && planted->second == what;
}

std::int64_t ModelDisk::commits() const {
  MutexLock lock(mutex_);
  return commits_;
}

ModelStore::ModelStore(std::shared_ptr<ModelDisk> disk) : disk_(std::move(disk)) {}

absl::StatusOr<std::vector<ChangeResult>> ModelStore::Commit(const std::vector<Change>& changes) {
  for (const Change& change : changes) storage::CheckChange(change);
  if (must_recover_) return absl::UnavailableError("the model store must recover first");
  MutexLock lock(disk_->mutex_);
  const auto planted = disk_->faults_.find(++disk_->commits_);
  const std::optional<ModelDisk::Fault> fault =
      planted == disk_->faults_.end() ? std::nullopt : std::optional(planted->second);
  if (fault == ModelDisk::Fault::kUnavailable) return absl::UnavailableError("planted");
  if (fault == ModelDisk::Fault::kInternal) return absl::InternalError("planted");
  if (fault == ModelDisk::Fault::kUnknownNotApplied) {
    must_recover_ = true;
    return absl::UnknownError("planted");
  }
  if (fault == ModelDisk::Fault::kConflict) {
    return std::vector<ChangeResult>(changes.size(), kConflict);
  }
  std::vector<ChangeResult> results;
  for (const Change& change : changes) {
    results.push_back(std::visit(Applier<ModelDisk::State>(disk_->state_), change));
  }
  if (fault == ModelDisk::Fault::kUnknownApplied) {
    must_recover_ = true;
    return absl::UnknownError("planted");
  }
  return results;
}

absl::Status ModelStore::Recover() {
  if (!must_recover_) return absl::OkStatus();
  MutexLock lock(disk_->mutex_);
  if (disk_->recover_faults_ > 0) {
    --disk_->recover_faults_;
    return absl::UnavailableError("planted");
  }
  must_recover_ = false;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Window>> ModelStore::GetWindow(const WindowId& id) {
  MutexLock lock(disk_->mutex_);
  if (disk_->IsUnreadable(id, ModelDisk::Unreadable::kWindow)) {
    return absl::InternalError("planted");
  }
  for (const auto& [position, window] : disk_->state_.windows) {
    if (window.id == id) return std::optional(window);
  }
  return std::optional<Window>();
}

absl::StatusOr<std::vector<DefinitionReader::PositionedWindow>> ModelStore::ListWindows(
    const WindowQuery& query) {
  MutexLock lock(disk_->mutex_);
  std::vector<PositionedWindow> page;
  for (const auto& [position, window] : disk_->state_.windows) {
    if (page.size() == query.limit) break;
    if (position > query.after_position) page.push_back({position, window});
  }
  return page;
}

absl::StatusOr<std::vector<WindowTarget>> ModelStore::ListTargets(const WindowId& window) {
  MutexLock lock(disk_->mutex_);
  std::vector<WindowTarget> targets = disk_->state_.targets;
  std::erase_if(targets, [&](const WindowTarget& target) { return target.window != window; });
  return targets;
}

absl::StatusOr<std::vector<WindowTask>> ModelStore::ListTasks(const WindowId& window) {
  MutexLock lock(disk_->mutex_);
  if (disk_->IsUnreadable(window, ModelDisk::Unreadable::kTasks)) {
    return absl::InternalError("planted");
  }
  std::vector<WindowTask> tasks = disk_->state_.tasks;
  std::erase_if(tasks, [&](const WindowTask& task) { return task.window != window; });
  return tasks;
}

absl::StatusOr<std::optional<Token>> ModelStore::FindToken(const std::string& operation,
                                                           const std::string& scope,
                                                           const std::string& token) {
  MutexLock lock(disk_->mutex_);
  const auto row = disk_->state_.tokens.find({operation, scope, token});
  if (row == disk_->state_.tokens.end()) return std::optional<Token>();
  return std::optional(row->second);
}

absl::StatusOr<std::vector<DefinitionReader::DueWindow>> ModelStore::ListDue() {
  MutexLock lock(disk_->mutex_);
  std::vector<DueWindow> due;
  for (const auto& [position, window] : disk_->state_.windows) {
    if (window.due_at.has_value()) due.push_back({*window.due_at, window.id});
  }
  std::sort(due.begin(), due.end(), [](const DueWindow& a, const DueWindow& b) {
    return std::tie(a.due_at, a.window) < std::tie(b.due_at, b.window);
  });
  return due;
}

absl::StatusOr<std::optional<Execution>> ModelStore::GetExecution(const ExecutionId& id) {
  MutexLock lock(disk_->mutex_);
  for (const auto& [key, execution] : disk_->state_.executions) {
    if (execution.id == id) return std::optional(execution);
  }
  return std::optional<Execution>();
}

absl::StatusOr<std::vector<Execution>> ModelStore::ListExecutions(const ExecutionQuery& query) {
  MutexLock lock(disk_->mutex_);
  std::vector<Execution> page;
  const auto& rows = disk_->state_.executions;
  for (auto row = rows.rbegin(); row != rows.rend() && page.size() < query.limit; ++row) {
    const Execution& execution = row->second;
    if (execution.window != query.window) continue;
    if (query.below.has_value() && execution.key >= *query.below) continue;
    if (query.executed_after.has_value() && execution.started_at <= *query.executed_after) continue;
    if (query.executed_before.has_value() && execution.started_at >= *query.executed_before) {
      continue;
    }
    page.push_back(execution);
  }
  return page;
}

absl::StatusOr<bool> ModelStore::HasOccurrence(const WindowId& window, absl::Time start_at) {
  MutexLock lock(disk_->mutex_);
  const auto& rows = disk_->state_.executions;
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.second.window == window && row.second.occurrence.start_at == start_at &&
           row.second.progress.reason != Reason::kMissed;
  });
}

absl::StatusOr<std::optional<ExecutionId>> ModelStore::FindResumption(const ExecutionId& id) {
  MutexLock lock(disk_->mutex_);
  for (const auto& [key, execution] : disk_->state_.executions) {
    if (execution.resumed_from == id) return std::optional(execution.id);
  }
  return std::optional<ExecutionId>();
}

absl::StatusOr<std::vector<TaskExecution>> ModelStore::ListTaskExecutions(ExecutionKey execution) {
  MutexLock lock(disk_->mutex_);
  std::vector<TaskExecution> tasks;
  for (const auto& [key, task] : disk_->state_.task_executions) {
    if (task.spec->execution == execution) tasks.push_back(task);
  }
  return tasks;
}

absl::StatusOr<std::vector<Finish>> ModelStore::ListFinishes(const FinishQuery& query) {
  MutexLock lock(disk_->mutex_);
  std::vector<Finish> page;
  const auto& rows = disk_->state_.finishes;
  for (auto row = rows.lower_bound({query.task, query.from});
       row != rows.end() && row->first.first == query.task && page.size() < query.limit; ++row) {
    if (query.status.has_value() && row->second.status != *query.status) continue;
    page.push_back(row->second);
  }
  return page;
}

absl::StatusOr<std::vector<ResolvedTarget>> ModelStore::ReadTargets(TaskKey snapshot, Ordinal first,
                                                                    std::size_t limit) {
  MutexLock lock(disk_->mutex_);
  std::vector<ResolvedTarget> targets;
  auto row = disk_->state_.chunks.upper_bound({snapshot, first});
  if (row == disk_->state_.chunks.begin()) return targets;
  --row;
  const SnapshotChunk& chunk = row->second;
  if (chunk.snapshot != snapshot) return targets;
  for (auto i = static_cast<std::size_t>(first - chunk.first);
       i < chunk.nodes.size() && targets.size() < limit; ++i) {
    targets.push_back({chunk.nodes[i], chunk.window_target, chunk.owner_information});
  }
  return targets;
}

std::vector<RunReader::ActiveExecution> ModelDisk::State::ActiveExecutions() const {
  std::vector<RunReader::ActiveExecution> active;
  for (const auto& [key, execution] : executions) {
    if (!IsActive(execution)) continue;
    RunReader::ActiveExecution& found = active.emplace_back();
    found.execution = execution;
    for (const auto& [task_key, task] : task_executions) {
      if (task.spec->execution != key) continue;
      std::vector<Ordinal> claimed = task.progress.stragglers;
      for (Ordinal i = task.progress.low; i < task.progress.next; ++i) claimed.push_back(i);
      std::erase_if(claimed, [&, task_id = task_key](Ordinal ordinal) {
        return finishes.contains({task_id, ordinal});
      });
      found.tasks.push_back({task, std::move(claimed)});
    }
  }
  return active;
}

RunReader::Keys ModelDisk::State::GreatestKeys() const {
  RunReader::Keys keys;
  if (!executions.empty()) keys.execution = executions.rbegin()->first;
  if (!task_executions.empty()) keys.task = task_executions.rbegin()->first;
  return keys;
}

absl::StatusOr<std::vector<RunReader::ActiveExecution>> ModelStore::LoadActive() {
  MutexLock lock(disk_->mutex_);
  return disk_->state_.ActiveExecutions();
}

absl::StatusOr<RunReader::Keys> ModelStore::GreatestKeys() {
  MutexLock lock(disk_->mutex_);
  return disk_->state_.GreatestKeys();
}

}  // namespace lull
