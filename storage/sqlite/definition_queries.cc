#include "storage/sqlite/definition_queries.h"

#include <utility>

#include "storage/sqlite/definition_rows.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {

void DefinitionQueries::Prepare(Preparer& prepare) {
  prepare(get_window_, "SELECT * FROM windows WHERE id = $id", "id", kWindowColumns);
  prepare(list_windows_,
          "SELECT * FROM windows WHERE position > $after_position ORDER BY position LIMIT $limit",
          "after_position limit", kWindowColumns);
  prepare(list_targets_, "SELECT * FROM window_targets WHERE window = $window ORDER BY position",
          "window", kTargetColumns);
  prepare(list_tasks_, "SELECT * FROM window_tasks WHERE window = $window ORDER BY position",
          "window", kTaskColumns);
  prepare(page_targets_,
          "SELECT * FROM window_targets WHERE window = $window AND position > $after_position "
          "ORDER BY position LIMIT $limit",
          "window after_position limit", kTargetColumns);
  prepare(page_tasks_,
          "SELECT * FROM window_tasks WHERE window = $window AND position > $after_position "
          "ORDER BY position LIMIT $limit",
          "window after_position limit", kTaskColumns);
  prepare(get_target_, "SELECT * FROM window_targets WHERE id = $id", "id", kTargetColumns);
  prepare(get_task_, "SELECT * FROM window_tasks WHERE id = $id", "id", kTaskColumns);
  prepare(find_token_,
          "SELECT * FROM tokens WHERE operation = $operation AND scope = $scope AND token = $token",
          "operation scope token", kTokenColumns);
  prepare(list_due_, "SELECT due_at, id FROM windows WHERE due_at IS NOT NULL ORDER BY due_at, id",
          "", "due_at id");
}

absl::StatusOr<std::optional<Window>> DefinitionQueries::GetWindow(const WindowId& id) {
  std::optional<Window> window;
  Rows rows = get_window_.Select(id);
  std::int64_t position = 0;
  if (rows.Next()) window = ReadWindow(rows, position);
  if (!rows.status().ok()) return rows.status();
  return window;
}

absl::StatusOr<std::vector<DefinitionReader::PositionedWindow>> DefinitionQueries::ListWindows(
    const DefinitionReader::WindowQuery& query) {
  std::vector<DefinitionReader::PositionedWindow> windows;
  Rows rows = list_windows_.Select(query.after_position, query.limit);
  while (rows.Next()) {
    auto& [position, window] = windows.emplace_back();
    window = ReadWindow(rows, position);
  }
  if (!rows.status().ok()) return rows.status();
  return windows;
}

absl::StatusOr<std::vector<WindowTarget>> DefinitionQueries::ListTargets(const WindowId& window) {
  std::vector<WindowTarget> targets;
  Rows rows = list_targets_.Select(window);
  std::int64_t position = 0;
  while (rows.Next()) targets.push_back(ReadTarget(rows, position));
  if (!rows.status().ok()) return rows.status();
  return targets;
}

absl::StatusOr<std::vector<WindowTask>> DefinitionQueries::ListTasks(const WindowId& window) {
  std::vector<WindowTask> tasks;
  Rows rows = list_tasks_.Select(window);
  std::int64_t position = 0;
  while (rows.Next()) tasks.push_back(ReadTask(rows, position));
  if (!rows.status().ok()) return rows.status();
  return tasks;
}

absl::StatusOr<std::vector<DefinitionReader::PositionedTarget>> DefinitionQueries::PageTargets(
    const DefinitionReader::RegistrationQuery& query) {
  std::vector<DefinitionReader::PositionedTarget> targets;
  Rows rows = page_targets_.Select(query.window, query.after_position, query.limit);
  while (rows.Next()) {
    auto& [position, target] = targets.emplace_back();
    target = ReadTarget(rows, position);
  }
  if (!rows.status().ok()) return rows.status();
  return targets;
}

absl::StatusOr<std::vector<DefinitionReader::PositionedTask>> DefinitionQueries::PageTasks(
    const DefinitionReader::RegistrationQuery& query) {
  std::vector<DefinitionReader::PositionedTask> tasks;
  Rows rows = page_tasks_.Select(query.window, query.after_position, query.limit);
  while (rows.Next()) {
    auto& [position, task] = tasks.emplace_back();
    task = ReadTask(rows, position);
  }
  if (!rows.status().ok()) return rows.status();
  return tasks;
}

absl::StatusOr<std::optional<WindowTarget>> DefinitionQueries::GetTarget(const WindowTargetId& id) {
  std::optional<WindowTarget> target;
  Rows rows = get_target_.Select(id);
  std::int64_t position = 0;
  if (rows.Next()) target = ReadTarget(rows, position);
  if (!rows.status().ok()) return rows.status();
  return target;
}

absl::StatusOr<std::optional<WindowTask>> DefinitionQueries::GetTask(const WindowTaskId& id) {
  std::optional<WindowTask> task;
  Rows rows = get_task_.Select(id);
  std::int64_t position = 0;
  if (rows.Next()) task = ReadTask(rows, position);
  if (!rows.status().ok()) return rows.status();
  return task;
}

absl::StatusOr<std::optional<Token>> DefinitionQueries::FindToken(const std::string& operation,
                                                                  const std::string& scope,
                                                                  const std::string& token) {
  std::optional<Token> found;
  Rows rows = find_token_.Select(operation, scope, token);
  if (rows.Next()) found = ReadToken(rows);
  if (!rows.status().ok()) return rows.status();
  return found;
}

absl::StatusOr<std::vector<DefinitionReader::DueWindow>> DefinitionQueries::ListDue() {
  std::vector<DefinitionReader::DueWindow> due;
  Rows rows = list_due_.Select();
  while (rows.Next()) {
    auto& [due_at, window] = due.emplace_back();
    rows.Read(due_at, window);
  }
  if (!rows.status().ok()) return rows.status();
  return due;
}

}  // namespace lull::storage
