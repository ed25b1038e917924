#include "storage/sqlite/run_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "storage/list_codec.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {

namespace {

/// Whether the row's counts can be added up. What else must hold of them is engine/model's, and a
/// check's to tell.
bool CanBeAdded(const TaskProgress& row) {
  const auto numbers = {row.first,  row.count,       row.next,      row.low,      row.succeeded,
                        row.failed, row.undelivered, row.timed_out, row.cancelled};
  return std::min(numbers) >= -kMaxTargetsPerTask && std::max(numbers) <= kMaxTargetsPerTask;
}

}  // namespace

Execution ReadExecution(Rows& rows) {
  Execution execution;
  ExecutionProgress& progress = execution.progress;
  std::optional<CancelPolicy> policy;
  std::optional<std::string> principal, reason, started_by, start_reason;
  std::optional<absl::Time> requested_at;
  std::optional<std::int64_t> queued, in_flight;
  rows.Read(execution.key, execution.id, execution.window, execution.occurrence.start_at,
            execution.occurrence.cutoff_at, execution.occurrence.end_at, execution.started_at,
            execution.epoch, progress.status, progress.reason, progress.detail, progress.ended_at,
            policy, principal, reason, requested_at, queued, in_flight, started_by, start_reason,
            execution.resumed_from);
  if (started_by) execution.request = StartRequest{*started_by, start_reason.value_or("")};
  if (policy.has_value()) {
    progress.cancel = CancelRequest{.policy = *policy,
                                    .principal = principal.value_or(""),
                                    .reason = reason.value_or(""),
                                    .requested_at = requested_at.value_or(absl::Time()),
                                    .queued = queued.value_or(0),
                                    .in_flight = in_flight.value_or(0)};
  }
  return execution;
}

TaskExecution ReadTaskExecution(Rows& rows) {
  auto spec = std::make_shared<TaskSpec>();
  TaskProgress progress;
  Blob targets, stragglers;
  rows.Read(spec->key, spec->id, spec->execution, spec->window_task, spec->task_arn, spec->type,
            targets, spec->priority, spec->max_concurrency, spec->max_errors, spec->cutoff_behavior,
            spec->service_role_arn, spec->payload, spec->snapshot, spec->only_associated,
            progress.status, progress.closed_by, progress.stop_requested, progress.reason,
            progress.detail, progress.first, progress.count, progress.concurrency_limit,
            progress.error_limit, progress.next, progress.low, stragglers, progress.succeeded,
            progress.failed, progress.undelivered, progress.timed_out, progress.cancelled,
            progress.started_at, progress.ended_at);
  if (!CanBeAdded(progress)) {
    rows.Fail(absl::InternalError("a stored row is damaged: a count of a task execution"));
  }
  auto selectors = DecodeSelectors(targets.bytes);
  rows.Fail(selectors.status());
  if (selectors.ok()) spec->targets = *std::move(selectors);
  auto ordinals = DecodeOrdinals(stragglers.bytes);
  rows.Fail(ordinals.status());
  if (ordinals.ok()) progress.stragglers = *std::move(ordinals);
  return {.spec = std::move(spec), .progress = std::move(progress)};
}

Finish ReadFinish(Rows& rows) {
  Finish finish;
  std::int64_t key = 0;
  rows.Read(key, finish.status, finish.started_at, finish.ended_at, finish.exit_code,
            finish.detail);
  finish.ordinal = key & (kMaxTargetsPerTask - 1);
  return finish;
}

}  // namespace lull::storage
