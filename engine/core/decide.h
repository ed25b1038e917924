#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"

namespace lull {

/// An execution and its tasks, in the order in which they run: by priority, then registration.
/// The functions below turn one into what it is next. They are pure: no store, no clock, no runner.
struct ExecutionState {
  Execution execution;
  std::vector<TaskExecution> tasks;
};

/// A task that is to admit no more, once its hand-over stands still (see CloseRunning).
struct Closing {
  std::size_t task = 0;
  ClosedBy by = ClosedBy::kNone;
  bool stop = false;  ///< and what is in flight is asked to end
  /// Of what is in flight, some has yet to be handed over again: its runner never started it.
  bool unstarted = false;
};

/// What a decision asks for besides the new rows.
struct Notes {
  std::vector<Closing> closings;
  std::vector<std::size_t> stops;    ///< tasks whose in-flight invocations are asked to stop
  std::vector<std::string> refused;  ///< moves that are not in the table: logged, never applied
};

/// The snapshots are there: PENDING opens. Tasks have their counts and limits; one whose `detail`
/// is set and whose `closed_by` is kFailed could not be resolved. Without tasks it ends at once.
/// REQUIRES: it is PENDING.
void Open(ExecutionState& state, absl::Time now, Notes& notes);

/// PENDING ends without having opened: what it would do is not right, as `detail` says. Its tasks
/// are FAILED with it, and none of them starts.
void Refuse(ExecutionState& state, const std::string& detail, absl::Time now, Notes& notes);

/// Whether an invocation's work ever began.
enum class Delivery { kDelivered, kUndelivered };

/// An invocation in flight ended. `outcome` is final; kCancelled counts only after a stop request,
/// FAILED otherwise. A FAILED one that was not delivered is no error: MaxErrors is about work that
/// went wrong, and a node that can't be reached says nothing of it (spec D.5). Returns the status
/// to record.
Status Finished(ExecutionState& state, std::size_t task, Status outcome, Notes& notes,
                Delivery delivery = Delivery::kDelivered);

/// A cancel. Tasks that were not started end now; what the policy says of running ones goes to
/// `notes.closings`. Returns false when nothing changes: it has ended, or was asked this before.
bool Cancel(ExecutionState& state, const CancelRequest& request, Notes& notes);

/// PENDING ends without having opened: the engine came to its occurrence too late.
void Miss(ExecutionState& state, absl::Time now, Notes& notes);

/// PENDING becomes SKIPPED_OVERLAPPING without having opened: another one is active, or someone
/// asked for its occurrence to be skipped.
void PassBy(ExecutionState& state, Reason reason, absl::Time now);

/// Nothing starts at or after the cutoff (R7). Safe to call at any time, any number of times.
void PassCutoff(ExecutionState& state, absl::Time now, Notes& notes);

/// Carries a closing out: the cursor goes back to `handed_over`, the first ordinal that no runner
/// has heard of. The first closer wins. REQUIRES: the hand-over of the task stands still until the
/// result is durable or given up.
void CloseRunning(ExecutionState& state, const Closing& closing, Ordinal handed_over,
                  absl::Time now, Notes& notes);

enum class Admission {
  kOpen,
  kHeld
};  ///< kHeld: nothing new starts (shutting down, store is full)

/// Starts tasks, moves cursors (claims), ends tasks and the execution: everything that follows from
/// what is. Call it last; call it again and nothing happens.
void Settle(ExecutionState& state, absl::Time now, Admission admission, Notes& notes);

}  // namespace lull
