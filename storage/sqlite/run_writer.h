#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/definition_writer.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Applies changes of runs; the terms are DefinitionWriter's.
class RunWriter {
 public:
  /// The connection of `prepare` and `definitions` must outlive this.
  void Prepare(Preparer& prepare, DefinitionWriter& definitions);

  absl::StatusOr<ChangeResult> Apply(const TakeEpoch& change);
  absl::StatusOr<ChangeResult> Apply(const OpenExecution& change);
  absl::StatusOr<ChangeResult> Apply(const StageSnapshot& change);
  absl::StatusOr<ChangeResult> Apply(const DropSnapshots& change);
  absl::StatusOr<ChangeResult> Apply(const Advance& change);

 private:
  absl::StatusOr<Verdict> CheckExecution(ExecutionKey key, Epoch epoch, Status expected);
  /// Whether a task of an execution that isn't being pruned refers to it.
  absl::StatusOr<bool> IsHeld(TaskKey snapshot);
  absl::StatusOr<bool> InsertTask(const TaskExecution& task);
  /// Ends the tasks that were not started in one statement, when they are all of the execution's
  /// and end alike. False: nothing was written, they are to be written one by one.
  absl::StatusOr<bool> EndPendingTogether(const Advance& change);
  absl::StatusOr<bool> AdvanceTask(ExecutionKey execution, const TaskAdvance& task);

  DefinitionWriter* definitions_ = nullptr;
  Statement take_epoch_;
  Statement read_epoch_;
  Statement adopt_executions_;
  Statement find_execution_;
  Statement insert_execution_;
  Statement update_execution_;
  Statement end_execution_;
  Statement insert_task_;
  Statement insert_spec_;
  Statement task_of_execution_;
  Statement update_task_;
  Statement find_pending_;
  Statement end_pending_;
  Statement find_holder_;
  Statement insert_finish_;
  Statement insert_chunk_;
  Statement tasks_of_execution_;
  Statement delete_chunks_;
};

}  // namespace lull::storage
