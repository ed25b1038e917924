// The operations on invocations (spec A.21, A.22). Most invocations have no row: what they are is
// worked out from their task's row, and only a page of them at a time.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/paging.h"
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

/// StatusDetails of an invocation: what its runner said, else the status in Run Command's word
/// (spec D.2), else why a queued one will never start.
std::string DetailsOf(const TaskProgress& task, const Finish* finish, Status status) {
  if (finish != nullptr) {
    if (!finish->detail.empty()) return finish->detail;
    return finish->status == Status::kSuccess ? "Success" : "Failed";
  }
  if (status == Status::kPending || status == Status::kInProgress) return "";
  return StatusDetails(task.reason, task.detail);
}

/// One task's invocations, as one call sees them.
struct View {
  const Execution& execution;
  const TaskExecution& task;
  v1::TaskPayload payload;
  std::map<Ordinal, absl::Time> in_flight;

  Status StatusOf(Ordinal ordinal, const Finish* finish) const {
    InvocationFacts facts;
    if (finish != nullptr) facts.outcome = finish->status;
    facts.claimed = ordinal < task.progress.next;
    facts.stop_requested = task.progress.stop_requested;
    facts.closed_by = task.progress.closed_by;
    return InvocationStatus(facts);
  }

  template <class Message>
  void ToWire(Ordinal ordinal, const Finish* finish, const ResolvedTarget& target,
              Message& message) const {
    const TaskSpec& spec = *task.spec;
    const Status status = StatusOf(ordinal, finish);
    message.set_window_execution_id(execution.id.value());
    message.set_task_execution_id(spec.id.value());
    message.set_invocation_id(MakeInvocationId(spec.id, {spec.key, ordinal}).value());
    message.set_task_type(std::string(Name(spec.type)));
    // One command id a task execution: the node selects the invocation.
    if (ordinal < task.progress.next) message.set_execution_id(spec.id.value());
    message.set_parameters(ParametersText(spec, payload, target));
    message.set_status(std::string(Name(status)));
    if (const std::string details = DetailsOf(task.progress, finish, status); !details.empty()) {
      message.set_status_details(details);
    }
    if (finish != nullptr) {
      if (finish->started_at) message.set_start_time(lull::ToWire(*finish->started_at));
      message.set_end_time(lull::ToWire(finish->ended_at));
    } else if (const auto it = in_flight.find(ordinal);
               it != in_flight.end() && it->second != absl::InfinitePast()) {
      message.set_start_time(lull::ToWire(it->second));
    }
    if (target.owner_information) message.set_owner_information(*target.owner_information);
    if (target.window_target) message.set_window_target_id(target.window_target->value());
  }
};

/// The ordinals of the next page, ascending, with their finish rows: one ordered stream a status,
/// merged. Reads a bounded number of rows.
absl::StatusOr<std::map<Ordinal, std::optional<Finish>>> FindPage(RunReader& runs, const View& view,
                                                                  const StatusFilter& filter,
                                                                  Ordinal from, std::size_t limit) {
  std::map<Ordinal, std::optional<Finish>> rows;
  const TaskProgress& task = view.task.progress;
  RunReader::FinishQuery query;
  query.task = view.task.spec->key;
  query.from = from;
  query.limit = limit;
  if (!filter.filtered()) {
    const Ordinal end = std::min<Ordinal>(task.count, from + static_cast<Ordinal>(limit));
    for (Ordinal ordinal = from; ordinal < end; ++ordinal) rows[ordinal] = std::nullopt;
    LULL_ASSIGN_OR_RETURN(auto finishes, runs.ListFinishes(query));
    for (Finish& finish : finishes) {
      if (finish.ordinal < end) rows[finish.ordinal] = std::move(finish);
    }
    return rows;
  }
  for (const Status status : filter.statuses()) {
    if (status == Status::kSuccess || status == Status::kFailed || status == Status::kTimedOut ||
        status == Status::kCancelled) {
      query.status = status;
      LULL_ASSIGN_OR_RETURN(auto finishes, runs.ListFinishes(query));
      for (Finish& finish : finishes) rows[finish.ordinal] = std::move(finish);
    }
    if (QueuedStatus(task.closed_by) == status) {
      Ordinal ordinal = std::max(from, task.next);
      for (std::size_t n = 0; n < limit && ordinal < task.count; ++n)
        rows[ordinal++] = std::nullopt;
    }
    if (status == (task.stop_requested ? Status::kCancelling : Status::kInProgress)) {
      std::size_t n = 0;
      for (auto it = view.in_flight.lower_bound(from); it != view.in_flight.end() && n < limit;
           ++it, ++n) {
        // What ended since the task's row was read shows as that, on another page of this list.
        LULL_ASSIGN_OR_RETURN(auto ended, runs.ListFinishes({query.task, it->first, {}, 1}));
        if (it->first >= task.next || (!ended.empty() && ended[0].ordinal == it->first)) continue;
        rows[it->first] = std::nullopt;
      }
    }
  }
  while (rows.size() > limit) rows.erase(std::prev(rows.end()));
  return rows;
}

