// The operations on executions and their tasks (spec A.17 to A.20, A.23).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/schedule/schedule.h"
#include "engine/status_filter.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

/// Of an execution that was asked for.
std::string StartedBy(const StartRequest& request) {
  std::string text = absl::StrCat(
      "Started by ", request.principal.empty() ? "an unnamed caller" : request.principal, ".");
  if (!request.reason.empty()) absl::StrAppend(&text, " Reason: ", request.reason);
  text.resize(Utf8Prefix(text, kMaxDetailBytes).size());
  return text;
}

/// StatusDetails of an execution. One that was cancelled says who did it, when, and what it met:
/// the API has no other place to read that. Without anything else to say, who started it.
std::string DetailsOf(const Execution& execution) {
  const ExecutionProgress& progress = execution.progress;
  if (!progress.cancel || !progress.detail.empty()) {
    std::string text = StatusDetails(progress.reason, progress.detail);
    return text.empty() && execution.request ? StartedBy(*execution.request) : text;
  }
  const CancelRequest& cancel = *progress.cancel;
  std::string text = absl::StrCat(
      "Cancelled by ", cancel.principal.empty() ? "an unnamed caller" : cancel.principal, " at ",
      FormatOccurrence(cancel.requested_at, absl::UTCTimeZone()), ": ", cancel.queued,
      " queued invocations cancelled, ", cancel.in_flight, " in flight ",
      cancel.policy == CancelPolicy::kStop ? "asked to stop." : "left to drain.");
  if (!cancel.reason.empty()) absl::StrAppend(&text, " Reason: ", cancel.reason);
  text.resize(Utf8Prefix(text, kMaxDetailBytes).size());
  return text;
}

template <class Message>
void SetState(const Execution& execution, Message& message) {
  message.set_window_execution_id(execution.id.value());
  message.set_status(std::string(Name(execution.progress.status)));
  if (const std::string details = DetailsOf(execution); !details.empty()) {
    message.set_status_details(details);
  }
  message.set_start_time(ToWire(execution.started_at));
  if (execution.progress.ended_at) message.set_end_time(ToWire(*execution.progress.ended_at));
}

template <class Message>
void SetState(const Execution& execution, const TaskExecution& task, Message& message) {
  message.set_window_execution_id(execution.id.value());
  message.set_task_execution_id(task.spec->id.value());
  message.set_status(std::string(Name(task.progress.status)));
  if (const std::string details = StatusDetails(task.progress.reason, task.progress.detail);
      !details.empty()) {
    message.set_status_details(details);
  }
  message.set_task_arn(task.spec->task_arn);
  if (task.progress.started_at) message.set_start_time(ToWire(*task.progress.started_at));
  if (task.progress.ended_at) message.set_end_time(ToWire(*task.progress.ended_at));
}

absl::Time FloorMillis(absl::Time at) { return absl::FromUnixMillis(absl::ToUnixMillis(at)); }

absl::Time CeilMillis(absl::Time at) {
  const absl::Time floor = FloorMillis(at);
  return floor == at ? at : floor + absl::Milliseconds(1);
}

absl::Status ReadTimeFilters(
    const google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>& filters,
    RunReader::ExecutionQuery& query) {
  for (const v1::MaintenanceWindowFilter& filter : filters) {
    const bool before = filter.key() == "ExecutedBefore";
    if (!before && filter.key() != "ExecutedAfter") {
      return Invalid("The filter key ", filter.key(),
                     " is not valid. Valid filter keys are ExecutedBefore and ExecutedAfter.");
    }
    if (filter.values_size() != 1) {
      return Invalid("The filter ", filter.key(), " takes exactly one date-time, not ",
                     filter.values_size(), ".");
    }
    LULL_ASSIGN_OR_RETURN(const absl::Time at, ParseDateTime(filter.values(0)));
    // A StartTime is compared as it is shown, in milliseconds; what is stored is finer.
    if (before) {
      const absl::Time from = CeilMillis(at);
      query.executed_before = std::min(from, query.executed_before.value_or(from));
    } else {
      const absl::Time last = FloorMillis(at) + absl::Milliseconds(1) - absl::Microseconds(1);
      query.executed_after = std::max(last, query.executed_after.value_or(last));
    }
  }
  return absl::OkStatus();
}

