#include "storage/sqlite/run_writer.h"

#include <optional>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/model/states.h"
#include "storage/list_codec.h"
#include "storage/node_names.h"
#include "storage/sqlite/enums.h"
#include "storage/sqlite/run_rows.h"

namespace lull::storage {
namespace {

constexpr char kTakeEpoch[] = "UPDATE engine SET epoch = epoch + 1, owner = $owner WHERE id = 1";

constexpr char kAdoptExecutions[] = "UPDATE executions SET epoch = $epoch WHERE ended_at IS NULL";

constexpr char kInsertExecution[] = R"sql(
INSERT INTO executions (key, id, window, start_at, cutoff_at, end_at, started_at, epoch, status, reason,
    missed, detail, ended_at, cancel_policy, cancel_principal, cancel_reason, cancel_requested_at,
    cancel_queued, cancel_in_flight, started_by, start_reason, resumed_from)
SELECT $key, $id, $window, $start_at, $cutoff_at, $end_at, $started_at, $epoch, $status, $reason,
    $reason = 11, $detail, $ended_at, $cancel_policy, $cancel_principal, $cancel_reason, $cancel_requested_at,
    $cancel_queued, $cancel_in_flight, $started_by, $start_reason, $resumed_from
WHERE NOT EXISTS (SELECT 1 FROM executions
    WHERE window = $window AND start_at = $start_at AND missed = 0)
ON CONFLICT DO NOTHING)sql";

/// Of one that goes on: no column of an index, so a cancel writes no page of one.
constexpr char kUpdateExecution[] = R"sql(
UPDATE executions SET status = $status, reason = $reason, detail = $detail,
    cancel_policy = $cancel_policy, cancel_principal = $cancel_principal,
    cancel_reason = $cancel_reason, cancel_requested_at = $cancel_requested_at,
    cancel_queued = $cancel_queued, cancel_in_flight = $cancel_in_flight
WHERE key = $key AND epoch = $epoch AND status = $expected_status)sql";

constexpr char kEndExecution[] = R"sql(
UPDATE executions SET status = $status, reason = $reason, detail = $detail,
    cancel_policy = $cancel_policy, cancel_principal = $cancel_principal,
    cancel_reason = $cancel_reason, cancel_requested_at = $cancel_requested_at,
    cancel_queued = $cancel_queued, cancel_in_flight = $cancel_in_flight, ended_at = $ended_at
WHERE key = $key AND epoch = $epoch AND status = $expected_status)sql";

/// Of both, without kEndExecution's ended_at.
constexpr char kExecutionProgress[] =
    "key epoch expected_status status reason detail cancel_policy cancel_principal cancel_reason "
    "cancel_requested_at cancel_queued cancel_in_flight";

constexpr char kInsertTask[] = R"sql(
INSERT INTO task_executions (key, execution, status, closed_by, stop_requested, reason, detail, first,
    count, concurrency_limit, error_limit, next, low, stragglers, succeeded, failed, timed_out,
    cancelled, started_at, ended_at, room, undelivered)
VALUES ($key, $execution, $status, $closed_by, $stop_requested, $reason, $detail, $first,
    $count, $concurrency_limit, $error_limit, $next, $low, $stragglers, $succeeded, $failed,
    $timed_out, $cancelled, $started_at, $ended_at, iif($ended_at IS NULL, zeroblob(12), NULL),
    $undelivered)
ON CONFLICT DO NOTHING)sql";

constexpr char kUpdateTask[] = R"sql(
UPDATE task_executions SET status = $status, closed_by = $closed_by,
    stop_requested = $stop_requested, reason = $reason, detail = $detail, first = $first,
    count = $count, concurrency_limit = $concurrency_limit, error_limit = $error_limit,
    next = $next, low = $low, stragglers = $stragglers, succeeded = $succeeded, failed = $failed,
    timed_out = $timed_out, cancelled = $cancelled, started_at = $started_at, ended_at = $ended_at,
    room = iif($ended_at IS NULL, room, NULL), undelivered = $undelivered
WHERE key = $key AND execution = $execution AND status = $expected_status
    AND next = $expected_next)sql";

