// Tasks that are registered with a window (spec A.12 to A.16).
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "engine/filters.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/merge.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/selectors.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

constexpr std::size_t kMaxWindowTargets = 10;
constexpr std::size_t kMaxInstances = 50;

/// What a task without targets reports for both its limits (spec A.12).
constexpr char kPlaceholder[] = "1";

constexpr char kNeedsTargets[] =
    "For Run Command tasks, you must specify at least one resource as the target of the task. You "
    "can specify between 1 and 50 instance IDs, or between 1 and 10 maintenance window target IDs.";

absl::Status CheckTargets(TaskType type, const std::vector<TargetSelector>& targets) {
  std::size_t window_targets = 0;
  std::size_t instances = 0;
  for (const TargetSelector& target : targets) {
    if (target.key != kWindowTargetIds && target.key != "InstanceIds") {
      return Invalid(target.key,
                     " is an invalid window task target type, use WindowTargetIds or InstanceIds. ",
                     kNeedsTargets);
    }
    (target.key == kWindowTargetIds ? window_targets : instances) += target.values.size();
    if (window_targets > kMaxWindowTargets) {
      return Invalid("The maximum number of window targets is ", kMaxWindowTargets);
    }
    LULL_RETURN_IF_ERROR(CheckValues(target));
  }
  const bool none = window_targets + instances == 0;
  if (instances > kMaxInstances || (none && (type == TaskType::kRunCommand || !targets.empty()))) {
    return Invalid(kNeedsTargets);
  }
  return absl::OkStatus();
}

/// A task's own values for how many invocations may run and fail; those of a task without targets
/// are none.
struct Rates {
  std::optional<std::string> concurrency;
  std::optional<std::string> errors;
};

