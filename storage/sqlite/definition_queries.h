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

/// The reads of DefinitionReader on one connection. Each is one statement, and so one committed
/// state. Not thread-safe. Errors: as SqliteError; kInternal for a damaged row.
class DefinitionQueries {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<std::optional<Window>> GetWindow(const WindowId& id);
  absl::StatusOr<std::vector<DefinitionReader::PositionedWindow>> ListWindows(
      const DefinitionReader::WindowQuery& query);
  absl::StatusOr<std::vector<WindowTarget>> ListTargets(const WindowId& window);
  absl::StatusOr<std::vector<WindowTask>> ListTasks(const WindowId& window);
  absl::StatusOr<std::vector<DefinitionReader::PositionedTarget>> PageTargets(
      const DefinitionReader::RegistrationQuery& query);
  absl::StatusOr<std::vector<DefinitionReader::PositionedTask>> PageTasks(
      const DefinitionReader::RegistrationQuery& query);
  absl::StatusOr<std::optional<WindowTarget>> GetTarget(const WindowTargetId& id);
  absl::StatusOr<std::optional<WindowTask>> GetTask(const WindowTaskId& id);
  absl::StatusOr<std::optional<Token>> FindToken(const std::string& operation,
                                                 const std::string& scope,
                                                 const std::string& token);
  absl::StatusOr<std::vector<DefinitionReader::DueWindow>> ListDue();

 private:
  Statement get_window_;
  Statement list_windows_;
  Statement list_targets_;
  Statement list_tasks_;
  Statement page_targets_;
  Statement page_tasks_;
  Statement get_target_;
  Statement get_task_;
  Statement find_token_;
  Statement list_due_;
};

}  // namespace lull::storage
