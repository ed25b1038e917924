#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Applies PruneExecution; the terms are DefinitionWriter's.
class HistoryWriter {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<ChangeResult> Apply(const PruneExecution& change);

 private:
  absl::StatusOr<Verdict> Hide(const PruneExecution& change);
  /// Each removes rows while `left` is not 0, and takes them off it. True: nothing is left.
  absl::StatusOr<bool> DeleteTasks(ExecutionKey execution, std::size_t& left);
  absl::StatusOr<bool> DeleteTask(TaskKey task, TaskKey snapshot, std::size_t& left);
  absl::StatusOr<bool> DeleteRange(Statement& statement, TaskKey task, std::size_t& left);
  absl::StatusOr<bool> IsShared(TaskKey snapshot, TaskKey task);

  Statement read_epoch_;
  Statement read_pruning_;
  Statement hide_;
  Statement first_task_;
  Statement other_task_;
  Statement delete_finishes_;
  Statement delete_chunks_;
  Statement delete_spec_;
  Statement delete_task_;
  Statement delete_execution_;
  Statement note_task_;
  Statement note_execution_;
};

}  // namespace lull::storage