absl::Status CheckRates(const Rates& rates, bool has_targets) {
  std::string wrong;
  const auto add = [&](const char* sentence) {
    absl::StrAppend(&wrong, wrong.empty() ? "" : " ", sentence);
  };
  if (has_targets) {
    if (!rates.errors) {
      add("Max Errors must be a number of at least 0, or a percentage between 0 and 100");
    }
    if (!rates.concurrency) {
      add("Max Concurrency must be a number greater than 0, or a percentage between 1 and 100");
    }
  } else {
    if (rates.errors) {
      add("Maintenance window tasks without targets do not support MaxErrors values.");
    }
    if (rates.concurrency) {
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

absl::StatusOr<v1::TaskPayload> PayloadOf(const WindowTask& task) {
  v1::TaskPayload payload;
  if (!payload.ParseFromString(task.payload)) {
    return absl::InternalError(
        absl::StrCat("the stored parameters of task ", task.id.value(), " can't be read"));
  }
  return payload;
}

/// What a registration or an update asks for of the targets, with ids as the store has them.
template <class Request>
std::vector<TargetSelector> TargetsOf(const Request& request) {
  std::vector<TargetSelector> targets = FromWire(request.targets());
  for (TargetSelector& target : targets) {
    if (target.key != kWindowTargetIds) continue;
    for (std::string& id : target.values) id = Lower(id);
  }
  return targets;
}

template <class Request>
absl::Status MergeTargets(const Request& request, LeftOut left_out, WindowTask& task) {
  Rates rates;
  if (!task.targets.empty() && left_out == LeftOut::kStays) {
    rates = {task.max_concurrency, task.max_errors};
  }
  MergeMember(request.has_max_concurrency(), request.max_concurrency(), LeftOut::kStays,
              rates.concurrency);
  MergeMember(request.has_max_errors(), request.max_errors(), LeftOut::kStays, rates.errors);
  if (!request.targets().empty() || left_out == LeftOut::kGoes) task.targets = TargetsOf(request);
  LULL_RETURN_IF_ERROR(CheckTargets(task.type, task.targets));
  LULL_RETURN_IF_ERROR(CheckRates(rates, !task.targets.empty()));
  task.max_concurrency = rates.concurrency.value_or(kPlaceholder);
  task.max_errors = rates.errors.value_or(kPlaceholder);
  return absl::OkStatus();
}

/// Parameters are taken whole: those that come replace those that were, none of which stay.
template <class Request>
absl::Status MergePayload(const Request& request, LeftOut left_out, WindowTask& task) {
  v1::TaskPayload payload;
  if (left_out == LeftOut::kStays) {
    LULL_ASSIGN_OR_RETURN(payload, PayloadOf(task));
  }
  if (request.has_task_invocation_parameters()) {
    LULL_RETURN_IF_ERROR(CheckParameters(task.type, request.task_invocation_parameters()));
    *payload.mutable_task_invocation_parameters() = request.task_invocation_parameters();
  }
  if (request.has_task_parameters()) *payload.mutable_task_parameters() = request.task_parameters();
  if (request.has_logging_info()) *payload.mutable_logging_info() = request.logging_info();
  if (request.has_alarm_configuration()) {
    *payload.mutable_alarm_configuration() = request.alarm_configuration();
  }
  if (request.has_name()) payload.set_name(request.name());
  task.payload = payload.SerializeAsString();
  return absl::OkStatus();
}

/// Writes what a registration or an update asks for over `task`.
template <class Request>
absl::Status Merge(const Request& request, LeftOut left_out, WindowTask& task) {
  LULL_RETURN_IF_ERROR(MergeTargets(request, left_out, task));
  LULL_RETURN_IF_ERROR(MergePayload(request, left_out, task));
  if (request.has_task_arn()) task.task_arn = request.task_arn();
  if (request.has_priority() || left_out == LeftOut::kGoes) task.priority = request.priority();
  MergeMember(request.has_cutoff_behavior(), ParseCutoffBehavior(request.cutoff_behavior()),
              left_out, task.cutoff_behavior);
  MergeMember(request.has_service_role_arn(), request.service_role_arn(), left_out,
              task.service_role_arn);
  MergeMember(request.has_name(), request.name(), left_out, task.name);
  MergeMember(request.has_description(), request.description(), left_out, task.description);
  return absl::OkStatus();
}

/// The members that Get, Update and Describe all show. `default_role` is what a task has that was
/// given none.
template <class Message>
void ToWire(const WindowTask& task, const v1::TaskPayload& payload, const std::string& default_role,
            Message& message) {
  message.set_window_id(task.window.value());
  message.set_window_task_id(task.id.value());
  lull::ToWire(task.targets, *message.mutable_targets());
  message.set_task_arn(task.task_arn);
  message.set_service_role_arn(task.service_role_arn.value_or(default_role));
  *message.mutable_task_parameters() = payload.task_parameters();  // {} when there are none
  message.set_priority(static_cast<std::int32_t>(task.priority));
  message.set_max_concurrency(task.max_concurrency);
  message.set_max_errors(task.max_errors);
  if (payload.has_logging_info()) *message.mutable_logging_info() = payload.logging_info();
  if (task.name) message.set_name(*task.name);
  if (task.description) message.set_description(*task.description);
  if (task.cutoff_behavior) message.set_cutoff_behavior(std::string(Name(*task.cutoff_behavior)));
  if (payload.has_alarm_configuration()) {
    *message.mutable_alarm_configuration() = payload.alarm_configuration();
  }
}

/// The same for Get and Update, which show the parameters, too.
template <class Response>
absl::StatusOr<Response> Show(const WindowTask& task, const std::string& default_role) {
  LULL_ASSIGN_OR_RETURN(const v1::TaskPayload payload, PayloadOf(task));
  Response response;
  ToWire(task, payload, default_role, response);
  if (payload.has_task_invocation_parameters()) {
    *response.mutable_task_invocation_parameters() = payload.task_invocation_parameters();
  }
  return response;
}

/// The role that the API makes for an account whose tasks name none.
std::string ServiceLinkedRole(const std::string& account_id) {
  return absl::StrCat("arn:aws:iam::", account_id,
                      ":role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM");
}

bool IsTaskType(const std::string& value) {
  return v1::TaskType_descriptor()->FindValueByName(value) != nullptr;
}

std::optional<std::int32_t> ReadPriority(const std::string& value) {
  std::int32_t priority = 0;
  const bool is_number =
      !value.empty() && std::all_of(value.begin(), value.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(value, &priority)) return std::nullopt;
  return priority;
}

bool IsPriority(const std::string& value) { return ReadPriority(value).has_value(); }

bool Matches(const WindowTask& task, const std::string& key, const std::string& value) {
  if (key == "WindowTaskId") return Lower(value) == task.id.value();
  if (key == "TaskArn") return value == task.task_arn;
  if (key == "Priority") return ReadPriority(value) == task.priority;
  return value == Name(task.type);
}

}  // namespace

absl::StatusOr<WindowTask> Engine::FindWindowTask(const std::string& window,
                                                  const std::string& id) {
  LULL_ASSIGN_OR_RETURN(auto task, options_.store->definitions().GetTask(WindowTaskId(Lower(id))));
  if (task && task->window.value() == window) return *std::move(task);
  LULL_RETURN_IF_ERROR(FindWindow(window).status());
  return absl::NotFoundError(
      absl::StrCat("Maintenance window task ", id, " does not exist in window ", window));
}

absl::StatusOr<v1::RegisterTaskWithMaintenanceWindowResponse>
Engine::RegisterTaskWithMaintenanceWindow(
    const CallContext& context, const v1::RegisterTaskWithMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  WindowTask task;
  task.window = WindowId(request.window_id());
  task.type = ParseTaskType(request.task_type());
  LULL_RETURN_IF_ERROR(Merge(request, LeftOut::kGoes, task));
  task.created_at = Now();

  v1::RegisterTaskWithMaintenanceWindowRequest asked = request;
  asked.clear_client_token();
  const auto make = [&]() -> absl::StatusOr<Creation> {
    LULL_RETURN_IF_ERROR(FindWindow(request.window_id()).status());
    LULL_ASSIGN_OR_RETURN(auto required, FindRequiredTargets(task.window, task.targets));
    task.id = WindowTaskId(NewUuid());
    const std::int64_t limit = options_.limits.tasks_per_window;
    return Creation{CreateTask{task, {}, {}, limit, std::move(required)}, task.id.value(),
                    LimitReached(limit, "tasks of a maintenance window", "Deregister one",
                                 "tasks_per_window", "--max-tasks-per-window")};
  };
  LULL_ASSIGN_OR_RETURN(
      const std::string id,
      CreateOnce("RegisterTaskWithMaintenanceWindow", request.window_id(), request.client_token(),
                 HashRequest(asked), AuditOf(context, request), make));
  v1::RegisterTaskWithMaintenanceWindowResponse response;
  response.set_window_task_id(id);
  return response;
}

absl::StatusOr<v1::GetMaintenanceWindowTaskResponse> Engine::GetMaintenanceWindowTask(
    const CallContext&, const v1::GetMaintenanceWindowTaskRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const WindowTask task,
                        FindWindowTask(request.window_id(), request.window_task_id()));
  LULL_ASSIGN_OR_RETURN(auto response, Show<v1::GetMaintenanceWindowTaskResponse>(
                                           task, ServiceLinkedRole(options_.account_id)));
  response.set_task_type(std::string(Name(task.type)));
  return response;
}

absl::StatusOr<v1::UpdateMaintenanceWindowTaskResponse> Engine::UpdateMaintenanceWindowTask(
    const CallContext& context, const v1::UpdateMaintenanceWindowTaskRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  if (request.replace()) {
    LULL_RETURN_IF_ERROR(RequireMembers({{"taskArn", request.has_task_arn()}}));
  }
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(WindowTask task,
                          FindWindowTask(request.window_id(), request.window_task_id()));
    LULL_RETURN_IF_ERROR(Merge(request, LeftOutBy(request.replace()), task));
    // Only targets that come with the update have to exist: one that was deregistered by force may
    // still be named.
    std::vector<WindowTargetId> required;
    if (!request.targets().empty()) {
      LULL_ASSIGN_OR_RETURN(required, FindRequiredTargets(task.window, task.targets));
    }
    const std::int64_t expected_version = task.version++;
    LULL_ASSIGN_OR_RETURN(const ChangeResult result,
                          runtime_->Define(UpdateTask{task, expected_version, std::move(required)},
                                           AuditOf(context, request)));
    if (result.verdict != Verdict::kApplied) continue;
    return Show<v1::UpdateMaintenanceWindowTaskResponse>(task,
                                                         ServiceLinkedRole(options_.account_id));
  }
  return absl::UnavailableError("the task kept changing meanwhile; try again");
}