/// The audit log's line of a cancel: the API's own request has neither policy nor reason.
AuditEntry AuditOfCancel(const CallContext& context,
                         const v1::CancelMaintenanceWindowExecutionRequest& request,
                         const CancelOptions& options) {
  v1::CancelExecutionRequest asked;
  asked.set_window_execution_id(request.window_execution_id());
  asked.set_policy(std::string(Name(options.policy)));
  if (!options.reason.empty()) asked.set_reason(options.reason);
  AuditEntry entry = AuditOf(context, asked);
  entry.operation = "CancelMaintenanceWindowExecution";
  return entry;
}

}  // namespace

absl::StatusOr<Execution> Engine::FindExecution(const std::string& id) {
  LULL_ASSIGN_OR_RETURN(auto execution,
                        options_.store->runs().GetExecution(ExecutionId(Lower(id))));
  if (!execution) {
    return absl::NotFoundError(
        absl::StrCat("Maintenance window execution ", id, " does not exist"));
  }
  return *std::move(execution);
}

absl::StatusOr<Engine::TaskOfExecution> Engine::FindTask(const std::string& execution,
                                                         const std::string& task) {
  TaskOfExecution found;
  LULL_ASSIGN_OR_RETURN(found.execution, FindExecution(execution));
  LULL_ASSIGN_OR_RETURN(auto tasks, options_.store->runs().ListTaskExecutions(found.execution.key));
  const std::string id = Lower(task);
  for (TaskExecution& candidate : tasks) {
    if (candidate.spec->id.value() != id) continue;
    found.task = std::move(candidate);
    return found;
  }
  return absl::NotFoundError(absl::StrCat("Maintenance window execution task ", task,
                                          " does not exist in execution ", execution));
}

absl::StatusOr<v1::DescribeMaintenanceWindowExecutionsResponse>
Engine::DescribeMaintenanceWindowExecutions(
    const CallContext&, const v1::DescribeMaintenanceWindowExecutionsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  RunReader::ExecutionQuery query;
  query.window = WindowId(request.window_id());
  LULL_RETURN_IF_ERROR(ReadTimeFilters(request.filters(), query));
  const std::string list = ScopeOf("executions", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t position, DecodeToken(list, request.next_token()));
  if (position != 0) query.below = static_cast<ExecutionKey>(position);
  const std::size_t page = PageSize(request);
  query.limit = page + 1;
  LULL_ASSIGN_OR_RETURN(auto rows, options_.store->runs().ListExecutions(query));

  v1::DescribeMaintenanceWindowExecutionsResponse response;
  if (rows.size() > page) {
    rows.resize(page);
    response.set_next_token(EncodeToken(list, static_cast<std::int64_t>(rows.back().key)));
  }
  for (const Execution& execution : rows) {
    v1::MaintenanceWindowExecution& row = *response.add_window_executions();
    row.set_window_id(execution.window.value());
    SetState(execution, row);
  }
  return response;
}

absl::StatusOr<v1::GetMaintenanceWindowExecutionResponse> Engine::GetMaintenanceWindowExecution(
    const CallContext&, const v1::GetMaintenanceWindowExecutionRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(request.window_execution_id()));
  LULL_ASSIGN_OR_RETURN(const auto tasks, options_.store->runs().ListTaskExecutions(execution.key));
  v1::GetMaintenanceWindowExecutionResponse response;
  SetState(execution, response);
  for (const TaskExecution& task : tasks) response.add_task_ids(task.spec->id.value());
  return response;
}

absl::StatusOr<v1::DescribeMaintenanceWindowExecutionTasksResponse>
Engine::DescribeMaintenanceWindowExecutionTasks(
    const CallContext&, const v1::DescribeMaintenanceWindowExecutionTasksRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const StatusFilter filter, StatusFilter::Parse(request.filters()));
  LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(request.window_execution_id()));
  const std::string list = ScopeOf("tasks", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t position, DecodeToken(list, request.next_token()));
  LULL_ASSIGN_OR_RETURN(const auto tasks, options_.store->runs().ListTaskExecutions(execution.key));

  v1::DescribeMaintenanceWindowExecutionTasksResponse response;
  const std::size_t page = PageSize(request);
  std::int64_t last = position;
  for (const TaskExecution& task : tasks) {
    const auto key = static_cast<std::int64_t>(task.spec->key);
    if (key <= position || !filter.Admits(task.progress.status)) continue;
    if (static_cast<std::size_t>(response.window_execution_task_identities_size()) == page) {
      response.set_next_token(EncodeToken(list, last));
      break;
    }
    last = key;
    auto& row = *response.add_window_execution_task_identities();
    SetState(execution, task, row);
    row.set_task_type(std::string(Name(task.spec->type)));
    v1::TaskPayload payload;
    if (payload.ParseFromString(task.spec->payload) && payload.has_alarm_configuration()) {
      *row.mutable_alarm_configuration() = payload.alarm_configuration();
    }
  }
  return response;
}

