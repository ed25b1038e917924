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

constexpr char kCountWindow[] =
    "UPDATE engine SET windows = windows + 1 WHERE id = 1 AND windows < $limit";
constexpr char kUncountWindow[] = "UPDATE engine SET windows = windows - 1 WHERE id = 1";

constexpr char kInsertTarget[] = R"sql(
INSERT INTO window_targets (id, window, resource_type, selectors, owner_information, name, description,
    created_at, version)
VALUES ($id, $window, $resource_type, $selectors, $owner_information, $name, $description,
    $created_at, $version)
ON CONFLICT DO NOTHING)sql";

constexpr char kUpdateTarget[] = R"sql(
UPDATE window_targets SET resource_type = $resource_type, selectors = $selectors,
    owner_information = $owner_information, name = $name, description = $description,
    created_at = $created_at, version = $expected_version + 1
WHERE id = $id AND window = $window AND version = $expected_version)sql";

/// Of both statements above; the last one is the version, or the expected one.
constexpr char kTargetParameters[] =
    "id window resource_type selectors owner_information name description created_at ";

constexpr char kInsertTask[] = R"sql(
INSERT INTO window_tasks (id, window, task_arn, type, targets, priority, max_concurrency, max_errors,
    cutoff_behavior, service_role_arn, name, description, payload, created_at, version)
VALUES ($id, $window, $task_arn, $type, $targets, $priority, $max_concurrency, $max_errors,
    $cutoff_behavior, $service_role_arn, $name, $description, $payload, $created_at, $version)
ON CONFLICT DO NOTHING)sql";

constexpr char kUpdateTask[] = R"sql(
UPDATE window_tasks SET task_arn = $task_arn, type = $type, targets = $targets,
    priority = $priority, max_concurrency = $max_concurrency, max_errors = $max_errors,
    cutoff_behavior = $cutoff_behavior, service_role_arn = $service_role_arn, name = $name,
    description = $description, payload = $payload, created_at = $created_at,
    version = $expected_version + 1
WHERE id = $id AND window = $window AND version = $expected_version)sql";

constexpr char kTaskParameters[] =
    "id window task_arn type targets priority max_concurrency max_errors cutoff_behavior "
    "service_role_arn name description payload created_at ";

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

void DefinitionWriter::Prepare(Preparer& prepare) {
  const std::string window_parameters(kWindowParameters);
  prepare(insert_window_, kInsertWindow, window_parameters + "version");
  prepare(update_window_, kUpdateWindow, window_parameters + "expected_version");
  prepare(delete_window_, "DELETE FROM windows WHERE id = $id", "id");
  prepare(move_due_,
          "UPDATE windows SET due_at = $due_at, version = version + 1 "
          "WHERE id = $id AND version = $expected_version",
          "id expected_version due_at");
  prepare(read_epoch_, "SELECT epoch FROM engine WHERE id = 1", "", "epoch");
  prepare(find_window_, "SELECT version FROM windows WHERE id = $id", "id", "version");
  prepare(count_window_, kCountWindow, "limit");
  prepare(uncount_window_, kUncountWindow, "");
  PrepareTargets(prepare);
  PrepareTasks(prepare);
  prepare(insert_token_, kInsertToken, kTokenColumns);
  prepare(delete_expired_token_, kDeleteExpiredToken, "operation scope token expiry");
  prepare(prune_tokens_, kPruneTokens, "operation expiry limit");
}

void DefinitionWriter::PrepareTargets(Preparer& prepare) {
  const std::string parameters(kTargetParameters);
  prepare(insert_target_, kInsertTarget, parameters + "version");
  prepare(update_target_, kUpdateTarget, parameters + "expected_version");
  prepare(delete_target_, "DELETE FROM window_targets WHERE id = $id AND window = $window",
          "id window");
  prepare(find_target_, "SELECT version FROM window_targets WHERE id = $id AND window = $window",
          "id window", "version");
  prepare(count_targets_, "SELECT count(*) AS count FROM window_targets WHERE window = $window",
          "window", "count");
}

