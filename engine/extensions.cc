// Executions on demand: started now, resumed, cancelled with a policy; occurrences skipped.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/core/window_schedule.h"
#include "engine/core/work.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/runtime/next_due.h"
#include "engine/runtime/runtime.h"
#include "engine/schedule/schedule.h"
#include "engine/validate.h"

namespace lull {
namespace {

/// How long an execution of `window` lasts when `asked` hours are asked for.
absl::StatusOr<absl::Duration> DurationOf(const Window& window, std::optional<int> asked) {
  const std::int64_t hours = asked.value_or(static_cast<int>(window.duration_hours));
  if (hours > window.duration_hours) {
    return Invalid("Duration was ", hours, " but must not be greater than ", window.duration_hours,
                   " (the Duration of the window)");
  }
  if (hours <= window.cutoff_hours) {
    return Invalid("Duration was ", hours, " but must be greater than ", window.cutoff_hours,
                   " (the Cutoff of the window)");
  }
  return absl::Hours(hours);
}

CancelPolicy ParsePolicy(std::string_view name) {
  for (const CancelPolicy policy : {CancelPolicy::kInvocation, CancelPolicy::kStop}) {
    if (Name(policy) == name) return policy;
  }
  return CancelPolicy::kTask;
}

std::int32_t Count(std::int64_t count) {
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(count, std::numeric_limits<std::int32_t>::max()));
}

/// StatusDetails of an occurrence that was skipped.
std::string SkipDetail(const StartRequest& request, const std::string& start) {
  std::string text = absl::StrCat(
      "Skipped by ", request.principal.empty() ? "an unnamed caller" : request.principal,
      ": it was to start at ", start, ".");
  if (!request.reason.empty()) absl::StrAppend(&text, " Reason: ", request.reason);
  text.resize(Utf8Prefix(text, kMaxDetailBytes).size());
  return text;
}

}  // namespace

absl::StatusOr<std::string> Engine::StartOnce(
    std::string_view operation, const std::string& scope, const std::string& client_token,
    std::uint64_t request_hash, const AuditEntry& audit,
    const std::function<absl::StatusOr<StartEvent>()>& make) {
  absl::Duration shift;
  const auto attempt = [&](const std::optional<Token>& token,
                           absl::Time expiry) -> absl::StatusOr<std::optional<std::string>> {
    LULL_ASSIGN_OR_RETURN(StartEvent event, make());
    event.token = token;
    event.token_expiry = expiry;
    event.shift = shift;
    shift += absl::Microseconds(1);
    LULL_ASSIGN_OR_RETURN(const auto id, runtime_->Start(std::move(event), audit));
    if (!id) return std::nullopt;
    return id->value();
  };
  return Once(operation, scope, client_token, request_hash, attempt);
}

absl::StatusOr<v1::StartMaintenanceWindowExecutionResponse> Engine::StartMaintenanceWindowExecution(
    const CallContext& context, const v1::StartMaintenanceWindowExecutionRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  v1::StartMaintenanceWindowExecutionRequest asked = request;
  asked.clear_client_token();
  const auto make = [&]() -> absl::StatusOr<StartEvent> {
    StartEvent event;
    LULL_ASSIGN_OR_RETURN(event.window, FindWindow(request.window_id()));
    LULL_ASSIGN_OR_RETURN(
        event.duration,
        DurationOf(event.window,
                   request.has_duration() ? std::optional(request.duration()) : std::nullopt));
    LULL_ASSIGN_OR_RETURN(const auto tasks,
                          options_.store->definitions().ListTasks(event.window.id));
    event.work = WorkOf(event.window, tasks);
    event.request = {context.principal, request.reason()};
    return event;
  };
  LULL_ASSIGN_OR_RETURN(
      const std::string id,
      StartOnce("StartMaintenanceWindowExecution", request.window_id(), request.client_token(),
                HashRequest(asked), AuditOf(context, request), make));
  v1::StartMaintenanceWindowExecutionResponse response;
  response.set_window_execution_id(id);
  return response;
}