absl::StatusOr<ResolvedTarget> ReadTarget(RunReader& runs, const TaskExecution& task,
                                          Ordinal ordinal) {
  LULL_ASSIGN_OR_RETURN(auto targets,
                        runs.ReadTargets(task.spec->snapshot, task.progress.first + ordinal, 1));
  if (targets.empty()) return absl::InternalError("the target of an invocation is not stored");
  return std::move(targets.front());
}

}  // namespace

absl::StatusOr<v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse>
Engine::DescribeMaintenanceWindowExecutionTaskInvocations(
    const CallContext&,
    const v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const StatusFilter filter, StatusFilter::Parse(request.filters()));
  LULL_ASSIGN_OR_RETURN(const TaskOfExecution found,
                        FindTask(request.window_execution_id(), request.task_id()));
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest scope = request;
  scope.clear_next_token();
  scope.clear_max_results();
  const std::string list = absl::StrCat("invocations ", HashRequest(scope));
  LULL_ASSIGN_OR_RETURN(const std::int64_t from, DecodeToken(list, request.next_token()));
  const std::size_t page = request.has_max_results() ? request.max_results() : kDefaultPage;

  View view{found.execution, found.task, {}, {}};
  view.payload.ParseFromString(found.task.spec->payload);
  for (const auto& [ordinal, at] : runtime_->InFlight(found.task.spec->key)) {
    view.in_flight[ordinal] = at;
  }
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(auto rows, FindPage(runs, view, filter, from, page + 1));

  v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse response;
  if (rows.size() > page) {
    rows.erase(std::prev(rows.end()));
    response.set_next_token(EncodeToken(list, std::prev(rows.end())->first + 1));
  }
  Ordinal ahead_first = 0;
  std::vector<ResolvedTarget> ahead;
  for (const auto& [ordinal, finish] : rows) {
    if (ordinal < ahead_first || ordinal >= ahead_first + static_cast<Ordinal>(ahead.size())) {
      ahead_first = ordinal;
      LULL_ASSIGN_OR_RETURN(ahead, runs.ReadTargets(found.task.spec->snapshot,
                                                    found.task.progress.first + ordinal, page));
      if (ahead.empty()) return absl::InternalError("the target of an invocation is not stored");
    }
    view.ToWire(ordinal, finish ? &*finish : nullptr,
                ahead[static_cast<std::size_t>(ordinal - ahead_first)],
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
  LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, ReadTarget(runs, task, *ordinal));
  LULL_ASSIGN_OR_RETURN(const auto finishes,
                        runs.ListFinishes({task.spec->key, *ordinal, std::nullopt, 1}));
  View view{found.execution, task, {}, {}};
  view.payload.ParseFromString(task.spec->payload);
  for (const auto& [in_flight, at] : runtime_->InFlight(task.spec->key)) {
    if (in_flight == *ordinal) view.in_flight[in_flight] = at;
  }
  const bool finished = !finishes.empty() && finishes.front().ordinal == *ordinal;
  v1::GetMaintenanceWindowExecutionTaskInvocationResponse response;
  view.ToWire(*ordinal, finished ? &finishes.front() : nullptr, target, response);
  return response;
}

}  // namespace lull
