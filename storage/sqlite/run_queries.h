#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/store.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The reads of RunReader on one connection, each of one committed state. Not thread-safe. Errors:
/// as SqliteError; kInternal for a damaged row.
class RunQueries {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<std::optional<Execution>> GetExecution(const ExecutionId& id);
  absl::StatusOr<std::vector<Execution>> ListExecutions(const RunReader::ExecutionQuery& query);
  absl::StatusOr<bool> HasOccurrence(const WindowId& window, absl::Time start_at);
  absl::StatusOr<std::optional<ExecutionId>> FindResumption(const ExecutionId& id);
  absl::StatusOr<std::vector<TaskExecution>> ListTaskExecutions(ExecutionKey execution);
  absl::StatusOr<std::optional<TaskExecution>> GetTaskExecution(const TaskExecutionId& id);
  absl::StatusOr<std::vector<TaskExecution>> ListNewestTasks(std::optional<TaskKey> below,
                                                             std::size_t limit);
  absl::StatusOr<std::vector<Finish>> ListFinishes(const RunReader::FinishQuery& query);
  absl::StatusOr<std::vector<ResolvedTarget>> ReadTargets(TaskKey snapshot, Ordinal first,
                                                          std::size_t limit);
  absl::StatusOr<std::optional<Ordinal>> FindTarget(TaskKey snapshot, Ordinal first, Ordinal last,
                                                    const std::string& node);
  /// The first of the targets [first, end) of a snapshot that isn't stored, chunk behind chunk;
  /// `end` when all are. Costs what they take.
  absl::StatusOr<Ordinal> FindMissingTarget(TaskKey snapshot, Ordinal first, Ordinal end);
  absl::StatusOr<std::vector<RunReader::Age>> ListAges(ExecutionKey after, std::size_t limit);
  absl::StatusOr<std::vector<RunReader::ActiveExecution>> LoadActive();
  absl::StatusOr<RunReader::Keys> GreatestKeys();

 private:
  absl::StatusOr<std::vector<RunReader::ActiveExecution>> LoadActiveInTransaction();
  absl::Status RequireTargets(const TaskExecution& task);
  absl::StatusOr<std::vector<Ordinal>> InFlight(const TaskExecution& task);

  Statement begin_;
  Statement end_;
  Statement get_execution_;
  Statement list_executions_;
  Statement find_occurrence_;
  Statement find_resumption_;
  Statement list_active_;
  Statement list_tasks_;
  Statement get_task_;
  Statement list_newest_tasks_;
  Statement list_finishes_;
  Statement list_successes_;
  Statement list_not_successes_;
  Statement finished_keys_;
  Statement find_chunk_;
  Statement list_chunks_;
  Statement list_ages_;
  Statement greatest_keys_;
};

}  // namespace lull::storage