void DefinitionWriter::PrepareTasks(Preparer& prepare) {
  const std::string parameters(kTaskParameters);
  prepare(insert_task_, kInsertTask, parameters + "version");
  prepare(update_task_, kUpdateTask, parameters + "expected_version");
  prepare(delete_task_, "DELETE FROM window_tasks WHERE id = $id AND window = $window",
          "id window");
  prepare(list_task_targets_, "SELECT targets FROM window_tasks WHERE window = $window", "window",
          "targets");
  prepare(count_tasks_, "SELECT count(*) AS count FROM window_tasks WHERE window = $window",
          "window", "count");
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
  LULL_ASSIGN_OR_RETURN(const ChangeResult token, ApplyToken(change.token, change.token_expiry));
  if (token.verdict != Verdict::kApplied) return token;
  LULL_ASSIGN_OR_RETURN(const std::int64_t counted, count_window_.Change(change.limit));
  return ChangeResult{.verdict = counted == 1 ? Verdict::kApplied : Verdict::kFull};
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
  if (rows == 1) LULL_RETURN_IF_ERROR(uncount_window_.Run());
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
                            target.name, target.description, target.created_at, target.version));
  if (rows != 1) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(const ChangeResult token, ApplyToken(change.token, change.token_expiry));
  if (token.verdict != Verdict::kApplied) return token;
  return CheckLimit(count_targets_, target.window, change.limit);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const UpdateTarget& change) {
  const WindowTarget& target = change.target;
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      update_target_.Change(target.id, target.window, target.resource_type,
                            Blob{EncodeSelectors(target.selectors)}, target.owner_information,
                            target.name, target.description, target.created_at,
                            change.expected_version));
  return AppliedIf(rows == 1);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const DeleteTarget& change) {
  if (change.unless_referenced) {
    LULL_ASSIGN_OR_RETURN(const bool referenced, IsReferenced(change.window, change.target));
    if (referenced) return AppliedIf(false);
  }
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows,
                        delete_target_.Change(change.target, change.window));
  return AppliedIf(rows == 1);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const CreateTask& change) {
  const WindowTask& task = change.task;
  LULL_ASSIGN_OR_RETURN(const bool window_exists, WindowExists(task.window));
  if (!window_exists) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(const bool has_targets, HasTargets(task.window, change.required_targets));
  if (!has_targets) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      insert_task_.Change(task.id, task.window, task.task_arn, task.type,
                          Blob{EncodeSelectors(task.targets)}, task.priority, task.max_concurrency,
                          task.max_errors, task.cutoff_behavior, task.service_role_arn, task.name,
                          task.description, Blob{task.payload}, task.created_at, task.version));
  if (rows != 1) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(const ChangeResult token, ApplyToken(change.token, change.token_expiry));
  if (token.verdict != Verdict::kApplied) return token;
  return CheckLimit(count_tasks_, task.window, change.limit);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const UpdateTask& change) {
  const WindowTask& task = change.task;
  LULL_ASSIGN_OR_RETURN(const bool has_targets, HasTargets(task.window, change.required_targets));
  if (!has_targets) return AppliedIf(false);
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t rows,
      update_task_.Change(task.id, task.window, task.task_arn, task.type,
                          Blob{EncodeSelectors(task.targets)}, task.priority, task.max_concurrency,
                          task.max_errors, task.cutoff_behavior, task.service_role_arn, task.name,
                          task.description, Blob{task.payload}, task.created_at,
                          change.expected_version));
  return AppliedIf(rows == 1);
}

absl::StatusOr<ChangeResult> DefinitionWriter::Apply(const DeleteTask& change) {
  LULL_ASSIGN_OR_RETURN(const std::int64_t rows, delete_task_.Change(change.task, change.window));
  return AppliedIf(rows == 1);
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

absl::StatusOr<bool> DefinitionWriter::HasTargets(const WindowId& window,
                                                  const std::vector<WindowTargetId>& targets) {
  for (const WindowTargetId& target : targets) {
    Rows rows = find_target_.Select(target, window);
    const bool found = rows.Next();
    if (!rows.status().ok()) return rows.status();
    if (!found) return false;
  }
  return true;
}

absl::StatusOr<bool> DefinitionWriter::IsReferenced(const WindowId& window,
                                                    const WindowTargetId& target) {
  Rows rows = list_task_targets_.Select(window);
  while (rows.Next()) {
    Blob blob;
    rows.Read(blob);
    LULL_ASSIGN_OR_RETURN(const auto selectors, DecodeSelectors(blob.bytes));
    if (References(selectors, target)) return true;
  }
  if (!rows.status().ok()) return rows.status();
  return false;
}

absl::StatusOr<ChangeResult> DefinitionWriter::CheckLimit(Statement& count, const WindowId& window,
                                                          std::int64_t limit) {
  std::int64_t made = 0;
  Rows rows = count.Select(window);
  if (rows.Next()) rows.Read(made);
  if (!rows.status().ok()) return rows.status();
  return ChangeResult{.verdict = made <= limit ? Verdict::kApplied : Verdict::kFull};
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
