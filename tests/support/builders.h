#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/nodes.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull {

// Values for tests: filled so that a lost or swapped column shows.

/// Second `seconds` of the tests' era, with some microseconds.
inline absl::Time At(std::int64_t seconds) {
  return absl::FromUnixMicros(1'700'000'000'000'123 + seconds * 1'000'000);
}

inline Window MakeWindow(const std::string& id) {
  return {.id = WindowId(id),
          .name = "patch " + id,
          .description = "d",
          .schedule = "cron(0 2 ? * SUN *)",
          .schedule_timezone = "Europe/Berlin",
          .schedule_offset = 2,
          .start_date = "2026-01-01T00:00:00Z",
          .duration_hours = 3,
          .cutoff_hours = 1,
          .allow_unassociated_targets = true,
          .enabled = true,
          .created_at = At(1),
          .modified_at = At(2),
          .rate_base_at = At(3),
          .due_at = At(100),
          .tags = {{"stage", ""}, {"team", "db"}},
          .version = 1};
}

inline WindowTarget MakeTarget(const std::string& id, const std::string& window) {
  return {.id = WindowTargetId(id),
          .window = WindowId(window),
          .resource_type = ResourceType::kInstance,
          .selectors = {{"tag:role", {"web", "db"}}, {"InstanceIds", {"i-1"}}, {"tag:none", {}}},
          .owner_information = "owner",
          .name = "",  // given, and empty: not the same as absent
          .created_at = At(4)};
}

inline WindowTask MakeTask(const std::string& id, const std::string& window) {
  return {.id = WindowTaskId(id),
          .window = WindowId(window),
          .task_arn = "AWS-RunPatchBaseline",
          .type = TaskType::kRunCommand,
          .targets = {{"WindowTargetIds", {"t-1"}}},
          .priority = 5,
          .max_concurrency = "50%",
          .max_errors = "1",
          .cutoff_behavior = CutoffBehavior::kCancelTask,
          .name = "patch",
          .payload = std::string("\0\1\xFF", 3),
          .created_at = At(5)};
}

/// A node with everything, whose tags are role=web and env=prod.
inline Node MakeNode(const std::string& id) {
  return {.id = id,
          .name = "name of " + id,
          .platform = Platform::kMacOs,
          .platform_name = "Debian GNU/Linux",
          .platform_version = "12",
          .address = "10.0.0.7",
          .transport = "jump",
          .user = "ops",
          .last_seen_at = At(6),
          .tags = {{"role", "web"}, {"env", "prod"}}};
}

/// A node with these tags and no more.
inline Node MakeTagged(const std::string& id, Tags tags) {
  return {.id = id, .tags = std::move(tags)};
}

inline Token MakeToken(const std::string& token, absl::Time created_at) {
  return {.operation = "CreateMaintenanceWindow",
          .scope = "",
          .token = token,
          .request_hash = 0xFEDCBA9876543210,
          .result_id = "mw-of-" + token,
          .created_at = created_at};
}

/// Of `window`, with key and id from `key`, at second 1000 * key; PENDING.
inline Execution MakeExecution(std::int64_t key, const std::string& window) {
  return {.key = static_cast<ExecutionKey>(key),
          .id = ExecutionId("execution-" + std::to_string(key)),
          .window = WindowId(window),
          .occurrence = {At(1000 * key), At(1000 * key + 600), At(1000 * key + 900)},
          .started_at = At(1000 * key + 1)};
}

/// PENDING, with `count` targets.
inline TaskExecution MakeTaskExecution(std::int64_t key, std::int64_t execution, Ordinal count) {
  auto spec = std::make_shared<TaskSpec>();
  spec->key = static_cast<TaskKey>(key);
  spec->id = TaskExecutionId("task-execution-" + std::to_string(key));
  spec->execution = static_cast<ExecutionKey>(execution);
  spec->window_task = WindowTaskId("task-1");
  spec->task_arn = "arn";
  spec->type = TaskType::kLambda;
  spec->targets = {{"tag:role", {"web"}}};
  spec->priority = 7;
  spec->max_concurrency = "10";
  spec->max_errors = "5%";
  spec->service_role_arn = "role";
  spec->payload = std::string("pay\0load", 8);
  spec->only_associated = true;
  spec->snapshot = spec->key;
  return {.spec = std::move(spec),
          .progress = {.count = count, .concurrency_limit = 10, .error_limit = 3}};
}

inline Finish MakeFinish(Ordinal ordinal, Status status) {
  Finish finish{.ordinal = ordinal, .status = status, .ended_at = At(50 + ordinal)};
  if (status == Status::kSuccess) finish.started_at = At(40 + ordinal);
  if (status == Status::kFailed) finish.exit_code = 3;
  if (status != Status::kSuccess) finish.detail = "went wrong";
  return finish;
}

/// Of an execution, PENDING.
inline StateEvent MakeEvent(const std::string& subscriber, const std::string& id) {
  return {.subscriber = subscriber,
          .id = id,
          .at = At(1001),
          .window = WindowId("mw-1"),
          .execution = ExecutionId("execution-1"),
          .started_at = At(1001)};
}

inline AuditEntry MakeAuditEntry(const std::string& operation) {
  return {.at = At(7),
          .principal = "LULLKEY",
          .source = "127.0.0.1:4000",
          .request_id = "request",
          .operation = operation,
          .resources = "mw-1",
          .summary = "Name=\"a\""};
}

}  // namespace lull
