#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Applies changes of definitions. Each Apply compares guards and writes; it may have written when
/// it returns kConflict, and the caller, who holds the transaction, undoes it (a savepoint). Not
/// thread-safe. Errors: as SqliteError; the transaction is to be rolled back.
class DefinitionWriter {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<ChangeResult> Apply(const CreateWindow& change);
  absl::StatusOr<ChangeResult> Apply(const UpdateWindow& change);
  absl::StatusOr<ChangeResult> Apply(const DeleteWindow& change);
  absl::StatusOr<ChangeResult> Apply(const CreateTarget& change);
  absl::StatusOr<ChangeResult> Apply(const UpdateTarget& change);
  absl::StatusOr<ChangeResult> Apply(const DeleteTarget& change);
  absl::StatusOr<ChangeResult> Apply(const CreateTask& change);
  absl::StatusOr<ChangeResult> Apply(const UpdateTask& change);
  absl::StatusOr<ChangeResult> Apply(const DeleteTask& change);
  absl::StatusOr<ChangeResult> Apply(const MoveDue& change);

  /// Keeps the token of a change; kApplied when there is none.
  absl::StatusOr<ChangeResult> ApplyToken(const std::optional<Token>& token, absl::Time expiry);

 private:
  void PrepareTargets(Preparer& prepare);
  void PrepareTasks(Preparer& prepare);
  absl::StatusOr<bool> WindowExists(const WindowId& id);
  absl::StatusOr<bool> HasTargets(const WindowId& window,
                                  const std::vector<WindowTargetId>& targets);
  absl::StatusOr<bool> IsReferenced(const WindowId& window, const WindowTargetId& target);
  /// kFull when `count`, with what was created a moment ago in it, says more than `limit`.
  absl::StatusOr<ChangeResult> CheckLimit(Statement& count, const WindowId& window,
                                          std::int64_t limit);

  Statement insert_window_;
  Statement update_window_;
  Statement delete_window_;
  Statement move_due_;
  Statement read_epoch_;
  Statement find_window_;
  Statement count_window_;
  Statement uncount_window_;
  Statement insert_target_;
  Statement update_target_;
  Statement delete_target_;
  Statement find_target_;
  Statement count_targets_;
  Statement insert_task_;
  Statement update_task_;
  Statement delete_task_;
  Statement list_task_targets_;
  Statement count_tasks_;
  Statement insert_token_;
  Statement delete_expired_token_;
  Statement prune_tokens_;
};

}  // namespace lull::storage