/// The tasks of an execution that have done nothing yet, by key, with what their ending leaves as
/// it is.
constexpr char kFindPending[] = R"sql(
SELECT key, detail, first, count, concurrency_limit, error_limit FROM task_executions
WHERE execution = $execution AND status = $expected_status AND next = 0 AND stop_requested = 0
    AND started_at IS NULL
ORDER BY key)sql";

/// Ends all of them: a cancel's statement, one for however many tasks.
constexpr char kEndPending[] = R"sql(
UPDATE task_executions SET status = $status, closed_by = $closed_by, reason = $reason,
    ended_at = $ended_at, room = NULL
WHERE execution = $execution AND status = $expected_status AND next = 0 AND stop_requested = 0
    AND started_at IS NULL)sql";

/// Of kInsertTask and kUpdateTask, in the order of TaskProgress.
constexpr char kProgressParameters[] =
    " status closed_by stop_requested reason detail first count concurrency_limit error_limit next "
    "low stragglers succeeded failed undelivered timed_out cancelled started_at ended_at";

constexpr char kInsertSpec[] = R"sql(
INSERT INTO task_specs (key, id, window_task, task_arn, type, targets, priority, max_concurrency,
    max_errors, cutoff_behavior, service_role_arn, payload, snapshot, only_associated)
VALUES ($key, $id, $window_task, $task_arn, $type, $targets, $priority, $max_concurrency,
    $max_errors, $cutoff_behavior, $service_role_arn, $payload, $snapshot, $only_associated)
ON CONFLICT DO NOTHING)sql";

/// A task that keeps a snapshot from being pruned.
constexpr char kFindHolder[] = R"sql(
SELECT key FROM task_specs s WHERE snapshot = $snapshot AND
    (SELECT e.pruning FROM task_executions t JOIN executions e ON e.key = t.execution
     WHERE t.key = s.key) = 0
LIMIT 1)sql";

constexpr char kInsertFinish[] = R"sql(
INSERT INTO finishes (key, status, started_at, ended_at, exit_code, detail)
VALUES ($key, $status, $started_at, $ended_at, $exit_code, $detail)
ON CONFLICT DO NOTHING)sql";

constexpr char kInsertChunk[] = R"sql(
INSERT INTO snapshot_chunks (key, nodes, window_target, owner_information, resource_type, packing)
VALUES ($key, $nodes, $window_target, $owner_information, $resource_type, $packing)
ON CONFLICT DO NOTHING)sql";

ChangeResult Result(Verdict verdict) { return {.verdict = verdict}; }

/// Whether kEndPending may write it. With no invocation claimed there is none finished either.
bool EndsPending(const TaskAdvance& task) {
  const TaskProgress& progress = task.progress;
  return task.expected_status == Status::kPending && IsFinal(Level::kTask, progress.status) &&
         task.expected_next == 0 && progress.next == 0 && !progress.stop_requested &&
         !progress.started_at && task.finishes.empty();
}

/// Whether they end alike.
bool EndsLike(const TaskProgress& a, const TaskProgress& b) {
  return a.status == b.status && a.closed_by == b.closed_by && a.reason == b.reason &&
         a.ended_at == b.ended_at;
}

/// `cancel` spread over its columns.
struct CancelColumns {
  explicit CancelColumns(const std::optional<CancelRequest>& cancel) {
    if (!cancel.has_value()) return;
    policy = cancel->policy;
    principal = cancel->principal;
    reason = cancel->reason;
    requested_at = cancel->requested_at;
    queued = cancel->queued;
    in_flight = cancel->in_flight;
  }
  std::optional<CancelPolicy> policy;
  std::optional<std::string_view> principal;
  std::optional<std::string_view> reason;
  std::optional<absl::Time> requested_at;
  std::optional<std::int64_t> queued;
  std::optional<std::int64_t> in_flight;
};

}  // namespace

