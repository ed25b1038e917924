#include "storage/sqlite/definition_writer.h"

#include "engine/base/status.h"
#include "storage/list_codec.h"
#include "storage/sqlite/definition_rows.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {
namespace {

constexpr char kInsertWindow[] = R"sql(
INSERT INTO windows (id, name, description, schedule, schedule_timezone, schedule_offset, start_date,
    end_date, duration_hours, cutoff_hours, allow_unassociated_targets, enabled, created_at,
    modified_at, rate_base_at, due_at, tags, version)
VALUES ($id, $name, $description, $schedule, $schedule_timezone, $schedule_offset, $start_date,
    $end_date, $duration_hours, $cutoff_hours, $allow_unassociated_targets, $enabled, $created_at,
    $modified_at, $rate_base_at, $due_at, $tags, $version)
ON CONFLICT DO NOTHING)sql";

constexpr char kUpdateWindow[] = R"sql(
UPDATE windows SET name = $name, description = $description, schedule = $schedule,
    schedule_timezone = $schedule_timezone, schedule_offset = $schedule_offset,
    start_date = $start_date, end_date = $end_date, duration_hours = $duration_hours,
    cutoff_hours = $cutoff_hours, allow_unassociated_targets = $allow_unassociated_targets,
    enabled = $enabled, created_at = $created_at, modified_at = $modified_at,
    rate_base_at = $rate_base_at, due_at = $due_at, tags = $tags,
    version = $expected_version + 1
WHERE id = $id AND version = $expected_version)sql";

/// Of both statements above; the last one is the version, or the expected one.
constexpr char kWindowParameters[] =
    "id name description schedule schedule_timezone schedule_offset start_date end_date "
    "duration_hours cutoff_hours allow_unassociated_targets enabled created_at modified_at "
    "rate_base_at due_at tags ";

constexpr char kInsertTarget[] = R"sql(
INSERT INTO window_targets (id, window, resource_type, selectors, owner_information, name, description,
    created_at)
VALUES ($id, $window, $resource_type, $selectors, $owner_information, $name, $description,
    $created_at)
ON CONFLICT DO NOTHING)sql";

constexpr char kInsertTask[] = R"sql(
INSERT INTO window_tasks (id, window, task_arn, type, targets, priority, max_concurrency, max_errors,
    cutoff_behavior, service_role_arn, name, description, payload, created_at)
VALUES ($id, $window, $task_arn, $type, $targets, $priority, $max_concurrency, $max_errors,
    $cutoff_behavior, $service_role_arn, $name, $description, $payload, $created_at)
ON CONFLICT DO NOTHING)sql";

constexpr char kInsertToken[] = R"sql(
INSERT INTO tokens (operation, scope, token, request_hash, result_id, created_at)
VALUES ($operation, $scope, $token, $request_hash, $result_id, $created_at)
ON CONFLICT DO NOTHING)sql";

constexpr char kDeleteExpiredToken[] = R"sql(
DELETE FROM tokens
WHERE operation = $operation AND scope = $scope AND token = $token AND created_at < $expiry)sql";

constexpr char kPruneTokens[] = R"sql(
DELETE FROM tokens WHERE (operation, scope, token) IN (
  SELECT operation, scope, token FROM tokens
  WHERE operation = $operation AND created_at < $expiry
  ORDER BY created_at, scope, token LIMIT $limit))sql";

ChangeResult AppliedIf(bool holds) {
  return {.verdict = holds ? Verdict::kApplied : Verdict::kConflict};
}

}  // namespace

