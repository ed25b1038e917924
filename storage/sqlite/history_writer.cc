#include "storage/sqlite/history_writer.h"

#include "engine/base/status.h"
#include "engine/model/ids.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {
namespace {

constexpr char kFirstTask[] = R"sql(
SELECT t.key AS key, s.snapshot AS snapshot FROM task_executions t JOIN task_specs s ON s.key = t.key
WHERE t.execution = $execution ORDER BY t.key LIMIT 1)sql";

constexpr char kOtherTask[] = R"sql(
SELECT key FROM task_specs WHERE snapshot = $snapshot AND key <> $key LIMIT 1)sql";

constexpr char kDeleteFinishes[] = R"sql(
DELETE FROM finishes WHERE key IN
    (SELECT key FROM finishes WHERE key BETWEEN $first AND $last ORDER BY key LIMIT $limit))sql";

constexpr char kDeleteChunks[] = R"sql(
DELETE FROM snapshot_chunks WHERE key IN
    (SELECT key FROM snapshot_chunks WHERE key BETWEEN $first AND $last
     ORDER BY key LIMIT $limit))sql";

}  // namespace

void HistoryWriter::Prepare(Preparer& prepare) {
  prepare(read_epoch_, "SELECT epoch FROM engine WHERE id = 1", "", "epoch");
  prepare(read_pruning_, "SELECT pruning FROM executions WHERE key = $key AND ended_at IS NOT NULL",
          "key", "pruning");
  prepare(hide_, "UPDATE executions SET pruning = 1 WHERE key = $key", "key");
  prepare(first_task_, kFirstTask, "execution", "key snapshot");
  prepare(other_task_, kOtherTask, "snapshot key", "key");
  prepare(delete_finishes_, kDeleteFinishes, "first last limit");
  prepare(delete_chunks_, kDeleteChunks, "first last limit");
  prepare(delete_spec_, "DELETE FROM task_specs WHERE key = $key", "key");
  prepare(delete_task_, "DELETE FROM task_executions WHERE key = $key", "key");
  prepare(note_task_, "UPDATE pruned_keys SET task = max(task, $task) WHERE id = 1", "task");
  prepare(note_execution_,
          "UPDATE pruned_keys SET execution = max(execution, $execution) WHERE id = 1",
          "execution");
  prepare(delete_execution_, "DELETE FROM executions WHERE key = $key", "key");
}

absl::StatusOr<ChangeResult> HistoryWriter::Apply(const PruneExecution& change) {
  ChangeResult result{.verdict = Verdict::kApplied, .value = 1};
  LULL_ASSIGN_OR_RETURN(result.verdict, Hide(change));
  if (result.verdict != Verdict::kApplied) return ChangeResult{.verdict = result.verdict};
  std::size_t left = change.rows;
  LULL_ASSIGN_OR_RETURN(const bool gone, DeleteTasks(change.execution, left));
  if (!gone || left == 0) return result;
  LULL_RETURN_IF_ERROR(delete_execution_.Run(change.execution));
  LULL_RETURN_IF_ERROR(note_execution_.Run(change.execution));
  result.value = 0;
  return result;
}

absl::StatusOr<Verdict> HistoryWriter::Hide(const PruneExecution& change) {
  {
    Epoch newest{};
    Rows rows = read_epoch_.Select();
    if (rows.Next()) rows.Read(newest);
    if (!rows.status().ok()) return rows.status();
    if (newest != change.epoch) return Verdict::kFenced;
  }
  bool pruning = false;
  {
    Rows rows = read_pruning_.Select(change.execution);
    const bool found = rows.Next();
    if (found) rows.Read(pruning);
    if (!rows.status().ok()) return rows.status();
    if (!found) return Verdict::kConflict;
  }
  if (!pruning) LULL_RETURN_IF_ERROR(hide_.Run(change.execution));
  return Verdict::kApplied;
}

absl::StatusOr<bool> HistoryWriter::DeleteTasks(ExecutionKey execution, std::size_t& left) {
  for (;;) {
    TaskKey task{};
    TaskKey snapshot{};
    {
      Rows rows = first_task_.Select(execution);
      const bool found = rows.Next();
      if (found) rows.Read(task, snapshot);
      if (!rows.status().ok()) return rows.status();
      if (!found) return true;
    }
    LULL_ASSIGN_OR_RETURN(const bool gone, DeleteTask(task, snapshot, left));
    if (!gone) return false;
  }
}

absl::StatusOr<bool> HistoryWriter::DeleteTask(TaskKey task, TaskKey snapshot, std::size_t& left) {
  LULL_ASSIGN_OR_RETURN(bool gone, DeleteRange(delete_finishes_, task, left));
  if (!gone) return false;
  LULL_ASSIGN_OR_RETURN(const bool shared, IsShared(snapshot, task));
  if (!shared) {
    LULL_ASSIGN_OR_RETURN(gone, DeleteRange(delete_chunks_, snapshot, left));
    if (!gone) return false;
  }
  LULL_RETURN_IF_ERROR(delete_spec_.Run(task));
  LULL_RETURN_IF_ERROR(delete_task_.Run(task));
  LULL_RETURN_IF_ERROR(note_task_.Run(task));
  --left;
  return true;
}

absl::StatusOr<bool> HistoryWriter::DeleteRange(Statement& statement, TaskKey task,
                                                std::size_t& left) {
  if (left == 0) return false;
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows,
                        statement.Change(InvocationRowKey(task, 0),
                                         InvocationRowKey(task, kMaxTargetsPerTask - 1), left));
  left -= static_cast<std::size_t>(rows);
  return left > 0;
}

absl::StatusOr<bool> HistoryWriter::IsShared(TaskKey snapshot, TaskKey task) {
  Rows rows = other_task_.Select(snapshot, task);
  const bool shared = rows.Next();
  if (!rows.status().ok()) return rows.status();
  return shared;
}

}  // namespace lull::storage
