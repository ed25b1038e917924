#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/nodes.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull {

/// What the engine reads of definitions. Thread-safe; each call sees one committed state, and every
/// state committed before the call began. Errors: kInternal (the store can't be read).
class DefinitionReader {
 public:
  virtual ~DefinitionReader() = default;

  virtual absl::StatusOr<std::optional<Window>> GetWindow(const WindowId& id) = 0;

  /// Windows in the order of their creation, after the position `after_position`, `limit` at most.
  struct WindowQuery {
    std::int64_t after_position = 0;  ///< of the last row seen; 0 at first
    std::size_t limit = 50;
  };
  struct PositionedWindow {
    std::int64_t position = 0;
    Window window;
  };
  virtual absl::StatusOr<std::vector<PositionedWindow>> ListWindows(const WindowQuery& query) = 0;

  /// All of a window, in the order of registration.
  virtual absl::StatusOr<std::vector<WindowTarget>> ListTargets(const WindowId& window) = 0;
  virtual absl::StatusOr<std::vector<WindowTask>> ListTasks(const WindowId& window) = 0;

  /// The same, after the position `after_position`, `limit` at most.
  struct RegistrationQuery {
    WindowId window;
    std::int64_t after_position = 0;  ///< of the last row seen; 0 at first
    std::size_t limit = 50;
  };
  struct PositionedTarget {
    std::int64_t position = 0;
    WindowTarget target;
  };
  struct PositionedTask {
    std::int64_t position = 0;
    WindowTask task;
  };
  virtual absl::StatusOr<std::vector<PositionedTarget>> PageTargets(
      const RegistrationQuery& query) = 0;
  virtual absl::StatusOr<std::vector<PositionedTask>> PageTasks(const RegistrationQuery& query) = 0;

  /// Of any window.
  virtual absl::StatusOr<std::optional<WindowTarget>> GetTarget(const WindowTargetId& id) = 0;
  virtual absl::StatusOr<std::optional<WindowTask>> GetTask(const WindowTaskId& id) = 0;

  virtual absl::StatusOr<std::optional<Token>> FindToken(const std::string& operation,
                                                         const std::string& scope,
                                                         const std::string& token) = 0;

  /// Every window with something due, by time.
  struct DueWindow {
    absl::Time due_at;
    WindowId window;
  };
  virtual absl::StatusOr<std::vector<DueWindow>> ListDue() = 0;
};

/// What the engine reads of runs. Thread-safe, as DefinitionReader. An execution that is being
/// pruned is found neither by its id nor in a list, and its tasks neither; by their keys, what is
/// left of it is.
class RunReader {
 public:
  virtual ~RunReader() = default;

  virtual absl::StatusOr<std::optional<Execution>> GetExecution(const ExecutionId& id) = 0;

  /// Executions of a window, newest first, with start in (after, before); `below` is the key of the
  /// last row seen.
  struct ExecutionQuery {
    WindowId window;
    std::optional<absl::Time> executed_after;
    std::optional<absl::Time> executed_before;
    std::optional<ExecutionKey> below;
    std::size_t limit = 50;
  };
  virtual absl::StatusOr<std::vector<Execution>> ListExecutions(const ExecutionQuery& query) = 0;

  /// Whether an execution of this window at this start is recorded, missed ones left out: no other
  /// can open there.
  virtual absl::StatusOr<bool> HasOccurrence(const WindowId& window, absl::Time start_at) = 0;

  /// The execution that goes on with what `id` left.
  virtual absl::StatusOr<std::optional<ExecutionId>> FindResumption(const ExecutionId& id) = 0;

  /// The task executions of an execution, by key (that is: by priority, then registration).
  virtual absl::StatusOr<std::vector<TaskExecution>> ListTaskExecutions(ExecutionKey execution) = 0;

  /// The task execution with this id.
  virtual absl::StatusOr<std::optional<TaskExecution>> GetTaskExecution(
      const TaskExecutionId& id) = 0;

  /// Task executions of all executions, newest first: those with a key less than `below`.
  virtual absl::StatusOr<std::vector<TaskExecution>> ListNewestTasks(std::optional<TaskKey> below,
                                                                     std::size_t limit) = 0;

  /// Finished invocations of a task from ordinal `from` on, ascending; with `status`, only such.
  struct FinishQuery {
    TaskKey task{};
    Ordinal from = 0;
    std::optional<Status> status;
    std::size_t limit = 50;
  };
  virtual absl::StatusOr<std::vector<Finish>> ListFinishes(const FinishQuery& query) = 0;

  /// Targets of a snapshot from `first` on, up to the end of a chunk or `limit`, whichever is first
  /// (at least one, unless the snapshot ends before `first`).
  virtual absl::StatusOr<std::vector<ResolvedTarget>> ReadTargets(TaskKey snapshot, Ordinal first,
                                                                  std::size_t limit) = 0;

