// What of an execution is still in flight, and when it is likely to be quiet.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/drain.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/invocation_page.h"
#include "engine/mapping.h"
#include "engine/model/states.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

/// Invocations of a task, the newest that finished, whose durations the estimate is made of.
constexpr std::size_t kSamples = 100;

/// How long the newest invocations of a task took: the rows around its low-water mark.
absl::StatusOr<std::vector<absl::Duration>> SamplesOf(RunReader& runs, const TaskExecution& task) {
  std::vector<absl::Duration> samples;
  const Ordinal from = std::max<Ordinal>(0, task.progress.low - static_cast<Ordinal>(kSamples) / 2);
  LULL_ASSIGN_OR_RETURN(const auto finishes,
                        runs.ListFinishes({task.spec->key, from, std::nullopt, kSamples}));
  for (const Finish& finish : finishes) {
    if (finish.started_at) samples.push_back(finish.ended_at - *finish.started_at);
  }
  return samples;
}

void AddTo(std::int64_t& sum, std::int64_t count) {
  sum = std::min<std::int64_t>(sum + count, std::numeric_limits<std::int32_t>::max());
}

std::int32_t Count(std::int64_t count) {
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(count, std::numeric_limits<std::int32_t>::max()));
}

void ToWire(const TaskExecution& task, v1::ExecutionTaskProgress& row) {
  const TaskSpec& spec = *task.spec;
  const TaskProgress& progress = task.progress;
  row.set_task_execution_id(spec.id.value());
  v1::TaskPayload payload;
  if (payload.ParseFromString(spec.payload) && payload.has_name()) row.set_name(payload.name());
  row.set_task_arn(spec.task_arn);
  row.set_priority(Count(spec.priority));
  row.set_status(std::string(Name(progress.status)));
  const std::string details = StatusDetails(progress.reason, progress.detail);
  if (!details.empty()) row.set_status_details(details);
  row.set_targets(Count(progress.count));
  row.set_queued(Count(QueuedOf(progress)));
  row.set_in_flight(Count(progress.in_flight()));
  row.set_succeeded(Count(progress.succeeded));
  row.set_failed(Count(progress.failed));
  row.set_timed_out(Count(progress.timed_out));
  row.set_cancelled(Count(progress.cancelled));
  row.set_not_started(Count(progress.count - progress.next - QueuedOf(progress)));
  if (progress.started_at) row.set_start_time(lull::ToWire(*progress.started_at));
  if (progress.ended_at) row.set_end_time(lull::ToWire(*progress.ended_at));
}

/// All of them, by priority; those of one as they were registered.
void AddTasks(const std::vector<TaskExecution>& tasks, v1::DescribeDrainResponse& response) {
  for (const TaskExecution& task : tasks) ToWire(task, *response.add_tasks());
  std::stable_sort(
      response.mutable_tasks()->begin(), response.mutable_tasks()->end(),
      [](const auto& one, const auto& other) { return one.priority() < other.priority(); });
}

}  // namespace

absl::Status Engine::AddInFlight(const TaskExecution& task, Ordinal from, std::size_t page,
                                 const std::string& list, v1::DescribeDrainResponse& response) {
  TargetsAhead targets(options_.store->runs(), task);
  const TaskSpec& spec = *task.spec;
  const std::size_t room = page - static_cast<std::size_t>(response.invocations_size());
  for (const auto& [ordinal, at] : runtime_->InFlight(spec.key, from, room + 1)) {
    if (static_cast<std::size_t>(response.invocations_size()) == page) {
      response.set_next_token(EncodeInvocationPlace(list, {spec.key, ordinal}));
      break;
    }
    LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, targets.At(ordinal));
    v1::DrainingInvocation& row = *response.add_invocations();
    row.set_task_execution_id(spec.id.value());
    row.set_invocation_id(MakeInvocationId(spec.id, {spec.key, ordinal}).value());
    if (!target.node.empty()) row.set_instance_id(target.node);
    if (at != absl::InfinitePast()) row.set_start_time(ToWire(at));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::DescribeDrainResponse> Engine::DescribeDrain(
    const CallContext&, const v1::DescribeDrainRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const Execution execution, FindExecution(request.window_execution_id()));
  const std::string list = absl::StrCat("drain ", execution.id.value());
  LULL_ASSIGN_OR_RETURN(const auto place, DecodeInvocationPlace(list, request.next_token()));
  const InvocationPlace first = place.value_or(InvocationPlace{});
  const std::size_t page = PageSize(request);
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(const auto tasks, runs.ListTaskExecutions(execution.key));

  v1::DescribeDrainResponse response;
  response.set_window_execution_id(execution.id.value());
  response.set_status(std::string(Name(execution.progress.status)));
  if (execution.resumed_from) response.set_resumed_from(execution.resumed_from->value());
  if (execution.request) {
    response.set_started_by(execution.request->principal);
    if (!execution.request->reason.empty()) {
      response.set_start_reason(execution.request->reason);
    }
  }
  response.set_start_time(ToWire(execution.started_at));
  if (execution.progress.ended_at) response.set_end_time(ToWire(*execution.progress.ended_at));
  if (!place) AddTasks(tasks, response);
  std::int64_t in_flight = 0;
  std::int64_t queued = 0;
  std::vector<DrainingTask> draining;
  for (const TaskExecution& task : tasks) {
    AddTo(in_flight, task.progress.in_flight());
    AddTo(queued, QueuedOf(task.progress));
    DrainingTask& added = draining.emplace_back();
    added.task = &task;
    added.newest_start = runtime_->NewestClaim(task.spec->key);
    LULL_ASSIGN_OR_RETURN(added.samples, SamplesOf(runs, task));
    if (task.spec->key < first.task || response.has_next_token()) continue;
    const Ordinal from = task.spec->key == first.task ? first.ordinal : 0;
    LULL_RETURN_IF_ERROR(AddInFlight(task, from, page, list, response));
  }
  response.set_in_flight(static_cast<std::int32_t>(in_flight));
  response.set_queued(static_cast<std::int32_t>(queued));
  if (const auto quiet = EstimateQuiet(execution, draining, Now())) {
    response.set_estimated_quiet_time(ToWire(*quiet));
  }
  return response;
}

}  // namespace lull