absl::Status DefinitionWriter::Prepare(Connection& connection) {
  const std::string window_parameters(kWindowParameters);
  LULL_RETURN_IF_ERROR(
      insert_window_.Prepare(connection, kInsertWindow, window_parameters + "version"));
  LULL_RETURN_IF_ERROR(
      update_window_.Prepare(connection, kUpdateWindow, window_parameters + "expected_version"));
  LULL_RETURN_IF_ERROR(
      delete_window_.Prepare(connection, "DELETE FROM windows WHERE id = $id", "id"));
  LULL_RETURN_IF_ERROR(
      move_due_.Prepare(connection,
                        "UPDATE windows SET due_at = $due_at, version = version + 1 "
                        "WHERE id = $id AND version = $expected_version",
                        "id expected_version due_at"));
  LULL_RETURN_IF_ERROR(
      read_epoch_.Prepare(connection, "SELECT epoch FROM engine WHERE id = 1", "", "epoch"));
  LULL_RETURN_IF_ERROR(find_window_.Prepare(
      connection, "SELECT version FROM windows WHERE id = $id", "id", "version"));
  LULL_RETURN_IF_ERROR(insert_target_.Prepare(connection, kInsertTarget, kTargetColumns));
  LULL_RETURN_IF_ERROR(insert_task_.Prepare(connection, kInsertTask, kTaskColumns));
  LULL_RETURN_IF_ERROR(insert_token_.Prepare(connection, kInsertToken, kTokenColumns));
  LULL_RETURN_IF_ERROR(delete_expired_token_.Prepare(connection, kDeleteExpiredToken,
                                                     "operation scope token expiry"));
  return prune_tokens_.Prepare(connection, kPruneTokens, "operation expiry limit");
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const CreateWindow& change) {
  const Window& window = change.window;
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_window_.Change(window.id, window.name, window.description, window.schedule,
                            window.schedule_timezone, window.schedule_offset, window.start_date,
                            window.end_date, window.duration_hours, window.cutoff_hours,
                            window.allow_unassociated_targets, window.enabled, window.created_at,
                            window.modified_at, window.rate_base_at, window.due_at,
                            Blob{EncodeTags(window.tags)}, window.version));
  if (rows != 1) return AppliedIf(false);
  return ApplyToken(change.token, change.token_expiry);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const UpdateWindow& change) {
  const Window& window = change.window;
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      update_window_.Change(window.id, window.name, window.description, window.schedule,
                            window.schedule_timezone, window.schedule_offset, window.start_date,
                            window.end_date, window.duration_hours, window.cutoff_hours,
                            window.allow_unassociated_targets, window.enabled, window.created_at,
                            window.modified_at, window.rate_base_at, window.due_at,
                            Blob{EncodeTags(window.tags)}, change.expected_version));
  return AppliedIf(rows == 1);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const DeleteWindow& change) {
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows, delete_window_.Change(change.window));
  return AppliedIf(rows == 1);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const CreateTarget& change) {
  const WindowTarget& target = change.target;
  LULL_ASSIGN_OR_RETURN(const bool window_exists, WindowExists(target.window));
  if (!window_exists) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_target_.Change(target.id, target.window, target.resource_type,
                            Blob{EncodeSelectors(target.selectors)}, target.owner_information,
                            target.name, target.description, target.created_at));
  if (rows != 1) return AppliedIf(false);
  return ApplyToken(change.token, change.token_expiry);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const CreateTask& change) {
  const WindowTask& task = change.task;
  LULL_ASSIGN_OR_RETURN(const bool window_exists, WindowExists(task.window));
  if (!window_exists) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_task_.Change(task.id, task.window, task.task_arn, task.type,
                          Blob{EncodeSelectors(task.targets)}, task.priority, task.max_concurrency,
                          task.max_errors, task.cutoff_behavior, task.service_role_arn, task.name,
                          task.description, Blob{task.payload}, task.created_at));
  if (rows != 1) return AppliedIf(false);
  return ApplyToken(change.token, change.token_expiry);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const MoveDue& change) {
  {
    Epoch newest{};
    Rows rows = read_epoch_.Select();
    if (rows.Next()) rows.Read(newest);
    if (!rows.status().ok()) return rows.status();
    if (newest != change.epoch) return ChangeResult{.verdict = Verdict::kFenced};
  }
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows,
                        move_due_.Change(change.window, change.expected_version, change.due_at));
  return AppliedIf(rows == 1);
}

absl::StatusOr<bool> DefinitionWriter::WindowExists(const WindowId& id) {
  Rows rows = find_window_.Select(id);
  const bool found = rows.Next();
  if (!rows.status().ok()) return rows.status();
  return found;
}

absl::StatusOr<ChangeResult> DefinitionWriter::ApplyToken(const std::optional<Token>& token,
                                                          absl::Time expiry) {
  if (!token.has_value()) return AppliedIf(true);
  // This very token first: the batch below may not reach it.
  LULL_RETURN_IF_ERROR(
      delete_expired_token_.Run(token->operation, token->scope, token->token, expiry));
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_token_.Change(token->operation, token->scope, token->token, token->request_hash,
                           token->result_id, token->created_at));
  if (rows != 1) return AppliedIf(false);
  LULL_RETURN_IF_ERROR(prune_tokens_.Run(token->operation, expiry, kTokenPruneBatch));
  return AppliedIf(true);
}

}  // namespace lull::storage
