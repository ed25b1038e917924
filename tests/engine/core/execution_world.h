#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/core/decide.h"
#include "engine/model/runs.h"

namespace lull {

/// A task of a test's execution.
struct TaskKind {
  std::int64_t priority = 0;
  Ordinal count = 1;
  std::int64_t concurrency = 1;
  std::int64_t errors = 0;
  CutoffBehavior behavior = CutoffBehavior::kContinueTask;
  TaskType type = TaskType::kRunCommand;
  bool unresolvable = false;
};

/// An execution around the decisions, as the runtime has it but without a store: how far each task
/// was handed over, and what time it is. Each event is a batch of its own: decide, close, settle.
struct ExecutionWorld {
  explicit ExecutionWorld(const std::vector<TaskKind>& task_kinds);

  void Open();
  /// The runner hears of one more invocation of `task`.
  void HandOver(std::size_t task) { ++handed[task]; }
  void HandOverAll();
  void Finish(std::size_t task, Status outcome, Delivery delivery = Delivery::kDelivered);
  /// In place of Open.
  void Refuse();
  bool Cancel(CancelPolicy policy);
  /// The clock reaches the cutoff.
  void PassCutoff();
  /// What every batch ends with: the cutoff, the closings, Settle.
  void EndBatch();

  bool CanHandOver(std::size_t task) const { return handed[task] < Progress(task).next; }
  bool CanFinish(std::size_t task) const { return Progress(task).finished() < handed[task]; }
  const TaskProgress& Progress(std::size_t task) const { return state.tasks[task].progress; }
  TaskProgress& Progress(std::size_t task) { return state.tasks[task].progress; }
  const ExecutionProgress& Progress() const { return state.execution.progress; }
  bool Ended() const { return IsFinal(Level::kExecution, Progress().status); }
  bool Ended(std::size_t task) const { return IsFinal(Level::kTask, Progress(task).status); }

  /// All of it, as bytes to compare.
  std::string Key() const;
  /// For people: `IN_PROGRESS [IN_PROGRESS 2/3 ...]`.
  std::string Text() const;

  std::vector<TaskKind> kinds;
  ExecutionState state;
  std::vector<Ordinal> handed;
  absl::Time now;
  Admission admission = Admission::kOpen;
  Notes notes;  // of the batch at hand; after it, of the last one
};

/// One kCutoffAt later nothing starts any more.
inline constexpr absl::Duration kCutoffAfter = absl::Hours(2);

}  // namespace lull
