#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core/decide.h"
#include "engine/core/in_flight.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/ports/target_source.h"
#include "engine/runtime/due_index.h"
#include "engine/runtime/events.h"

namespace lull {

/// A task execution that is not final, in memory: its row as the store has it, and what no row
/// says.
struct ActiveTask {
  TaskExecution row;
  InFlightSet in_flight;
  Ordinal handed = 0;  ///< ordinals below it were handed to the runner; from it to `next` they wait
  /// Below `handed`, ascending: handed over by an earlier life or not, their runner is certain that
  /// they never started. They come first.
  std::deque<Ordinal> unstarted;
  bool frozen = false;  ///< a batch is moving the cursor: no hand-over until it is done
  bool listed = false;  ///< stands in Active::ready

  /// Targets read ahead for the hand-over, from ordinal `ahead_first` on.
  Ordinal ahead_first = 0;
  std::vector<ResolvedTarget> ahead;

  /// The ordinal that the runner is to hear of next.
  std::optional<Ordinal> NextToHandOver() const;
  /// It has heard of that one.
  void MarkHandedOver();
};

/// What the hand-over says of a task to its runner; none of it changes.
struct HandedTask {
  ExecutionId execution;
  WindowId window;
  std::shared_ptr<const TaskSpec> spec;
};

/// Where the resolution of a PENDING execution stands. Used by the thread that steps only.
struct Resolution {
  bool clean = false;  ///< nothing of an earlier try is staged
  std::size_t at = 0;  ///< the task whose target list is being resolved
  std::unique_ptr<TargetCursor> cursor;
  std::map<TaskKey, StageEvent::Snapshot> done;
  absl::Time not_before = absl::InfinitePast();  ///< what it needs could not answer
};

struct ActiveExecution {
  Execution row;
  std::vector<ActiveTask> tasks;  // in the order in which they run
};

/// All executions that are not final, with the indices over them. Guarded by its owner's mutex.
struct Active {
  std::map<ExecutionKey, ActiveExecution> executions;
  std::unordered_map<std::string, ExecutionKey> by_id;  // looked up only, never iterated
  std::unordered_map<std::string, ExecutionKey> by_window;
  std::unordered_map<std::int64_t, std::pair<ExecutionKey, std::size_t>> by_task;
  DueIndex<ExecutionKey> cutoffs;
  std::deque<std::pair<ExecutionKey, std::size_t>> ready;  ///< tasks with something to hand over

  void Add(ActiveExecution execution);
  void Remove(ExecutionKey key);
  ActiveExecution* Find(ExecutionKey key);
  ActiveTask* FindTask(TaskKey key);
  /// Puts a task into the line for the hand-over when it has something to hand over.
  void List(ExecutionKey key, std::size_t task);
};

}  // namespace lull