absl::StatusOr<v1::GetMaintenanceWindowExecutionTaskResponse>
Engine::GetMaintenanceWindowExecutionTask(
    const CallContext&, const v1::GetMaintenanceWindowExecutionTaskRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const TaskOfExecution found,
                        FindTask(request.window_execution_id(), request.task_id()));
  const TaskExecution& task = found.task;
  v1::GetMaintenanceWindowExecutionTaskResponse response;
  SetState(found.execution, task, response);
  response.set_type(std::string(Name(task.spec->type)));
  if (task.spec->service_role_arn) response.set_service_role(*task.spec->service_role_arn);
  response.set_priority(static_cast<std::int32_t>(task.spec->priority));
  response.set_max_concurrency(task.spec->max_concurrency);
  response.set_max_errors(task.spec->max_errors);
  v1::TaskPayload payload;
  if (!payload.ParseFromString(task.spec->payload)) {
    return absl::InternalError("the stored parameters of the task can't be read");
  }
  if (payload.has_alarm_configuration()) {
    *response.mutable_alarm_configuration() = payload.alarm_configuration();
  }
  // One map: the resolved nodes and the parameters (spec A.20). The nodes of a large task are cut:
  // the API's own tasks never have more.
  auto& parameters = *response.add_task_parameters()->mutable_parameters();
  if (task.progress.count > 0) {
    auto& nodes = parameters["aws:InstanceId"];
    Ordinal at = 0;
    while (at < std::min<Ordinal>(task.progress.count, kMaxShownNodes)) {
      LULL_ASSIGN_OR_RETURN(const auto targets, options_.store->runs().ReadTargets(
                                                    task.spec->snapshot, task.progress.first + at,
                                                    static_cast<std::size_t>(kMaxShownNodes - at)));
      if (targets.empty()) break;
      for (const ResolvedTarget& target : targets) {
        if (!target.node.empty()) nodes.add_values(target.node);
      }
      at += static_cast<Ordinal>(targets.size());
    }
  }
  for (const auto& [name, value] : payload.task_parameters().parameters()) parameters[name] = value;
  for (const auto& [name, value] :
       payload.task_invocation_parameters().run_command().parameters()) {
    for (const std::string& text : value.values()) parameters[name].add_values(text);
  }
  for (const auto& [name, value] : payload.task_invocation_parameters().automation().parameters()) {
    for (const std::string& text : value.values()) parameters[name].add_values(text);
  }
  return response;
}

absl::StatusOr<v1::CancelMaintenanceWindowExecutionResponse>
Engine::CancelMaintenanceWindowExecution(const CallContext& context,
                                         const v1::CancelMaintenanceWindowExecutionRequest& request,
                                         const CancelOptions& options) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  if (options.reason.size() > kMaxCancelReasonBytes) {
    return Invalid("The reason has ", options.reason.size(), " bytes; it must have ",
                   kMaxCancelReasonBytes, " at most.");
  }
  const ExecutionId id(Lower(request.window_execution_id()));
  bool ended = false;
  if (!runtime_->IsActive(id)) {  // the usual case needs nothing of the store but the commit
    LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(id.value()));
    ended = IsFinal(Level::kExecution, execution.progress.status);
  }
  if (!ended) {
    CancelRequest cancel;
    cancel.policy = options.policy;
    cancel.principal = context.principal;
    cancel.reason = options.reason;
    LULL_ASSIGN_OR_RETURN(
        const bool known,
        runtime_->Cancel(id, std::move(cancel), AuditOfCancel(context, request, options)));
    if (!known) {
      // It ended a moment ago, or another engine has taken it over.
      LULL_ASSIGN_OR_RETURN(const Execution now, FindExecution(request.window_execution_id()));
      if (!IsFinal(Level::kExecution, now.progress.status)) {
        return absl::UnavailableError("this engine does not own the execution; try again");
      }
    }
  }
  v1::CancelMaintenanceWindowExecutionResponse response;
  response.set_window_execution_id(request.window_execution_id());
  return response;
}

}  // namespace lull
