#include "tests/support/model_store.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <variant>

#include "engine/base/status.h"
#include "storage/preconditions.h"

namespace lull {
namespace {

constexpr ChangeResult kApplied{.verdict = Verdict::kApplied};
constexpr ChangeResult kConflict{.verdict = Verdict::kConflict};
constexpr ChangeResult kFenced{.verdict = Verdict::kFenced};
constexpr ChangeResult kFull{.verdict = Verdict::kFull};

/// Where a new row goes: behind the last one.
template <class Row>
std::int64_t NextPosition(const std::map<std::int64_t, Row>& rows) {
  return rows.empty() ? 1 : rows.rbegin()->first + 1;
}

/// The row with this id, of any window; null if there is none.
template <class Row, class Id>
Row* FindRow(std::map<std::int64_t, Row>& rows, const Id& id) {
  for (auto& [position, row] : rows) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

/// The same, of this window.
template <class Row, class Id>
Row* FindRow(std::map<std::int64_t, Row>& rows, const WindowId& window, const Id& id) {
  Row* row = FindRow(rows, id);
  return row != nullptr && row->window == window ? row : nullptr;
}

template <class Row>
std::int64_t CountRows(const std::map<std::int64_t, Row>& rows, const WindowId& window) {
  return std::count_if(rows.begin(), rows.end(),
                       [&](const auto& row) { return row.second.window == window; });
}

template <class Row>
std::vector<Row> RowsOf(const std::map<std::int64_t, Row>& rows, const WindowId& window) {
  std::vector<Row> found;
  for (const auto& [position, row] : rows) {
    if (row.window == window) found.push_back(row);
  }
  return found;
}

template <class Positioned, class Row>
std::vector<Positioned> PageOf(const std::map<std::int64_t, Row>& rows,
                               const DefinitionReader::RegistrationQuery& query) {
  std::vector<Positioned> page;
  for (const auto& [position, row] : rows) {
    if (page.size() == query.limit) break;
    if (row.window == query.window && position > query.after_position) {
      page.push_back({position, row});
    }
  }
  return page;
}

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
    if (static_cast<std::int64_t>(state_.windows.size()) >= change.limit) return kFull;
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
    const auto of_it = [&](const auto& row) { return row.second.window == change.window; };
    std::erase_if(state_.targets, of_it);
    std::erase_if(state_.tasks, of_it);
    return kApplied;
  }

  ChangeResult operator()(const CreateTarget& change) {
    if (FindWindow(change.target.window) == nullptr) return kConflict;
    if (FindRow(state_.targets, change.target.id) != nullptr) return kConflict;
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    if (CountRows(state_.targets, change.target.window) >= change.limit) return kFull;
    state_.targets[NextPosition(state_.targets)] = change.target;
    KeepToken(change.token, change.token_expiry);
    return kApplied;
  }

  ChangeResult operator()(const UpdateTarget& change) {
    WindowTarget* target = FindRow(state_.targets, change.target.window, change.target.id);
    if (target == nullptr || target->version != change.expected_version) return kConflict;
    *target = change.target;
    target->version = change.expected_version + 1;
    return kApplied;
  }

  ChangeResult operator()(const DeleteTarget& change) {
    if (FindRow(state_.targets, change.window, change.target) == nullptr) return kConflict;
    for (const WindowTask& task : RowsOf(state_.tasks, change.window)) {
      if (change.unless_referenced && References(task.targets, change.target)) return kConflict;
    }
    std::erase_if(state_.targets, [&](const auto& row) { return row.second.id == change.target; });
    return kApplied;
  }

  ChangeResult operator()(const CreateTask& change) {
    if (FindWindow(change.task.window) == nullptr) return kConflict;
    if (FindRow(state_.tasks, change.task.id) != nullptr) return kConflict;
    if (!HasTargets(change.task.window, change.required_targets)) return kConflict;
    if (!TokenIsFree(change.token, change.token_expiry)) return kConflict;
    if (CountRows(state_.tasks, change.task.window) >= change.limit) return kFull;
    state_.tasks[NextPosition(state_.tasks)] = change.task;
    KeepToken(change.token, change.token_expiry);
    return kApplied;
  }