absl::StatusOr<v1::ResumeMaintenanceWindowExecutionResponse>
Engine::ResumeMaintenanceWindowExecution(
    const CallContext& context, const v1::ResumeMaintenanceWindowExecutionRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  RunReader& runs = options_.store->runs();
  v1::ResumeMaintenanceWindowExecutionRequest asked = request;
  asked.clear_client_token();
  asked.set_window_execution_id(Lower(request.window_execution_id()));
  const std::string& from = asked.window_execution_id();
  const auto make = [&]() -> absl::StatusOr<StartEvent> {
    LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(from));
    if (!IsFinal(Level::kExecution, execution.progress.status)) {
      return ModelledError(
          absl::StatusCode::kFailedPrecondition, "ExecutionInProgressException",
          absl::StrCat("Maintenance window execution ", from, " is still in progress (",
                       std::string(Name(execution.progress.status)),
                       "). Wait for its end before you resume it."));
    }
    LULL_ASSIGN_OR_RETURN(const auto resumption, runs.FindResumption(execution.id));
    if (resumption) {
      return Invalid("Maintenance window execution ", from, " was resumed before, by ",
                     resumption->value(), ". Resume that one.");
    }
    LULL_ASSIGN_OR_RETURN(const auto tasks, runs.ListTaskExecutions(execution.key));
    // Only of one that is still found are they all: history hides it before it removes the first.
    LULL_RETURN_IF_ERROR(FindExecution(from).status());
    StartEvent event;
    event.work = RestOf(tasks);
    if (event.work.empty()) {
      return Invalid("Maintenance window execution ", from,
                     " left nothing to resume: no cancel and no cutoff kept a target of it from "
                     "being started.");
    }
    LULL_ASSIGN_OR_RETURN(event.window, FindWindow(execution.window.value()));
    LULL_ASSIGN_OR_RETURN(
        event.duration,
        DurationOf(event.window,
                   request.has_duration() ? std::optional(request.duration()) : std::nullopt));
    event.request = {context.principal, request.reason()};
    event.resumed_from = execution.id;
    return event;
  };
  LULL_ASSIGN_OR_RETURN(const std::string id,
                        StartOnce("ResumeMaintenanceWindowExecution", from, request.client_token(),
                                  HashRequest(asked), AuditOf(context, request), make));
  v1::ResumeMaintenanceWindowExecutionResponse response;
  response.set_window_execution_id(id);
  response.set_resumed_from(from);
  return response;
}

absl::StatusOr<v1::CancelExecutionResponse> Engine::CancelExecution(
    const CallContext& context, const v1::CancelExecutionRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  v1::CancelMaintenanceWindowExecutionRequest cancel;
  cancel.set_window_execution_id(request.window_execution_id());
  LULL_RETURN_IF_ERROR(CancelMaintenanceWindowExecution(
                           context, cancel, {ParsePolicy(request.policy()), request.reason()})
                           .status());
  LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(request.window_execution_id()));
  v1::CancelExecutionResponse response;
  response.set_window_execution_id(execution.id.value());
  response.set_status(std::string(Name(execution.progress.status)));
  if (execution.progress.cancel) {
    response.set_queued_cancelled(Count(execution.progress.cancel->queued));
    response.set_in_flight(Count(execution.progress.cancel->in_flight));
  }
  return response;
}

absl::StatusOr<v1::SkipNextExecutionResponse> Engine::SkipNextExecution(
    const CallContext& context, const v1::SkipNextExecutionRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  std::optional<absl::Time> meant;
  if (request.has_execution_time()) {
    LULL_ASSIGN_OR_RETURN(meant, ParseDateTime(request.execution_time()));
  }
  RunReader& runs = options_.store->runs();
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    SkipEvent event;
    LULL_ASSIGN_OR_RETURN(event.window, FindWindow(request.window_id()));
    if (!event.window.enabled) {
      return Invalid("Maintenance window ", request.window_id(),
                     " is disabled: it has no next execution to skip.");
    }
    if (!event.window.due_at) {
      return Invalid("Maintenance window ", request.window_id(),
                     " has no next execution to skip: its schedule has come to its end.");
    }
    LULL_ASSIGN_OR_RETURN(const Schedule schedule, ScheduleOf(event.window));
    absl::Time start = *event.window.due_at;
    LULL_ASSIGN_OR_RETURN(const bool taken, runs.HasOccurrence(event.window.id, start));
    if (taken) {  // what is due opened before the clock was set back
      LULL_ASSIGN_OR_RETURN(const auto free, NextToOpen(runs, event.window.id, schedule, start));
      if (!free) continue;
      start = *free;
    }
    const std::string start_text = FormatOccurrence(start, schedule.timezone());
    if (meant && *meant != start) {
      return Invalid("The next execution of maintenance window ", request.window_id(), " is at ",
                     start_text, ", not at ", request.execution_time(), ": nothing was skipped.");
    }
    event.occurrence = OccurrenceAt(event.window, start);
    LULL_ASSIGN_OR_RETURN(event.next, NextToOpen(runs, event.window.id, schedule, start));
    event.request = {context.principal, request.reason()};
    event.detail = SkipDetail(event.request, start_text);
    v1::SkipNextExecutionResponse response;
    response.set_window_id(request.window_id());
    response.set_skipped_execution_time(start_text);
    if (event.next) {
      response.set_next_execution_time(FormatOccurrence(*event.next, schedule.timezone()));
    }
    LULL_ASSIGN_OR_RETURN(const auto id,
                          runtime_->Skip(std::move(event), AuditOf(context, request)));
    if (id) return response;
  }
  return absl::UnavailableError("the window kept changing meanwhile; try again");
}

}  // namespace lull
