// Registering tasks with a window (spec A.12).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/selectors.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

constexpr std::size_t kMaxWindowTargets = 10;

constexpr char kNeedsTargets[] =
    "For Run Command tasks, you must specify at least one resource as the target of the task. You "
    "can "
    "specify between 1 and 50 instance IDs, or between 1 and 10 maintenance window target IDs.";

absl::Status CheckTargets(TaskType type, const std::vector<TargetSelector>& targets) {
  std::size_t values = 0;
  for (const TargetSelector& target : targets) {
    if (target.key == "WindowTargetIds") {
      if (target.values.size() > kMaxWindowTargets) {
        return Invalid("The maximum number of window targets is ", kMaxWindowTargets);
      }
    } else if (target.key != "InstanceIds") {
      return Invalid(target.key,
                     " is an invalid window task target type, use WindowTargetIds or InstanceIds. ",
                     kNeedsTargets);
    }
    LULL_RETURN_IF_ERROR(CheckValues(target));
    values += target.values.size();
  }
  if (values == 0 && (type == TaskType::kRunCommand || !targets.empty())) {
    return Invalid(kNeedsTargets);
  }
  return absl::OkStatus();
}

absl::Status CheckLimits(const v1::RegisterTaskWithMaintenanceWindowRequest& request,
                         bool has_targets) {
  std::string wrong;
  const auto add = [&](const char* sentence) {
    absl::StrAppend(&wrong, wrong.empty() ? "" : " ", sentence);
  };
  if (has_targets) {
    if (!request.has_max_errors()) {
      add("Max Errors must be a number of at least 0, or a percentage between 0 and 100");
    }
    if (!request.has_max_concurrency()) {
      add("Max Concurrency must be a number greater than 0, or a percentage between 1 and 100");
    }
  } else {
    if (request.has_max_errors()) {
      add("Maintenance window tasks without targets do not support MaxErrors values.");
    }
    if (request.has_max_concurrency()) {
      add("Maintenance window tasks without targets do not support MaxConcurrency values.");
    }
  }
  return wrong.empty() ? absl::OkStatus() : Invalid(wrong);
}

absl::Status CheckParameters(TaskType type,
                             const v1::MaintenanceWindowTaskInvocationParameters& parameters) {
  const bool others = (parameters.has_run_command() && type != TaskType::kRunCommand) ||
                      (parameters.has_automation() && type != TaskType::kAutomation) ||
                      (parameters.has_step_functions() && type != TaskType::kStepFunctions) ||
                      (parameters.has_lambda() && type != TaskType::kLambda);
  if (others) {
    return Invalid(
        "Task Invocation Parameters must contain an entry only for the Task Type specified in the "
        "Window Task.");
  }
  const auto& run_command = parameters.run_command();
  if (run_command.has_notification_config() &&
      run_command.notification_config().ByteSizeLong() > 0 && !run_command.has_service_role_arn()) {
    return Invalid(
        "ServiceRoleArn of RunCommandInvocationParameter is required if NotificationConfig is "
        "specified");
  }
  return absl::OkStatus();
}

v1::TaskPayload PayloadOf(const v1::RegisterTaskWithMaintenanceWindowRequest& request) {
  v1::TaskPayload payload;
  if (request.has_task_invocation_parameters()) {
    *payload.mutable_task_invocation_parameters() = request.task_invocation_parameters();
  }
  if (request.has_task_parameters()) *payload.mutable_task_parameters() = request.task_parameters();
  if (request.has_logging_info()) *payload.mutable_logging_info() = request.logging_info();
  if (request.has_alarm_configuration()) {
    *payload.mutable_alarm_configuration() = request.alarm_configuration();
  }
  return payload;
}

}  // namespace

absl::StatusOr<v1::RegisterTaskWithMaintenanceWindowResponse>
Engine::RegisterTaskWithMaintenanceWindow(
    const CallContext&, const v1::RegisterTaskWithMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  WindowTask task;
  task.window = WindowId(request.window_id());
  task.task_arn = request.task_arn();
  task.type = ParseTaskType(request.task_type());
  task.targets = FromWire(request.targets());
  LULL_RETURN_IF_ERROR(CheckTargets(task.type, task.targets));
  LULL_RETURN_IF_ERROR(CheckLimits(request, !task.targets.empty()));
  LULL_RETURN_IF_ERROR(CheckParameters(task.type, request.task_invocation_parameters()));
  task.priority = request.priority();
  // A task without targets reports the placeholders 1 and 1 (spec A.12).
  task.max_concurrency = task.targets.empty() ? "1" : request.max_concurrency();
  task.max_errors = task.targets.empty() ? "1" : request.max_errors();
  if (request.has_cutoff_behavior()) {
    task.cutoff_behavior = request.cutoff_behavior() == Name(CutoffBehavior::kCancelTask)
                               ? CutoffBehavior::kCancelTask
                               : CutoffBehavior::kContinueTask;
  }
  if (request.has_service_role_arn()) task.service_role_arn = request.service_role_arn();
  if (request.has_name()) task.name = request.name();
  if (request.has_description()) task.description = request.description();
  task.payload = PayloadOf(request).SerializeAsString();
  task.created_at = Now();

  v1::RegisterTaskWithMaintenanceWindowRequest asked = request;
  asked.clear_client_token();
  const auto make = [&]() -> absl::StatusOr<Creation> {
    LULL_RETURN_IF_ERROR(FindWindow(request.window_id()).status());
    LULL_ASSIGN_OR_RETURN(const auto known, options_.store->definitions().ListTargets(task.window));
    for (const TargetSelector& target : task.targets) {
      if (target.key != "WindowTargetIds") continue;
      for (const std::string& id : target.values) {
        const bool exists = std::any_of(known.begin(), known.end(), [&](const WindowTarget& other) {
          return other.id.value() == id;
        });
        if (!exists) {
          return absl::NotFoundError(absl::StrCat(
              "Maintenance window target ", id, " does not exist in window ", request.window_id()));
        }
      }
    }
    task.id = WindowTaskId(NewUuid());
    return Creation{CreateTask{task, {}, {}}, task.id.value()};
  };
  LULL_ASSIGN_OR_RETURN(const std::string id,
                        CreateOnce("RegisterTaskWithMaintenanceWindow", request.window_id(),
                                   request.client_token(), HashRequest(asked), make));
  v1::RegisterTaskWithMaintenanceWindowResponse response;
  response.set_window_task_id(id);
  return response;
}

}  // namespace lull