  ChangeResult operator()(const UpdateTask& change) {
    WindowTask* task = FindRow(state_.tasks, change.task.window, change.task.id);
    if (task == nullptr || task->version != change.expected_version) return kConflict;
    if (!HasTargets(change.task.window, change.required_targets)) return kConflict;
    *task = change.task;
    task->version = change.expected_version + 1;
    return kApplied;
  }

  ChangeResult operator()(const DeleteTask& change) {
    if (FindRow(state_.tasks, change.window, change.task) == nullptr) return kConflict;
    std::erase_if(state_.tasks, [&](const auto& row) { return row.second.id == change.task; });
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
    std::set<TaskKey> keys;
    for (const TaskExecution& task : change.tasks) {
      if (!ids.insert(task.spec->id).second) return kConflict;
      keys.insert(task.spec->key);
      if (!keys.contains(task.spec->snapshot) && !IsHeld(task.spec->snapshot)) return kConflict;
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
      const auto task = state_.task_executions.find(row.first.first);
      return task != state_.task_executions.end() &&
             task->second.spec->execution == change.execution;
    });
    return kApplied;
  }

  ChangeResult operator()(const PruneExecution& change) {
    if (change.epoch != state_.epoch) return kFenced;
    const auto execution = state_.executions.find(change.execution);
    if (execution == state_.executions.end() || IsActive(execution->second)) return kConflict;
    state_.pruning.insert(change.execution);
    const ChangeResult more{.verdict = Verdict::kApplied, .value = 1};
    std::size_t left = change.rows;
    for (auto task = state_.task_executions.begin(); task != state_.task_executions.end();) {
      if (task->second.spec->execution != change.execution) {
        ++task;
        continue;
      }
      const TaskKey key = task->first;
      const TaskKey snapshot = task->second.spec->snapshot;
      EraseSome(state_.finishes, key, left);
      const bool shared = std::any_of(
          state_.task_executions.begin(), state_.task_executions.end(), [&](const auto& row) {
            return row.first != key && row.second.spec->snapshot == snapshot;
          });
      if (!shared) EraseSome(state_.chunks, snapshot, left);
      if (left == 0) return more;
      task = state_.task_executions.erase(task);
      state_.pruned.task = std::max(state_.pruned.task, key);
      --left;
    }
    if (left == 0) return more;
    state_.executions.erase(execution);
    state_.pruning.erase(change.execution);
    state_.pruned.execution = std::max(state_.pruned.execution, change.execution);
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

  ChangeResult operator()(const PutNodes& change) {
    ChangeResult result;
    for (const Node& node : change.nodes) {
      auto row = std::find_if(state_.nodes.begin(), state_.nodes.end(), [&](const auto& other) {
        return other.second.stored.node.id == node.id;
      });
      if (row == state_.nodes.end()) {
        const std::int64_t position = ++state_.last_node;
        row = state_.nodes.emplace(position, typename State::NodeRow{}).first;
        row->second.stored.position = position;
        row->second.stored.origin = change.origin;
        row->second.stored.registered_at = change.registered_at;
      }
      if (row->second.stored.origin != change.origin) continue;
      row->second.stored.node = node;
      row->second.reading = change.reading;
      ++result.value;
    }
    return result;
  }

  ChangeResult operator()(const RemoveNodes& change) {
    ChangeResult result;
    for (const std::int64_t position : change.positions) {
      const auto row = state_.nodes.find(position);
      if (row == state_.nodes.end() || row->second.stored.origin != change.origin) continue;
      if (row->second.reading == change.reading) continue;
      state_.nodes.erase(row);
      ++result.value;
    }
    return result;
  }

  ChangeResult operator()(const TagNode& change) {
    for (auto& [position, row] : state_.nodes) {
      StoredNode& stored = row.stored;
      if (stored.node.id != change.id || stored.version != change.expected_version) continue;
      stored.api_tags = change.api_tags;
      ++stored.version;
      return kApplied;
    }
    return kConflict;
  }

  ChangeResult operator()(const PutGroups& change) {
    state_.groups = change.groups;
    return kApplied;
  }

  ChangeResult operator()(const KeepEvents& change) {
    for (const StateEvent& event : change.events) state_.outbox[++state_.last_event] = event;
    return kApplied;
  }

  ChangeResult operator()(const SettleEvents& change) {
    ChangeResult result = kApplied;
    for (const std::int64_t seq : change.seqs) {
      const auto row = state_.outbox.find(seq);
      if (row == state_.outbox.end() || row->second.subscriber != change.subscriber) continue;
      state_.outbox.erase(row);
      ++result.value;
    }
    return result;
  }

  ChangeResult operator()(const DropEvents& change) {
    ChangeResult result = kApplied;
    for (auto row = state_.outbox.begin();
         row != state_.outbox.end() && result.value < change.count;) {
      const bool goes = row->second.subscriber == change.subscriber;
      row = goes ? state_.outbox.erase(row) : std::next(row);
      result.value += goes;
    }
    return result;
  }

  ChangeResult operator()(const KeepAudit& change) {
    state_.audit.push_back(change.entry);
    return kApplied;
  }

 private:
  /// Of `task`, `left` at most.
  template <class Rows>
  static void EraseSome(Rows& rows, TaskKey task, std::size_t& left) {
    auto row = rows.lower_bound({task, 0});
    while (left > 0 && row != rows.end() && row->first.first == task) {
      row = rows.erase(row);
      --left;
    }
  }

  bool IsHeld(TaskKey snapshot) {
    return std::any_of(state_.task_executions.begin(), state_.task_executions.end(),
                       [&](const auto& row) {
                         return row.second.spec->snapshot == snapshot &&
                                !state_.pruning.contains(row.second.spec->execution);
                       });
  }

  Window* FindWindow(const WindowId& id) {
    for (auto& [position, window] : state_.windows) {
      if (window.id == id) return &window;
    }
    return nullptr;
  }

  bool HasTargets(const WindowId& window, const std::vector<WindowTargetId>& targets) {
    return std::all_of(targets.begin(), targets.end(), [&](const WindowTargetId& target) {
      return FindRow(state_.targets, window, target) != nullptr;
    });
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

void ModelDisk::FailRead(std::int64_t n) {
  MutexLock lock(mutex_);
  failing_read_ = reads_ + n;
}

void ModelDisk::ForgetFaults() {
  MutexLock lock(mutex_);
  faults_.clear();
  failing_read_ = 0;
  recover_faults_ = 0;
}

bool ModelDisk::IsUnreadable(const WindowId& window, Unreadable what) const {
  const auto planted = unreadable_.find(window);
  return planted != unreadable_.end() && planted->second == what;
}

std::int64_t ModelDisk::commits() const {
  MutexLock lock(mutex_);
  return commits_;
}

bool ModelDisk::read_failed() const {
  MutexLock lock(mutex_);
  return failing_read_ != 0 && reads_ >= failing_read_;
}

absl::Status ModelDisk::BeginRead() {
  return ++reads_ == failing_read_ ? absl::InternalError("planted") : absl::OkStatus();
}

ModelStore::ModelStore(std::shared_ptr<ModelDisk> disk) : disk_(std::move(disk)) {}

absl::StatusOr<std::vector<ChangeResult>> ModelStore::Commit(const std::vector<Change>& changes) {
  storage::CheckChanges(changes);
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
    const auto of = storage::TellsOf(change);
    if (of && results.at(*of).verdict != Verdict::kApplied) {
      results.push_back(kConflict);
      continue;
    }
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
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
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
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<PositionedWindow> page;
  for (const auto& [position, window] : disk_->state_.windows) {
    if (page.size() == query.limit) break;
    if (position > query.after_position) page.push_back({position, window});
  }
  return page;
}

absl::StatusOr<std::vector<WindowTarget>> ModelStore::ListTargets(const WindowId& window) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  return RowsOf(disk_->state_.targets, window);
}

absl::StatusOr<std::vector<WindowTask>> ModelStore::ListTasks(const WindowId& window) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  if (disk_->IsUnreadable(window, ModelDisk::Unreadable::kTasks)) {
    return absl::InternalError("planted");
  }
  return RowsOf(disk_->state_.tasks, window);
}

absl::StatusOr<std::vector<DefinitionReader::PositionedTarget>> ModelStore::PageTargets(
    const RegistrationQuery& query) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  return PageOf<PositionedTarget>(disk_->state_.targets, query);
}