void RunWriter::Prepare(Preparer& prepare, DefinitionWriter& definitions) {
  definitions_ = &definitions;
  prepare(take_epoch_, kTakeEpoch, "owner");
  prepare(read_epoch_, "SELECT epoch FROM engine WHERE id = 1", "", "epoch");
  prepare(adopt_executions_, kAdoptExecutions, "epoch");
  prepare(find_execution_, "SELECT epoch, status FROM executions WHERE key = $key", "key",
          "epoch status");
  prepare(insert_execution_, kInsertExecution, kExecutionColumns);
  prepare(update_execution_, kUpdateExecution, kExecutionProgress);
  prepare(end_execution_, kEndExecution, std::string(kExecutionProgress) + " ended_at");
  prepare(insert_task_, kInsertTask, std::string("key execution") + kProgressParameters);
  prepare(update_task_, kUpdateTask,
          std::string("key execution expected_status expected_next") + kProgressParameters);
  prepare(find_pending_, kFindPending, "execution expected_status",
          "key detail first count concurrency_limit error_limit");
  prepare(end_pending_, kEndPending, "status closed_by reason ended_at execution expected_status");
  prepare(insert_spec_, kInsertSpec,
          "key id window_task task_arn type targets priority max_concurrency "
          "max_errors cutoff_behavior service_role_arn payload snapshot "
          "only_associated");
  prepare(find_holder_, kFindHolder, "snapshot", "key");
  prepare(insert_finish_, kInsertFinish, kFinishColumns);
  prepare(insert_chunk_, kInsertChunk,
          "key nodes window_target owner_information resource_type packing");
  prepare(task_of_execution_,
          "SELECT key FROM task_executions WHERE key = $key AND execution = $execution",
          "key execution", "key");
  prepare(tasks_of_execution_,
          "SELECT key FROM task_executions WHERE execution = $execution ORDER BY key", "execution",
          "key");
  prepare(delete_chunks_, "DELETE FROM snapshot_chunks WHERE key BETWEEN $first AND $last",
          "first last");
}

absl::StatusOr<ChangeResult> RunWriter::Apply(const TakeEpoch& change) {
  LULL_RETURN_IF_ERROR(take_epoch_.Run(change.owner));
  ChangeResult result;
  {
    Rows rows = read_epoch_.Select();
    if (rows.Next()) rows.Read(result.value);
    if (!rows.status().ok()) return rows.status();
  }
  LULL_RETURN_IF_ERROR(adopt_executions_.Run(result.value));
  return result;
}

absl::StatusOr<ChangeResult> RunWriter::Apply(const OpenExecution& change) {
  {
    Epoch newest{};
    Rows rows = read_epoch_.Select();
    if (rows.Next()) rows.Read(newest);
    if (!rows.status().ok()) return rows.status();
    if (newest != change.epoch) return Result(Verdict::kFenced);
  }
  if (change.move_due.has_value()) {
    LULL_ASSIGN_OR_RETURN(const ChangeResult moved, definitions_->Apply(*change.move_due));
    if (moved.verdict != Verdict::kApplied) return moved;
  }
  const Execution& execution = change.execution;
  const ExecutionProgress& progress = execution.progress;
  const CancelColumns cancel(progress.cancel);
  const auto& request = execution.request;
  const auto started_by = request ? std::optional(request->principal) : std::nullopt;
  const auto start_reason = request ? std::optional(request->reason) : std::nullopt;
  // The indexes hold the guards: one at this start, one active, one resumption; keys and ids are
  // unique too.
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_execution_.Change(
          execution.key, execution.id, execution.window, execution.occurrence.start_at,
          execution.occurrence.cutoff_at, execution.occurrence.end_at, execution.started_at,
          change.epoch, progress.status, progress.reason, progress.detail, progress.ended_at,
          cancel.policy, cancel.principal, cancel.reason, cancel.requested_at, cancel.queued,
          cancel.in_flight, started_by, start_reason, execution.resumed_from));
  if (rows != 1) return Result(Verdict::kConflict);
  for (const TaskExecution& task : change.tasks) {
    LULL_ASSIGN_OR_RETURN(const bool inserted, InsertTask(task));
    if (!inserted) return Result(Verdict::kConflict);
  }
  return definitions_->ApplyToken(change.token, change.token_expiry);
}

