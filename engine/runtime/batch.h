#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/core/decide.h"
#include "engine/core/in_flight.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"
#include "engine/ports/store.h"
#include "engine/runtime/events.h"

namespace lull {

/// A batch takes all cancels, and at most this many of each other kind, so that neither lane
/// starves the other and a cancel waits for one small commit only.
inline constexpr std::size_t kControlBatch = 64;
inline constexpr std::size_t kFinishBatch = 300;
/// Beside control changes: their callers wait for the whole commit.
inline constexpr std::size_t kFinishBatchInControl = 32;
/// Work that can wait, of which a pass does a piece: the snapshot of an execution that opens, so
/// many targets, and history that goes. Beside finishes it takes a turn only after so many batches
/// of them, and a smaller piece: what runs keeps the disk, and a cancel waits for no long commit.
inline constexpr std::size_t kRoom = 2000;
inline constexpr std::size_t kRoomBeside = 500;
inline constexpr int kBatchesATurn = 13;
/// How long the engine leaves a store alone that refused, before it tries again by itself.
inline constexpr absl::Duration kStoreRetry = absl::Seconds(1);

inline constexpr std::size_t kOpeningBatch = 16;
inline constexpr std::size_t kReviewBatch = 32;
/// A wall clock that was set back by less than this changes nothing that is due.
inline constexpr absl::Duration kClockSetBack = absl::Minutes(1);
/// How often Run looks at the clock though nothing is due: it may have been set back.
inline constexpr absl::Duration kClockLook = absl::Minutes(1);

/// How long history is left alone after the wall clock was set forward.
inline constexpr absl::Duration kClockTrust = absl::Hours(1);

inline constexpr std::size_t kCutoffBatch = 64;

/// Attempts that were refused and wait for a commit to be put into the audit log with, and those
/// that one commit takes.
inline constexpr std::size_t kMaxRefusals = 1000;
inline constexpr std::size_t kRefusalBatch = 16;

/// An execution that a batch touches: the copy that is decided on, and what is written of it.
struct Working {
  ExecutionKey key{};
  ExecutionState state;
  Notes notes;
  std::vector<std::vector<Finish>> finishes;                // by task
  std::vector<std::optional<InFlightSet::LowWater>> plans;  // by task; of those that change
  std::vector<std::size_t> frozen;                          // tasks whose hand-over stands still
  std::optional<std::size_t> change;                        // its Advance among the batch's changes
  std::vector<std::size_t> stage_changes;                   // its StageSnapshot and DropSnapshots
};

/// Everything between one Collect and its Publish. Lives on the leader's stack.
struct Batch {
  absl::Time now;
  bool of_step = false;  // led by whoever steps, and so does what can wait
  std::size_t room = 0;  // for that
  std::vector<ControlRequest*> control;
  std::vector<FinishEvent> finishes;
  std::vector<ExecutionKey> touched;  // by a cutoff, or to settle

  /// A due window, as the store has it.
  struct Due {
    WindowId id;
    std::optional<Window> window;
    std::vector<TaskExecution> work;  // without keys and ids
    std::string refusal;              // why it can't open
  };
  std::vector<WindowId> due_windows;
  std::vector<std::pair<WindowId, absl::Status>> unreadable;  // of those: tried again later
  std::vector<Due> due;

  /// The windows under review, those after `reviewed_from`.
  bool reviewing = false;
  std::int64_t reviewed_from = 0;
  absl::StatusOr<std::vector<DefinitionReader::PositionedWindow>> review;
  std::vector<std::optional<absl::Time>> review_due;  // what is due of each

  /// What is decided.
  std::vector<Change> changes;
  std::map<ExecutionKey, Working> workings;
  struct Opening {
    std::size_t change = 0;
    WindowId window;
    std::int64_t version = 0;
    std::optional<absl::Time> due_at;
    std::optional<ExecutionState> state;  // nothing: only the due time moves
    bool retried = false;                 // a conflict is nothing to remember: it comes anew
    bool reviewed = false;                // the review's, which then goes through its piece again
    std::string warning;                  // once it is stored
  };
  std::vector<Opening> openings;
  std::vector<std::optional<std::size_t>> control_changes;  // of control[i], if it has its own

  /// What is told of it (records.cc): the targets of invocations that finished, and attempts that
  /// were refused.
  std::map<InvocationRef, ResolvedTarget> targets;
  std::vector<AuditEntry> refusals;

  /// A piece of history that goes; only beside no control request, for its rows take time.
  std::optional<PruneExecution> pruning;
  std::size_t pruning_change = 0;
};

}  // namespace lull