absl::StatusOr<std::vector<DefinitionReader::PositionedTask>> ModelStore::PageTasks(
    const RegistrationQuery& query) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  return PageOf<PositionedTask>(disk_->state_.tasks, query);
}

absl::StatusOr<std::optional<WindowTarget>> ModelStore::GetTarget(const WindowTargetId& id) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  const WindowTarget* target = FindRow(disk_->state_.targets, id);
  return target == nullptr ? std::nullopt : std::optional(*target);
}

absl::StatusOr<std::optional<WindowTask>> ModelStore::GetTask(const WindowTaskId& id) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  const WindowTask* task = FindRow(disk_->state_.tasks, id);
  return task == nullptr ? std::nullopt : std::optional(*task);
}

absl::StatusOr<std::optional<Token>> ModelStore::FindToken(const std::string& operation,
                                                           const std::string& scope,
                                                           const std::string& token) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  const auto row = disk_->state_.tokens.find({operation, scope, token});
  if (row == disk_->state_.tokens.end()) return std::optional<Token>();
  return std::optional(row->second);
}

absl::StatusOr<std::vector<DefinitionReader::DueWindow>> ModelStore::ListDue() {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
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
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const auto& [key, execution] : disk_->state_.executions) {
    if (execution.id == id && !disk_->state_.pruning.contains(key)) return std::optional(execution);
  }
  return std::optional<Execution>();
}

