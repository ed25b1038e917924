#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/ids.h"

namespace lull {

/// A window: when to open, in which zone, for how long, and when nothing new may start any more.
/// Members are what the API was given (spec A.1), checked; absent optionals were never given.
struct Window {
  WindowId id;
  std::string name;
  std::optional<std::string> description;
  std::string schedule;
  std::optional<std::string> schedule_timezone;
  std::optional<std::int64_t> schedule_offset;  ///< days
  std::optional<std::string> start_date;        ///< verbatim
  std::optional<std::string> end_date;          ///< verbatim
  std::int64_t duration_hours = 0;
  std::int64_t cutoff_hours = 0;
  bool allow_unassociated_targets = false;
  bool enabled = true;
  absl::Time created_at;
  absl::Time modified_at;
  absl::Time rate_base_at;  ///< what the schedule counts from (ScheduleText)
  /// The next occurrence not yet opened; nothing when disabled or when there is none.
  std::optional<absl::Time> due_at;
  std::map<std::string, std::string> tags;
  std::int64_t version = 1;  ///< grows by one with each write; the guard of the next
};

enum class ResourceType { kInstance = 0, kResourceGroup = 1 };  // stored: append only

/// `Key=tag:role,Values=web,db`: what a target or a task is aimed at, unresolved.
struct TargetSelector {
  std::string key;
  std::vector<std::string> values;
  friend auto operator<=>(const TargetSelector&, const TargetSelector&) = default;
};

/// A target registered with a window.
struct WindowTarget {
  WindowTargetId id;
  WindowId window;
  ResourceType resource_type = ResourceType::kInstance;
  std::vector<TargetSelector> selectors;
  std::optional<std::string> owner_information;
  std::optional<std::string> name;
  std::optional<std::string> description;
  absl::Time created_at;
  std::int64_t version = 1;  ///< grows by one with each write; the guard of the next
};

/// The key under which a task names targets that are registered with its window.
inline constexpr std::string_view kWindowTargetIds = "WindowTargetIds";

/// True when a task that is aimed at `targets` names the registered target `id`.
inline bool References(const std::vector<TargetSelector>& targets, const WindowTargetId& id) {
  return std::any_of(targets.begin(), targets.end(), [&](const TargetSelector& selector) {
    return selector.key == kWindowTargetIds &&
           std::find(selector.values.begin(), selector.values.end(), id.value()) !=
               selector.values.end();
  });
}

/// Stored: append only.
enum class TaskType { kRunCommand = 0, kAutomation = 1, kStepFunctions = 2, kLambda = 3 };

/// The API's word, `RUN_COMMAND`.
constexpr std::string_view Name(TaskType type) {
  switch (type) {
    case TaskType::kRunCommand:
      return "RUN_COMMAND";
    case TaskType::kAutomation:
      return "AUTOMATION";
    case TaskType::kStepFunctions:
      return "STEP_FUNCTIONS";
    case TaskType::kLambda:
      return "LAMBDA";
  }
  return "?";
}

enum class CutoffBehavior { kContinueTask = 0, kCancelTask = 1 };  // stored

/// A task registered with a window.
struct WindowTask {
  WindowTaskId id;
  WindowId window;
  std::string task_arn;
  TaskType type = TaskType::kRunCommand;
  std::vector<TargetSelector> targets;
  std::int64_t priority = 0;
  std::string max_concurrency;  ///< as the API has it: a number or a percentage
  std::string max_errors;
  std::optional<CutoffBehavior> cutoff_behavior;
  std::optional<std::string> service_role_arn;
  std::optional<std::string> name;
  std::optional<std::string> description;
  /// What the runner gets (a serialized lull.v1.TaskPayload, from the API): bytes that the core,
  /// the runtime and the store never look into.
  std::string payload;
  absl::Time created_at;
  std::int64_t version = 1;  ///< as WindowTarget's
};

/// An idempotency token of a create (spec A.0.2): the same token with the same request gives the
/// same id again. Scope is the window for the Register operations, else empty.
struct Token {
  std::string operation;
  std::string scope;
  std::string token;
  std::uint64_t request_hash = 0;
  std::string result_id;
  absl::Time created_at;
};

}  // namespace lull
