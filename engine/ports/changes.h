#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/nodes.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"

namespace lull {

// The changes that a store can be asked for. Each is small, carries its own guard and is applied
// whole or not at all; one that is rejected does not spoil the others of its commit. None decides
// anything: new values are written, guards are compared.

/// Takes the next epoch and the ownership of every execution that is not final.
/// Result: value is the new epoch.
struct TakeEpoch {
  std::string owner;
};

/// Expired tokens that one create removes at most.
inline constexpr std::size_t kTokenPruneBatch = 64;

/// The limit of a create that has none.
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// A create's `limit` is its last guard: when all others hold and the store has `limit` of its kind
// already (targets and tasks: of its window), it is kFull. So a repeated create is a conflict over
// its token, never over a limit.

/// Guard: no window with this id; no such token that has not expired; fewer than `limit` windows.
/// Token rows of this operation that are older than `token_expiry` go (kTokenPruneBatch at most,
/// the oldest first).
struct CreateWindow {
  Window window;
  std::optional<Token> token;
  absl::Time token_expiry;
  std::int64_t limit = kNoLimit;
};

/// Guard: the stored version is `expected_version`. Writes every member.
struct UpdateWindow {
  Window window;
  std::int64_t expected_version = 0;
};

/// Its targets and tasks go with it; executions stay. Guard: it exists.
struct DeleteWindow {
  WindowId window;
};

/// Guard: the window exists; no target with this id; no such token; fewer than `limit` targets.
struct CreateTarget {
  WindowTarget target;
  std::optional<Token> token;
  absl::Time token_expiry;
  std::int64_t limit = kNoLimit;
};

/// Guard: the window has this target, and its version is `expected_version`. Writes every member.
struct UpdateTarget {
  WindowTarget target;
  std::int64_t expected_version = 0;
};

/// Guard: the window has this target; with `unless_referenced`, none of its tasks References it.
struct DeleteTarget {
  WindowId window;
  WindowTargetId target;
  bool unless_referenced = false;
};

/// Guard: the window exists and has every target of `required_targets`; no task with this id; no
/// such token; fewer than `limit` tasks.
struct CreateTask {
  WindowTask task;
  std::optional<Token> token;
  absl::Time token_expiry;
  std::int64_t limit = kNoLimit;
  std::vector<WindowTargetId> required_targets;
};

/// Guard: the window has this task, its version is `expected_version`, and the window has every
/// target of `required_targets`. Writes every member.
struct UpdateTask {
  WindowTask task;
  std::int64_t expected_version = 0;
  std::vector<WindowTargetId> required_targets;
};

/// Guard: the window has this task.
struct DeleteTask {
  WindowId window;
  WindowTaskId task;
};

/// Sets what is due next of a window. Guard: its version is `expected_version`, which it moves on,
/// so that an update that was decided on the old due time is decided again; `epoch` is the store's
/// newest.
struct MoveDue {
  Epoch epoch{};
  WindowId window;
  std::int64_t expected_version = 0;
  std::optional<absl::Time> due_at;
};

/// Records an execution with its tasks, and what the window has due next.
/// Guards: `epoch` is the store's newest; the window's version is `move_due.expected_version`; no
/// execution of this window at this start, but for missed ones (Reason::kMissed); when it is not
/// final, no other active one of this window; a snapshot that is not of one of `tasks` is referred
/// to by a task of an execution that is not being pruned; no other one that was resumed from the
/// same execution; no such token.
struct OpenExecution {
  Epoch epoch{};
  Execution execution;
  std::vector<TaskExecution> tasks;
  std::optional<MoveDue> move_due;
  std::optional<Token> token;
  absl::Time token_expiry;
};

/// A piece of a snapshot: targets `first`, `first` + 1... of it, all with the same origin.
/// kChunkBytes at most in the store (storage splits nothing: the engine makes chunks that fit).
/// REQUIRES: no name has more than kMaxNodeNameBytes.
struct SnapshotChunk {
  TaskKey snapshot{};
  Ordinal first = 0;
  std::vector<std::string> nodes;
  std::optional<WindowTargetId> window_target;
  std::optional<std::string> owner_information;
  ResourceType resource_type = ResourceType::kInstance;
};
inline constexpr std::size_t kChunkBytes =
    900;  // of node names, so that a row needs no overflow page

/// Guards: `epoch` is the execution's; it is PENDING.
struct StageSnapshot {
  Epoch epoch{};
  ExecutionKey execution{};
  std::vector<SnapshotChunk> chunks;
};

/// Removes what is staged of an execution, to resolve it again. Guards: as StageSnapshot's.
struct DropSnapshots {
  Epoch epoch{};
  ExecutionKey execution{};
};

/// New values of one task execution. Guards: its status and cursor are the expected ones; each
/// finish is of a claimed ordinal that has no finish row yet.
struct TaskAdvance {
  TaskKey task{};
  Status expected_status = Status::kPending;
  Ordinal expected_next = 0;
  TaskProgress progress;
  std::vector<Finish> finishes;
};

/// Claims, finishes, closings, cancels, ends: all that a batch does to one execution.
/// Guards: `epoch` is the execution's, its status is `expected_status`, and those of every task.
/// Rejected as fenced when the epoch is not. REQUIRES: one a commit for each execution.
struct Advance {
  Epoch epoch{};
  ExecutionKey execution{};
  Status expected_status = Status::kPending;
  std::optional<ExecutionProgress> progress;  ///< nothing: the execution's own row stays as it is
  std::vector<TaskAdvance> tasks;
};

/// Nodes that one change writes or removes at most: a cancel waits for such a commit.
inline constexpr std::size_t kMaxNodesAChange = 250;

/// Adds nodes, or writes the origin's part of those that are there, and marks each as read in
/// `reading`. A node of another origin stays as it is. The API's tags stay.
/// REQUIRES: the ids are distinct. Result: value is how many are this origin's, now.
struct PutNodes {
  std::string origin;
  std::int64_t reading = 0;  ///< names one reading of the origin: no two share it
  std::vector<Node> nodes;
  absl::Time registered_at;  ///< of those that are new
};

/// Removes nodes, with all their tags. One of another origin, or that was read in `reading`, stays.
/// Result: value is how many went.
struct RemoveNodes {
  std::string origin;
  std::int64_t reading = 0;
  std::vector<std::int64_t> positions;
};

/// Writes the API's tags of a node. Guard: the stored version is `expected_version`.
struct TagNode {
  std::string id;
  Tags api_tags;
  std::int64_t expected_version = 0;
};

/// From now on these are all groups.
struct PutGroups {
  std::vector<NodeGroup> groups;
};

/// Removes an execution that has ended, a piece a commit. The first piece hides it: from then on no
/// reader finds it or its tasks by their ids or in lists. Rows go in this order, `rows` at most
/// (a task counts as one): of each task, by key, its finishes, the chunks of its snapshot unless
/// another task refers to them, itself; the execution last.
/// Guards: `epoch` is the store's newest; the execution exists and is final.
/// Result: value is 1 when more is left, 0 when it is gone.
struct PruneExecution {
  Epoch epoch{};
  ExecutionKey execution{};
  std::size_t rows = 0;  ///< 0: it is only hidden
};
inline constexpr std::size_t kPruneBatch = 250;  // rows

/// Puts events into the outbox, in this order.
/// Guard: the change number `of` of this very commit was applied. REQUIRES: it stands before this.
struct KeepEvents {
  std::size_t of = 0;
  std::vector<StateEvent> events;
};

/// Removes events of a subscriber, each by its place: it has them. Result: value is how many went.
struct SettleEvents {
  std::string subscriber;
  std::vector<std::int64_t> seqs;
};
inline constexpr std::size_t kMaxSettled = 64;

/// Removes a subscriber's oldest events, `count` at most. Result: value is how many went.
struct DropEvents {
  std::string subscriber;
  std::int64_t count = 0;
};

/// Adds a line to the audit log. Guard: as KeepEvents'; nothing: there is none.
struct KeepAudit {
  std::optional<std::size_t> of;
  AuditEntry entry;
};

using Change =
    std::variant<TakeEpoch, CreateWindow, UpdateWindow, DeleteWindow, CreateTarget, UpdateTarget,
                 DeleteTarget, CreateTask, UpdateTask, DeleteTask, MoveDue, OpenExecution,
                 StageSnapshot, DropSnapshots, Advance, PutNodes, RemoveNodes, TagNode, PutGroups,
                 PruneExecution, KeepEvents, SettleEvents, DropEvents, KeepAudit>;

enum class Verdict {
  kApplied,
  kConflict,  ///< a guard did not hold
  kFenced,    ///< a later engine has taken over
  kFull,      ///< a limit is reached
};

struct ChangeResult {
  Verdict verdict = Verdict::kApplied;
  std::int64_t value = 0;  ///< where a change says what it means
};

}  // namespace lull