  /// The first target of a snapshot in [first, last) whose node is `node`. Reads the chunks
  /// between, one name in memory at a time: some 16,000 rows for a million targets of 12 bytes.
  virtual absl::StatusOr<std::optional<Ordinal>> FindTarget(TaskKey snapshot, Ordinal first,
                                                            Ordinal last,
                                                            const std::string& node) = 0;

  /// Executions by key, from the first after `after` on, those that are being pruned too.
  struct Age {
    ExecutionKey key{};
    absl::Time start_at;  ///< of its occurrence
    absl::Time started_at;
    std::optional<absl::Time> ended_at;
    bool pruning = false;  ///< PruneExecution has begun
  };
  virtual absl::StatusOr<std::vector<Age>> ListAges(ExecutionKey after, std::size_t limit) = 0;

  /// An execution that is not final, as a new life of the engine finds it.
  struct ActiveTask {
    TaskExecution task;
    std::vector<Ordinal> in_flight;  ///< claimed and without a finish row, ascending
  };
  struct ActiveExecution {
    Execution execution;
    std::vector<ActiveTask> tasks;
  };
  virtual absl::StatusOr<std::vector<ActiveExecution>> LoadActive() = 0;

  /// The greatest keys that ever were in use, 0 when there were none.
  struct Keys {
    ExecutionKey execution{};
    TaskKey task{};
  };
  virtual absl::StatusOr<Keys> GreatestKeys() = 0;
};

/// What the engine reads of the fleet. Thread-safe, as DefinitionReader. A list goes by position,
/// in pages: a node that stays is in exactly one of them, whatever changes meanwhile.
class NodeReader {
 public:
  virtual ~NodeReader() = default;

  virtual absl::StatusOr<std::optional<StoredNode>> GetNode(const std::string& id) = 0;

  /// A page of a list: after the position of the last row seen (0 at first), `limit` at most.
  struct Page {
    std::int64_t after_position = 0;
    std::size_t limit = 50;
  };
  virtual absl::StatusOr<std::vector<StoredNode>> ListNodes(const Page& page) = 0;

  /// Nodes that show the tag `key` with this value.
  struct NodeName {
    std::int64_t position = 0;
    std::string id;
    friend bool operator==(const NodeName&, const NodeName&) = default;
  };
  virtual absl::StatusOr<std::vector<NodeName>> ListTagged(const std::string& key,
                                                           const std::string& value,
                                                           const Page& page) = 0;

  /// Nodes of an origin, each with its last reading.
  struct NodeReading {
    std::int64_t position = 0;
    std::int64_t reading = 0;
    friend bool operator==(const NodeReading&, const NodeReading&) = default;
  };
  virtual absl::StatusOr<std::vector<NodeReading>> ListReadings(const std::string& origin,
                                                                const Page& page) = 0;

  virtual absl::StatusOr<std::optional<NodeGroup>> GetGroup(const std::string& name) = 0;
};

/// What those read who pass events on. Thread-safe, as DefinitionReader.
class OutboxReader {
 public:
  virtual ~OutboxReader() = default;

  /// An event with its place: events come in the order of their commits, and no two ever share one.
  struct StoredEvent {
    std::int64_t seq = 0;
    StateEvent event;
  };
  /// Those of a subscriber that are not settled, after the place `after`, `limit` at most.
  virtual absl::StatusOr<std::vector<StoredEvent>> ListEvents(const std::string& subscriber,
                                                              std::int64_t after,
                                                              std::size_t limit) = 0;

  /// How many each subscriber has; those that have none are left out.
  virtual absl::StatusOr<std::map<std::string, std::int64_t>> CountEvents() = 0;
};

/// What those read who look back. Thread-safe, as DefinitionReader.
class AuditReader {
 public:
  virtual ~AuditReader() = default;

  struct StoredEntry {
    std::int64_t seq = 0;  ///< grows by one with each line
    AuditEntry entry;
  };
  struct Query {
    std::optional<std::int64_t> below;  ///< the place of the last line seen
    std::optional<absl::Time> since;
    std::size_t limit = 50;
  };
  /// Lines of the audit log, newest first.
  virtual absl::StatusOr<std::vector<StoredEntry>> ListAudit(const Query& query) = 0;
};

/// Where everything is kept. One engine at a time; its readers may be called from any thread,
/// Commit and Recover from one at a time (the engine's leader).
class Store {
 public:
  virtual ~Store() = default;

  /// Applies the changes in order, durably, in one transaction, and returns a result for each.
  /// Errors: kUnavailable: nothing was applied (no room, busy, read-only); kUnknown: what happened
  /// is not known until Recover has returned OK; kInternal: nothing was applied and trying again
  /// won't help (corrupt).
  virtual absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) = 0;

  /// After kUnknown: brings the store to a state that is known and durable, under the same epoch.
  /// Errors: kUnavailable: try again later.
  virtual absl::Status Recover() = 0;

  virtual DefinitionReader& definitions() = 0;
  virtual RunReader& runs() = 0;
  virtual NodeReader& nodes() = 0;
  virtual OutboxReader& outbox() = 0;
  virtual AuditReader& audit() = 0;
};

}  // namespace lull
