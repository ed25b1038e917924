// What readers of the API see, held against what was committed: never half of anything (R1).
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "tests/sim/simulation.h"

namespace lull::sim {
namespace {

const CallContext kCaller{"sim", "request"};

/// Executions that one action reads.
constexpr int kRunsRead = 2;

}  // namespace

void Simulation::Read(Dice& dice) {
  if (doubt_) return;  // readers may see it, or not: both are true
  reading_ = true;
  for (int i = 0; i < kRunsRead && !IsDead(); ++i) {
    if (const RunPicture* run = AnyRun(dice)) ReadRun(*run);
  }
  reading_ = false;
}

void Simulation::ReadRun(const RunPicture& run) {
  v1::DescribeMaintenanceWindowExecutionTasksRequest request;
  request.set_window_execution_id(run.row.id.value());
  const auto response = life_->engine->DescribeMaintenanceWindowExecutionTasks(kCaller, request);
  if (!response.ok() || IsDead()) return;  // the disk's fault
  const auto& tasks = response->window_execution_task_identities();
  if (tasks.size() != static_cast<int>(run.tasks.size())) {
    world_.violations.push_back("reads: a task execution is not listed");
    return;
  }
  for (int i = 0; i < tasks.size(); ++i) {
    const TaskPicture& task = run.tasks[static_cast<std::size_t>(i)];
    if (tasks[i].task_execution_id() != task.spec->id.value() ||
        tasks[i].status() != Name(task.progress.status)) {
      world_.violations.push_back(absl::StrCat("reads: task ", task.spec->id.value(), " reads as ",
                                               tasks[i].status(), ", and is ",
                                               ToAbsl(Name(task.progress.status))));
    }
  }
  ReadDrain(run);
  if (!run.tasks.empty()) ReadTask(run, run.tasks.back());
}

void Simulation::ReadTask(const RunPicture& run, const TaskPicture& task) {
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
  request.set_window_execution_id(run.row.id.value());
  request.set_task_id(task.spec->id.value());
  const auto response =
      life_->engine->DescribeMaintenanceWindowExecutionTaskInvocations(kCaller, request);
  if (!response.ok() || IsDead()) return;
  for (const auto& read : response->window_execution_task_invocation_identities()) {
    const auto ordinal =
        OrdinalOf(InvocationId(read.invocation_id()), task.spec->id, task.spec->key);
    if (!ordinal || *ordinal >= task.progress.count) {
      world_.violations.push_back("reads: an invocation that the task doesn't have");
      return;
    }
    InvocationFacts facts{.outcome = {},
                          .claimed = *ordinal < task.progress.next,
                          .stop_requested = task.progress.stop_requested,
                          .closed_by = task.progress.closed_by};
    for (const Finish& finish : task.finishes) {
      if (finish.ordinal == *ordinal) facts.outcome = finish.status;
    }
    if (read.status() != Name(InvocationStatus(facts))) {
      world_.violations.push_back(absl::StrCat("reads: invocation ", *ordinal, " reads as ",
                                               read.status(), ", and is ",
                                               ToAbsl(Name(InvocationStatus(facts)))));
    }
  }
}

void Simulation::ReadDrain(const RunPicture& run) {
  v1::DescribeDrainRequest request;
  request.set_window_execution_id(run.row.id.value());
  const auto response = life_->engine->DescribeDrain(kCaller, request);
  if (!response.ok() || IsDead()) return;
  if (response->status() != Name(run.row.progress.status)) {
    world_.violations.push_back(
        absl::StrCat("reads: execution ", run.row.id.value(), " reads as ", response->status()));
  }
  for (int i = 0; i < response->tasks_size(); ++i) {
    const auto& task = response->tasks(i);
    const TaskProgress& progress = run.tasks.at(static_cast<std::size_t>(i)).progress;
    if (task.targets() != progress.count || task.succeeded() != progress.succeeded ||
        task.in_flight() != progress.in_flight() ||
        task.targets() != task.queued() + task.in_flight() + task.succeeded() + task.failed() +
                              task.timed_out() + task.cancelled() + task.not_started()) {
      world_.violations.push_back(
          absl::StrCat("reads: the counts of a task don't add up: ", task.ShortDebugString()));
    }
  }
}

}  // namespace lull::sim