absl::StatusOr<std::vector<Execution>> ModelStore::ListExecutions(const ExecutionQuery& query) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<Execution> page;
  const auto& rows = disk_->state_.executions;
  for (auto row = rows.rbegin(); row != rows.rend() && page.size() < query.limit; ++row) {
    const Execution& execution = row->second;
    if (execution.window != query.window || disk_->state_.pruning.contains(row->first)) continue;
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
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  const auto& rows = disk_->state_.executions;
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.second.window == window && row.second.occurrence.start_at == start_at &&
           row.second.progress.reason != Reason::kMissed;
  });
}

absl::StatusOr<std::optional<ExecutionId>> ModelStore::FindResumption(const ExecutionId& id) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const auto& [key, execution] : disk_->state_.executions) {
    if (execution.resumed_from == id) return std::optional(execution.id);
  }
  return std::optional<ExecutionId>();
}

absl::StatusOr<std::vector<TaskExecution>> ModelStore::ListTaskExecutions(ExecutionKey execution) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<TaskExecution> tasks;
  for (const auto& [key, task] : disk_->state_.task_executions) {
    if (task.spec->execution == execution) tasks.push_back(task);
  }
  return tasks;
}

absl::StatusOr<std::optional<TaskExecution>> ModelStore::GetTaskExecution(
    const TaskExecutionId& id) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const auto& [key, task] : disk_->state_.task_executions) {
    if (task.spec->id != id || disk_->state_.pruning.contains(task.spec->execution)) continue;
    return std::optional(task);
  }
  return std::optional<TaskExecution>();
}

absl::StatusOr<std::vector<TaskExecution>> ModelStore::ListNewestTasks(std::optional<TaskKey> below,
                                                                       std::size_t limit) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<TaskExecution> page;
  const auto& rows = disk_->state_.task_executions;
  for (auto row = rows.rbegin(); row != rows.rend() && page.size() < limit; ++row) {
    if (below.has_value() && row->first >= *below) continue;
    if (disk_->state_.pruning.contains(row->second.spec->execution)) continue;
    page.push_back(row->second);
  }
  return page;
}

absl::StatusOr<std::vector<Finish>> ModelStore::ListFinishes(const FinishQuery& query) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
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
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<ResolvedTarget> targets;
  auto row = disk_->state_.chunks.upper_bound({snapshot, first});
  if (row == disk_->state_.chunks.begin()) return targets;
  --row;
  const SnapshotChunk& chunk = row->second;
  if (chunk.snapshot != snapshot) return targets;
  for (auto i = static_cast<std::size_t>(first - chunk.first);
       i < chunk.nodes.size() && targets.size() < limit; ++i) {
    targets.push_back(
        {chunk.nodes[i], chunk.window_target, chunk.owner_information, chunk.resource_type});
  }
  return targets;
}

