// The operations on invocations (spec A.21, A.22).
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/command_words.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/invocation_page.h"
#include "engine/mapping.h"
#include "engine/paging.h"
#include "engine/pseudo_parameters.h"
#include "engine/runtime/runtime.h"
#include "engine/status_filter.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

std::string JsonList(const google::protobuf::RepeatedPtrField<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    absl::StrAppend(&text, text.size() > 1 ? "," : "", JsonString(value));
  }
  return text + "]";
}

/// `Parameters`: the request of SendCommand that the invocation stands for, as JSON text.
std::string ParametersText(const TaskSpec& task, const v1::TaskPayload& payload,
                           const ResolvedTarget& target) {
  const v1::MaintenanceWindowTaskInvocationParameters& all = payload.task_invocation_parameters();
  std::map<std::string, std::string> parameters;
  for (const auto& [name, value] : all.run_command().parameters()) {
    parameters[name] = JsonList(value.values());
  }
  for (const auto& [name, value] : all.automation().parameters()) {
    parameters[name] = JsonList(value.values());
  }
  std::string text = "{";
  if (all.run_command().has_comment()) {
    absl::StrAppend(&text, "\"comment\":", JsonString(all.run_command().comment()), ",");
  }
  absl::StrAppend(&text, "\"documentName\":", JsonString(task.task_arn), ",\"instanceIds\":[",
                  target.node.empty() ? "" : JsonString(target.node),
                  "],\"maxConcurrency\":", JsonString(task.max_concurrency),
                  ",\"maxErrors\":", JsonString(task.max_errors), ",\"parameters\":{");
  bool first = true;
  for (const auto& [name, value] : parameters) {
    absl::StrAppend(&text, first ? "" : ",", JsonString(name), ":", value);
    first = false;
  }
  absl::StrAppend(&text, "}");
  if (all.run_command().has_timeout_seconds()) {
    absl::StrAppend(&text, ",\"timeoutSeconds\":", all.run_command().timeout_seconds());
  }
  return text + "}";
}

/// StatusDetails of an invocation: what its runner said, else of a command Run Command's own word
/// (spec D.2), else why a queued one will never start.
std::string DetailsOf(const TaskExecution& task, Ordinal ordinal, const Finish* finish,
                      Status status) {
  const TaskProgress& progress = task.progress;
  if (finish != nullptr) {
    const bool is_command = task.spec->type == TaskType::kRunCommand;
    if (!finish->detail.empty() || !is_command) return finish->detail;
    return std::string(StateOf(progress, ordinal, finish).details);
  }
  if (status == Status::kPending || status == Status::kInProgress) return "";
  return StatusDetails(progress.reason, progress.detail);
}

/// One task's invocations, as one call sees them.
struct View {
  const Execution& execution;
  const TaskExecution& task;
  ArnScope scope;
  v1::TaskPayload payload;
  InFlightTimes in_flight;

  /// What the invocation was, or will be, given.
  v1::TaskPayload PayloadOf(const InvocationId& id, const ResolvedTarget& target) const {
    if (!MayHavePseudoParameters(task.spec->payload)) return payload;
    v1::TaskPayload given = payload;
    PutPseudoParameters(
        PseudoParametersOf(execution.window, execution.id, *task.spec, id, target, scope), given);
    return given;
  }

  template <class Message>
  void ToWire(Ordinal ordinal, const Finish* finish, const ResolvedTarget& target,
              Message& message) const {
    const TaskSpec& spec = *task.spec;
    const Status status = StatusOf(task.progress, ordinal, finish);
    message.set_window_execution_id(execution.id.value());
    message.set_task_execution_id(spec.id.value());
    const InvocationId id = MakeInvocationId(spec.id, {spec.key, ordinal});
    message.set_invocation_id(id.value());
    message.set_task_type(std::string(Name(spec.type)));
    // One command id a task execution: the node selects the invocation.
    if (ordinal < task.progress.next) message.set_execution_id(spec.id.value());
    message.set_parameters(ParametersText(spec, PayloadOf(id, target), target));
    message.set_status(std::string(Name(status)));
    if (const std::string details = DetailsOf(task, ordinal, finish, status); !details.empty()) {
      message.set_status_details(details);
    }
    if (const auto start = StartOf(in_flight, ordinal, finish)) {
      message.set_start_time(lull::ToWire(*start));
    }
    if (finish != nullptr) message.set_end_time(lull::ToWire(finish->ended_at));
    if (target.owner_information) message.set_owner_information(*target.owner_information);
    if (target.window_target) message.set_window_target_id(target.window_target->value());
  }
};

}  // namespace

