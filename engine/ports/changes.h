#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
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

/// Guard: no window with this id; no such token that has not expired. Token rows of this operation
/// that are older than `token_expiry` go (kTokenPruneBatch at most, the oldest first).
struct CreateWindow {
  Window window;
  std::optional<Token> token;
  absl::Time token_expiry;
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

/// Guard: the window exists; no target with this id; no such token.
struct CreateTarget {
  WindowTarget target;
  std::optional<Token> token;
  absl::Time token_expiry;
};

/// Guard: the window exists; no task with this id; no such token.
struct CreateTask {
  WindowTask task;
  std::optional<Token> token;
  absl::Time token_expiry;
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
/// final, no other active one of this window; no other one that was resumed from the same
/// execution; no such token.
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
struct SnapshotChunk {
  TaskKey snapshot{};
  Ordinal first = 0;
  std::vector<std::string> nodes;
  std::optional<WindowTargetId> window_target;
  std::optional<std::string> owner_information;
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

using Change =
    std::variant<TakeEpoch, CreateWindow, UpdateWindow, DeleteWindow, CreateTarget, CreateTask,
                 MoveDue, OpenExecution, StageSnapshot, DropSnapshots, Advance>;

enum class Verdict {
  kApplied,
  kConflict,  ///< a guard did not hold
  kFenced,    ///< a later engine has taken over
};

struct ChangeResult {
  Verdict verdict = Verdict::kApplied;
  std::int64_t value = 0;  ///< of TakeEpoch
};

}  // namespace lull