absl::StatusOr<std::optional<Ordinal>> ModelStore::FindTarget(TaskKey snapshot, Ordinal first,
                                                              Ordinal last,
                                                              const std::string& node) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const auto& [key, chunk] : disk_->state_.chunks) {
    if (chunk.snapshot != snapshot) continue;
    for (std::size_t i = 0; i < chunk.nodes.size(); ++i) {
      const Ordinal ordinal = chunk.first + static_cast<Ordinal>(i);
      if (ordinal >= first && ordinal < last && chunk.nodes[i] == node) return ordinal;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<RunReader::Age>> ModelStore::ListAges(ExecutionKey after,
                                                                 std::size_t limit) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<Age> ages;
  const auto& rows = disk_->state_.executions;
  for (auto row = rows.upper_bound(after); row != rows.end() && ages.size() < limit; ++row) {
    ages.push_back({row->first, row->second.occurrence.start_at, row->second.started_at,
                    row->second.progress.ended_at, disk_->state_.pruning.contains(row->first)});
  }
  return ages;
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
  RunReader::Keys keys = pruned;
  if (!executions.empty()) keys.execution = std::max(keys.execution, executions.rbegin()->first);
  if (!task_executions.empty()) keys.task = std::max(keys.task, task_executions.rbegin()->first);
  return keys;
}

absl::StatusOr<std::vector<RunReader::ActiveExecution>> ModelStore::LoadActive() {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  return disk_->state_.ActiveExecutions();
}

absl::StatusOr<RunReader::Keys> ModelStore::GreatestKeys() {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  return disk_->state_.GreatestKeys();
}

absl::StatusOr<std::optional<StoredNode>> ModelStore::GetNode(const std::string& id) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const auto& [position, row] : disk_->state_.nodes) {
    if (row.stored.node.id == id) return std::optional(row.stored);
  }
  return std::optional<StoredNode>();
}

absl::StatusOr<std::vector<StoredNode>> ModelStore::ListNodes(const Page& page) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<StoredNode> nodes;
  for (const auto& [position, row] : disk_->state_.nodes) {
    if (nodes.size() == page.limit) break;
    if (position > page.after_position) nodes.push_back(row.stored);
  }
  return nodes;
}

absl::StatusOr<std::vector<NodeReader::NodeName>> ModelStore::ListTagged(const std::string& key,
                                                                         const std::string& value,
                                                                         const Page& page) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<NodeName> names;
  for (const auto& [position, row] : disk_->state_.nodes) {
    if (names.size() == page.limit) break;
    const Tags tags = TagsOf(row.stored);
    const auto tag = tags.find(key);
    if (position <= page.after_position || tag == tags.end() || tag->second != value) continue;
    names.push_back({position, row.stored.node.id});
  }
  return names;
}

absl::StatusOr<std::vector<NodeReader::NodeReading>> ModelStore::ListReadings(
    const std::string& origin, const Page& page) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<NodeReading> readings;
  for (const auto& [position, row] : disk_->state_.nodes) {
    if (readings.size() == page.limit) break;
    if (position <= page.after_position || row.stored.origin != origin) continue;
    readings.push_back({position, row.reading});
  }
  return readings;
}

absl::StatusOr<std::optional<NodeGroup>> ModelStore::GetGroup(const std::string& name) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  for (const NodeGroup& group : disk_->state_.groups) {
    if (group.name == name) return std::optional(group);
  }
  return std::optional<NodeGroup>();
}

absl::StatusOr<std::vector<OutboxReader::StoredEvent>> ModelStore::ListEvents(
    const std::string& subscriber, std::int64_t after, std::size_t limit) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::vector<StoredEvent> events;
  for (const auto& [seq, event] : disk_->state_.outbox) {
    if (events.size() == limit) break;
    if (seq > after && event.subscriber == subscriber) events.push_back({seq, event});
  }
  return events;
}

absl::StatusOr<std::map<std::string, std::int64_t>> ModelStore::CountEvents() {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  std::map<std::string, std::int64_t> counts;
  for (const auto& [seq, event] : disk_->state_.outbox) ++counts[event.subscriber];
  return counts;
}

absl::StatusOr<std::vector<AuditReader::StoredEntry>> ModelStore::ListAudit(
    const AuditReader::Query& query) {
  MutexLock lock(disk_->mutex_);
  LULL_RETURN_IF_ERROR(disk_->BeginRead());
  const auto& lines = disk_->state_.audit;
  std::vector<StoredEntry> found;
  for (auto seq = static_cast<std::int64_t>(lines.size()); seq > 0 && found.size() < query.limit;
       --seq) {
    const AuditEntry& entry = lines[static_cast<std::size_t>(seq - 1)];
    if (query.below && seq >= *query.below) continue;
    if (query.since && entry.at < *query.since) continue;
    found.push_back({seq, entry});
  }
  return found;
}

}  // namespace lull
