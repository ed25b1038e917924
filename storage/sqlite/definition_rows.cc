#include "storage/sqlite/definition_rows.h"

#include <utility>

#include "storage/list_codec.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {
namespace {

std::vector<TargetSelector> SelectorsOf(const Blob& blob, Rows& rows) {
  auto selectors = DecodeSelectors(blob.bytes);
  rows.Fail(selectors.status());
  return selectors.ok() ? *std::move(selectors) : std::vector<TargetSelector>();
}

}  // namespace

Window ReadWindow(Rows& rows, std::int64_t& position) {
  Window window;
  Blob tags;
  rows.Read(position, window.id, window.name, window.description, window.schedule,
            window.schedule_timezone, window.schedule_offset, window.start_date, window.end_date,
            window.duration_hours, window.cutoff_hours, window.allow_unassociated_targets,
            window.enabled, window.created_at, window.modified_at, window.rate_base_at,
            window.due_at, tags, window.version);
  auto decoded = DecodeTags(tags.bytes);
  rows.Fail(decoded.status());
  if (decoded.ok()) window.tags = *std::move(decoded);
  return window;
}

WindowTarget ReadTarget(Rows& rows, std::int64_t& position) {
  WindowTarget target;
  Blob selectors;
  rows.Read(position, target.id, target.window, target.resource_type, selectors,
            target.owner_information, target.name, target.description, target.created_at,
            target.version);
  target.selectors = SelectorsOf(selectors, rows);
  return target;
}

WindowTask ReadTask(Rows& rows, std::int64_t& position) {
  WindowTask task;
  Blob targets;
  rows.Read(position, task.id, task.window, task.task_arn, task.type, targets, task.priority,
            task.max_concurrency, task.max_errors, task.cutoff_behavior, task.service_role_arn,
            task.name, task.description, task.payload, task.created_at, task.version);
  task.targets = SelectorsOf(targets, rows);
  return task;
}

Token ReadToken(Rows& rows) {
  Token token;
  rows.Read(token.operation, token.scope, token.token, token.request_hash, token.result_id,
            token.created_at);
  return token;
}

}  // namespace lull::storage