absl::StatusOr<ChangeResult> RunWriter::Apply(const StageSnapshot& change) {
  LULL_ASSIGN_OR_RETURN(const Verdict verdict,
                        CheckExecution(change.execution, change.epoch, Status::kPending));
  if (verdict != Verdict::kApplied) return Result(verdict);
  std::optional<TaskKey> checked;
  for (const SnapshotChunk& chunk : change.chunks) {
    if (chunk.snapshot != checked) {
      Rows rows = task_of_execution_.Select(chunk.snapshot, change.execution);
      const bool found = rows.Next();
      if (!rows.status().ok()) return rows.status();
      if (!found) return Result(Verdict::kConflict);
      checked = chunk.snapshot;
    }
    LULL_ASSIGN_OR_RETURN(
        const std::int64_t rows,
        insert_chunk_.Change(InvocationRowKey(chunk.snapshot, chunk.first),
                             Blob{PackNames(chunk.nodes)}, chunk.window_target,
                             chunk.owner_information, chunk.resource_type, NamePacking::kShared));
    if (rows != 1) return Result(Verdict::kConflict);
  }
  return Result(Verdict::kApplied);
}

absl::StatusOr<ChangeResult> RunWriter::Apply(const DropSnapshots& change) {
  LULL_ASSIGN_OR_RETURN(const Verdict verdict,
                        CheckExecution(change.execution, change.epoch, Status::kPending));
  if (verdict != Verdict::kApplied) return Result(verdict);
  std::vector<TaskKey> tasks;
  {
    Rows rows = tasks_of_execution_.Select(change.execution);
    while (rows.Next()) rows.Read(tasks.emplace_back());
    if (!rows.status().ok()) return rows.status();
  }
  for (const TaskKey task : tasks) {
    LULL_RETURN_IF_ERROR(delete_chunks_.Run(InvocationRowKey(task, 0),
                                            InvocationRowKey(task, kMaxTargetsPerTask - 1)));
  }
  return Result(Verdict::kApplied);
}

absl::StatusOr<ChangeResult> RunWriter::Apply(const Advance& change) {
  LULL_ASSIGN_OR_RETURN(const Verdict verdict,
                        CheckExecution(change.execution, change.epoch, change.expected_status));
  if (verdict != Verdict::kApplied) return Result(verdict);
  LULL_ASSIGN_OR_RETURN(const bool together, EndPendingTogether(change));
  for (const TaskAdvance& task : change.tasks) {
    if (together && EndsPending(task)) continue;
    LULL_ASSIGN_OR_RETURN(const bool advanced, AdvanceTask(change.execution, task));
    if (!advanced) return Result(Verdict::kConflict);
  }
  if (!change.progress.has_value()) return Result(Verdict::kApplied);
  const ExecutionProgress& progress = *change.progress;
  const CancelColumns cancel(progress.cancel);
  const auto write = [&](Statement& statement, const auto&... ended_at) {
    return statement.Change(change.execution, change.epoch, change.expected_status, progress.status,
                            progress.reason, progress.detail, cancel.policy, cancel.principal,
                            cancel.reason, cancel.requested_at, cancel.queued, cancel.in_flight,
                            ended_at...);
  };
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows, progress.ended_at
                                                     ? write(end_execution_, progress.ended_at)
                                                     : write(update_execution_));
  return Result(rows == 1 ? Verdict::kApplied : Verdict::kConflict);
}

absl::StatusOr<Verdict> RunWriter::CheckExecution(ExecutionKey key, Epoch epoch, Status expected) {
  Rows rows = find_execution_.Select(key);
  Verdict verdict = Verdict::kConflict;
  if (rows.Next()) {
    Epoch stored_epoch{};
    Status stored_status{};
    rows.Read(stored_epoch, stored_status);
    if (stored_epoch != epoch) {
      verdict = Verdict::kFenced;
    } else if (stored_status == expected) {
      verdict = Verdict::kApplied;
    }
  }
  if (!rows.status().ok()) return rows.status();
  return verdict;
}

absl::StatusOr<bool> RunWriter::IsHeld(TaskKey snapshot) {
  Rows rows = find_holder_.Select(snapshot);
  const bool held = rows.Next();
  if (!rows.status().ok()) return rows.status();
  return held;
}

