#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/ports/store.h"

namespace lull {

/// What a disk holds for ModelStore: it outlives the stores that are opened over it, and several
/// may share it, as engines would share a database. Thread-safe. Also where faults are planted.
class ModelDisk {
 public:
  /// What becomes of a commit that fails.
  enum class Fault {
    kUnavailable,        ///< refused, nothing is applied
    kUnknownNotApplied,  ///< kUnknown, and the disk does not have it
    kUnknownApplied,     ///< kUnknown, and the disk has it
    kInternal,           ///< damaged: nothing is applied
    kConflict,           ///< OK, but all rows are others than expected: nothing is applied
  };

  /// The next call of Commit, by any store, fails so.
  void FailNext(Fault fault);

  /// The n-th call of Commit from the beginning fails so; the first is number 1. Of a fault loop.
  void FailCommit(std::int64_t n, Fault fault);

  /// The next `calls` calls of Recover are kUnavailable.
  void FailRecover(int calls);

  /// The n-th read from now on, by any store, is kInternal; the next one is number 1. Only one such
  /// read is planted at a time.
  void FailRead(std::int64_t n);

  /// Whether the read that was planted has come.
  bool read_failed() const;

  /// Nothing that was planted fails any more, but for what SetUnreadable planted.
  void ForgetFaults();

  /// What can't be read of a window.
  enum class Unreadable { kNothing, kWindow, kTasks };

  /// From now on that of `window` is kInternal.
  void SetUnreadable(const WindowId& window, Unreadable what);

  /// Calls of Commit up to now, failed ones too.
  std::int64_t commits() const;

 private:
  friend class ModelStore;

  struct State {
    Epoch epoch{0};
    std::string owner;
    std::int64_t last_position = 0;
    std::map<std::int64_t, Window> windows;  // by position
    std::map<std::int64_t, WindowTarget> targets;
    std::map<std::int64_t, WindowTask> tasks;
    std::map<std::tuple<std::string, std::string, std::string>, Token> tokens;
    struct NodeRow {
      StoredNode stored;
      std::int64_t reading = 0;
    };
    std::int64_t last_node = 0;
    std::map<std::int64_t, NodeRow> nodes;  // by position
    std::vector<NodeGroup> groups;
    std::map<ExecutionKey, Execution> executions;
    std::set<ExecutionKey> pruning;  // of those
    RunReader::Keys pruned;          // the greatest that are gone
    std::map<TaskKey, TaskExecution> task_executions;
    std::map<std::pair<TaskKey, Ordinal>, Finish> finishes;
    std::map<std::pair<TaskKey, Ordinal>, SnapshotChunk> chunks;
    std::int64_t last_event = 0;
    std::map<std::int64_t, StateEvent> outbox;  // by place
    std::vector<AuditEntry> audit;

    std::vector<RunReader::ActiveExecution> ActiveExecutions() const;
    RunReader::Keys GreatestKeys() const;
  };

  absl::Status BeginRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsUnreadable(const WindowId& window, Unreadable what) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
  std::int64_t commits_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::int64_t, Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<WindowId, Unreadable> unreadable_ ABSL_GUARDED_BY(mutex_);
  int recover_faults_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t failing_read_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: none
};

/// The reference store: the port's words as plainly as they can be said, in memory. Deterministic.
/// A crash is to drop it; what was committed is on the disk.
class ModelStore : public Store,
                   private DefinitionReader,
                   private RunReader,
                   private NodeReader,
                   private OutboxReader,
                   private AuditReader {
 public:
  explicit ModelStore(std::shared_ptr<ModelDisk> disk);

  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override;
  absl::Status Recover() override;
  DefinitionReader& definitions() override { return *this; }
  RunReader& runs() override { return *this; }
  NodeReader& nodes() override { return *this; }
  OutboxReader& outbox() override { return *this; }
  AuditReader& audit() override { return *this; }

 private:
  absl::StatusOr<std::optional<Window>> GetWindow(const WindowId& id) override;
  absl::StatusOr<std::vector<PositionedWindow>> ListWindows(const WindowQuery& query) override;
  absl::StatusOr<std::vector<WindowTarget>> ListTargets(const WindowId& window) override;
  absl::StatusOr<std::vector<WindowTask>> ListTasks(const WindowId& window) override;
  absl::StatusOr<std::vector<PositionedTarget>> PageTargets(
      const RegistrationQuery& query) override;
  absl::StatusOr<std::vector<PositionedTask>> PageTasks(const RegistrationQuery& query) override;
  absl::StatusOr<std::optional<WindowTarget>> GetTarget(const WindowTargetId& id) override;
  absl::StatusOr<std::optional<WindowTask>> GetTask(const WindowTaskId& id) override;
  absl::StatusOr<std::optional<Token>> FindToken(const std::string& operation,
                                                 const std::string& scope,
                                                 const std::string& token) override;
  absl::StatusOr<std::vector<DueWindow>> ListDue() override;

  absl::StatusOr<std::optional<Execution>> GetExecution(const ExecutionId& id) override;
  absl::StatusOr<std::vector<Execution>> ListExecutions(const ExecutionQuery& query) override;
  absl::StatusOr<bool> HasOccurrence(const WindowId& window, absl::Time start_at) override;
  absl::StatusOr<std::optional<ExecutionId>> FindResumption(const ExecutionId& id) override;
  absl::StatusOr<std::vector<TaskExecution>> ListTaskExecutions(ExecutionKey execution) override;
  absl::StatusOr<std::optional<TaskExecution>> GetTaskExecution(const TaskExecutionId& id) override;
  absl::StatusOr<std::vector<TaskExecution>> ListNewestTasks(std::optional<TaskKey> below,
                                                             std::size_t limit) override;
  absl::StatusOr<std::vector<Finish>> ListFinishes(const FinishQuery& query) override;
  absl::StatusOr<std::vector<ResolvedTarget>> ReadTargets(TaskKey snapshot, Ordinal first,
                                                          std::size_t limit) override;
  absl::StatusOr<std::optional<Ordinal>> FindTarget(TaskKey snapshot, Ordinal first, Ordinal last,
                                                    const std::string& node) override;
  absl::StatusOr<std::vector<Age>> ListAges(ExecutionKey after, std::size_t limit) override;
  absl::StatusOr<std::vector<ActiveExecution>> LoadActive() override;
  absl::StatusOr<Keys> GreatestKeys() override;

  absl::StatusOr<std::optional<StoredNode>> GetNode(const std::string& id) override;
  absl::StatusOr<std::vector<StoredNode>> ListNodes(const Page& page) override;
  absl::StatusOr<std::vector<NodeName>> ListTagged(const std::string& key, const std::string& value,
                                                   const Page& page) override;
  absl::StatusOr<std::vector<NodeReading>> ListReadings(const std::string& origin,
                                                        const Page& page) override;
  absl::StatusOr<std::optional<NodeGroup>> GetGroup(const std::string& name) override;

  absl::StatusOr<std::vector<StoredEvent>> ListEvents(const std::string& subscriber,
                                                      std::int64_t after,
                                                      std::size_t limit) override;
  absl::StatusOr<std::map<std::string, std::int64_t>> CountEvents() override;
  absl::StatusOr<std::vector<StoredEntry>> ListAudit(const AuditReader::Query& query) override;

  const std::shared_ptr<ModelDisk> disk_;
  bool must_recover_ = false;  // Commit's and Recover's only: one thread at a time
};

}  // namespace lull