absl::StatusOr<v1::DeregisterTaskFromMaintenanceWindowResponse>
Engine::DeregisterTaskFromMaintenanceWindow(
    const CallContext& context, const v1::DeregisterTaskFromMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(const WindowTask task,
                          FindWindowTask(request.window_id(), request.window_task_id()));
    LULL_ASSIGN_OR_RETURN(
        const ChangeResult result,
        runtime_->Define(DeleteTask{task.window, task.id}, AuditOf(context, request)));
    if (result.verdict != Verdict::kApplied) continue;
    v1::DeregisterTaskFromMaintenanceWindowResponse response;
    response.set_window_id(task.window.value());
    response.set_window_task_id(task.id.value());
    return response;
  }
  return absl::UnavailableError("the task kept changing meanwhile; try again");
}

absl::StatusOr<v1::DescribeMaintenanceWindowTasksResponse> Engine::DescribeMaintenanceWindowTasks(
    const CallContext&, const v1::DescribeMaintenanceWindowTasksRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(CheckFilters(
      request.filters(),
      {{"WindowTaskId"},
       {"TaskArn"},
       {"Priority", &IsPriority, "a whole number of at least 0"},
       {"TaskType", &IsTaskType, "RUN_COMMAND, AUTOMATION, STEP_FUNCTIONS or LAMBDA"}}));
  const std::string list = ScopeOf("tasks", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t position, DecodeToken(list, request.next_token()));
  LULL_ASSIGN_OR_RETURN(const Window window, FindWindow(request.window_id()));
  LULL_ASSIGN_OR_RETURN(const auto rows, options_.store->definitions().PageTasks(
                                             {window.id, position, RowsToRead(request)}));
  v1::DescribeMaintenanceWindowTasksResponse response;
  absl::Status damage;
  const auto next = FillPage(request, rows, [&](const auto& row) {
    const bool matches = MatchesAll(request.filters(), [&](const auto& key, const auto& value) {
      return Matches(row.task, key, value);
    });
    if (!matches) return false;
    const auto payload = PayloadOf(row.task);
    damage.Update(payload.status());
    if (!payload.ok()) return false;
    v1::MaintenanceWindowTask& task = *response.add_tasks();
    ToWire(row.task, *payload, ServiceLinkedRole(options_.account_id), task);
    task.set_type(std::string(Name(row.task.type)));
    return true;
  });
  LULL_RETURN_IF_ERROR(damage);
  if (next) response.set_next_token(EncodeToken(list, *next));
  return response;
}

}  // namespace lull