absl::StatusOr<bool> RunWriter::InsertTask(const TaskExecution& task) {
  const TaskSpec& spec = *task.spec;
  const TaskProgress& progress = task.progress;
  if (spec.snapshot != spec.key) {  // an earlier task's, or one of another execution
    LULL_ASSIGN_OR_RETURN(const bool held, IsHeld(spec.snapshot));
    if (!held) return false;
  }
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t tasks,
      insert_task_.Change(spec.key, spec.execution, progress.status, progress.closed_by,
                          progress.stop_requested, progress.reason, progress.detail, progress.first,
                          progress.count, progress.concurrency_limit, progress.error_limit,
                          progress.next, progress.low, Blob{EncodeOrdinals(progress.stragglers)},
                          progress.succeeded, progress.failed, progress.undelivered,
                          progress.timed_out, progress.cancelled, progress.started_at,
                          progress.ended_at));
  if (tasks != 1) return false;
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t specs,
      insert_spec_.Change(spec.key, spec.id, spec.window_task, spec.task_arn, spec.type,
                          Blob{EncodeSelectors(spec.targets)}, spec.priority, spec.max_concurrency,
                          spec.max_errors, spec.cutoff_behavior, spec.service_role_arn,
                          Blob{spec.payload}, spec.snapshot, spec.only_associated));
  return specs == 1;
}

absl::StatusOr<bool> RunWriter::EndPendingTogether(const Advance& change) {
  std::vector<const TaskAdvance*> ending;  // by key, as the rows below
  for (const TaskAdvance& task : change.tasks) {
    if (!EndsPending(task)) continue;
    if (!ending.empty() &&
        (!EndsLike(ending.front()->progress, task.progress) || ending.back()->task >= task.task)) {
      return false;
    }
    ending.push_back(&task);
  }
  if (ending.size() < 2) return false;
  {
    Rows rows = find_pending_.Select(change.execution, Status::kPending);
    std::size_t n = 0;
    for (; rows.Next(); ++n) {
      TaskKey key{};
      TaskProgress stored;
      rows.Read(key, stored.detail, stored.first, stored.count, stored.concurrency_limit,
                stored.error_limit);
      if (n >= ending.size() || key != ending[n]->task) return false;
      const TaskProgress& wanted = ending[n]->progress;
      if (stored.detail != wanted.detail || stored.first != wanted.first ||
          stored.count != wanted.count || stored.concurrency_limit != wanted.concurrency_limit ||
          stored.error_limit != wanted.error_limit) {
        return false;
      }
    }
    if (!rows.status().ok()) return rows.status();
    if (n != ending.size()) return false;
  }
  const TaskProgress& progress = ending.front()->progress;
  LULL_ASSIGN_OR_RETURN(const std::int64_t ended,
                        end_pending_.Change(progress.status, progress.closed_by, progress.reason,
                                            progress.ended_at, change.execution, Status::kPending));
  LULL_CHECK(ended == static_cast<std::int64_t>(ending.size()));
  return true;
}

absl::StatusOr<bool> RunWriter::AdvanceTask(ExecutionKey execution, const TaskAdvance& task) {
  const TaskProgress& progress = task.progress;
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t tasks,
      update_task_.Change(
          task.task, execution, task.expected_status, task.expected_next, progress.status,
          progress.closed_by, progress.stop_requested, progress.reason, progress.detail,
          progress.first, progress.count, progress.concurrency_limit, progress.error_limit,
          progress.next, progress.low, Blob{EncodeOrdinals(progress.stragglers)},
          progress.succeeded, progress.failed, progress.undelivered, progress.timed_out,
          progress.cancelled, progress.started_at, progress.ended_at));
  if (tasks != 1) return false;
  for (const Finish& finish : task.finishes) {
    if (finish.ordinal < 0 || finish.ordinal >= progress.next) return false;
    LULL_ASSIGN_OR_RETURN(
        const std::int64_t finishes,
        insert_finish_.Change(InvocationRowKey(task.task, finish.ordinal), finish.status,
                              finish.started_at, finish.ended_at, finish.exit_code, finish.detail));
    if (finishes != 1) return false;
  }
  return true;
}

}  // namespace lull::storage