std::map<Ordinal, absl::Time> Engine::InFlightTimesOf(TaskKey task) {
  const auto in_flight = runtime_->InFlight(task);
  return {in_flight.begin(), in_flight.end()};
}

std::map<Ordinal, absl::Time> Engine::InFlightTimesOf(TaskKey task, Ordinal ordinal) {
  const auto in_flight = runtime_->InFlight(task, ordinal, 1);
  return {in_flight.begin(), in_flight.end()};
}

absl::StatusOr<v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse>
Engine::DescribeMaintenanceWindowExecutionTaskInvocations(
    const CallContext&,
    const v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const StatusFilter filter, StatusFilter::Parse(request.filters()));
  LULL_ASSIGN_OR_RETURN(const TaskOfExecution found,
                        FindTask(request.window_execution_id(), request.task_id()));
  const std::string list = ScopeOf("invocations", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t from, DecodeToken(list, request.next_token()));
  const std::size_t page = PageSize(request);

  View view{found.execution, found.task, {options_.region, options_.account_id}, {}, {}};
  view.payload.ParseFromString(found.task.spec->payload);
  view.in_flight = InFlightTimesOf(found.task.spec->key);
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(auto rows,
                        FindPage(runs, found.task, view.in_flight,
                                 filter.filtered() ? &filter.statuses() : nullptr, from, page + 1));

  v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse response;
  if (rows.size() > page) {
    rows.erase(std::prev(rows.end()));
    response.set_next_token(EncodeToken(list, std::prev(rows.end())->first + 1));
  }
  TargetsAhead targets(runs, found.task);
  for (const auto& [ordinal, finish] : rows) {
    LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, targets.At(ordinal));
    view.ToWire(ordinal, finish ? &*finish : nullptr, target,
                *response.add_window_execution_task_invocation_identities());
  }
  return response;
}

absl::StatusOr<v1::GetMaintenanceWindowExecutionTaskInvocationResponse>
Engine::GetMaintenanceWindowExecutionTaskInvocation(
    const CallContext&, const v1::GetMaintenanceWindowExecutionTaskInvocationRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const TaskOfExecution found,
                        FindTask(request.window_execution_id(), request.task_id()));
  const TaskExecution& task = found.task;
  const auto ordinal =
      OrdinalOf(InvocationId(request.invocation_id()), task.spec->id, task.spec->key);
  if (!ordinal || *ordinal >= task.progress.count) {
    return absl::NotFoundError(absl::StrCat("Maintenance window execution task invocation ",
                                            request.invocation_id(), " does not exist"));
  }
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, TargetsAhead(runs, task).At(*ordinal));
  LULL_ASSIGN_OR_RETURN(const auto finishes,
                        runs.ListFinishes({task.spec->key, *ordinal, std::nullopt, 1}));
  View view{found.execution, task, {options_.region, options_.account_id}, {}, {}};
  view.payload.ParseFromString(task.spec->payload);
  view.in_flight = InFlightTimesOf(task.spec->key, *ordinal);
  const bool finished = !finishes.empty() && finishes.front().ordinal == *ordinal;
  v1::GetMaintenanceWindowExecutionTaskInvocationResponse response;
  view.ToWire(*ordinal, finished ? &finishes.front() : nullptr, target, response);
  return response;
}

}  // namespace lull
