#include "bench/outcome.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::bench {
namespace {

constexpr std::int64_t kPage = 50;
const CallContext kCaller{"bench", "request"};

std::string Differs(std::string_view what, std::int64_t is, std::int64_t expected) {
  return is == expected ? "" : absl::StrCat(ToAbsl(what), ": ", is, ", not ", expected);
}

/// The first that is not empty.
std::string First(const std::vector<std::string>& texts) {
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [](const std::string& text) { return !text.empty(); });
  return found == texts.end() ? "" : *found;
}

/// As the API shows them: `count` invocations of the task, or a page of them, should have `status`.
std::string WrongPage(Rig& rig, const ExecutionId& execution, const TaskExecution& task,
                      Status status, std::int64_t count) {
  const auto page = rig.engine().DescribeMaintenanceWindowExecutionTaskInvocations(
      kCaller, FirstInvocations(execution, task, Name(status)));
  if (!page.ok()) return page.status().ToString();
  std::int64_t shown = 0;
  for (const auto& invocation : page->window_execution_task_invocation_identities()) {
    shown += invocation.status() == Name(status) ? 1 : 0;
  }
  return Differs(absl::StrCat("shown as ", ToAbsl(Name(status))), shown, std::min(count, kPage));
}

std::string WrongAfterCancel(Rig& rig, const ExecutionId& id, std::int64_t queued) {
  const Execution execution = rig.store().runs().GetExecution(id).value().value();
  const auto& cancel = execution.progress.cancel;
  if (!cancel) return "the execution has no cancel request";
  const auto tasks = rig.store().runs().ListTaskExecutions(execution.key).value();
  LULL_CHECK(!tasks.empty());
  std::int64_t never_started = 0;
  for (const TaskExecution& task : tasks) {
    never_started += task.progress.count - task.progress.next;
  }
  const auto last = std::find_if(tasks.rbegin(), tasks.rend(), [](const TaskExecution& task) {
    return task.progress.count > task.progress.next;
  });
  if (last == tasks.rend()) return "nothing was left to cancel";
  const std::int64_t left = last->progress.count - last->progress.next;
  return First({Differs("cancelled while queued", cancel->queued, queued),
                Differs("in flight at the cancel", cancel->in_flight, kInFlight),
                Differs("never started", never_started, queued),
                WrongPage(rig, id, *last, Status::kCancelled, left)});
}

}  // namespace

v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest FirstInvocations(
    const ExecutionId& execution, const TaskExecution& task, std::string_view status) {
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest ask;
  ask.set_window_execution_id(execution.value());
  ask.set_task_id(task.spec->id.value());
  ask.set_max_results(kPage);
  if (!status.empty()) {
    ask.add_filters()->set_key("STATUS");
    ask.mutable_filters(0)->add_values(std::string(status));
  }
  return ask;
}

std::string WrongAfterDrain(Rig& rig, const ExecutionId& id, std::int64_t targets) {
  const Execution execution = rig.store().runs().GetExecution(id).value().value();
  const auto tasks = rig.store().runs().ListTaskExecutions(execution.key).value();
  LULL_CHECK(!tasks.empty());
  const Status status = execution.progress.status;
  std::int64_t succeeded = 0;
  for (const TaskExecution& task : tasks) succeeded += task.progress.succeeded;
  return First({status == Status::kSuccess
                    ? ""
                    : absl::StrCat("the execution is ", ToAbsl(Name(status)), ", not SUCCESS"),
                Differs("succeeded", succeeded, targets),
                WrongPage(rig, id, tasks.back(), Status::kSuccess, tasks.back().progress.count)});
}

std::string WrongAfterCancels(Rig& rig, const std::vector<std::string>& executions,
                              std::int64_t queued, std::int64_t fewer) {
  for (const std::string& execution : executions) {
    std::string wrong = WrongAfterCancel(rig, ExecutionId(execution), queued);
    if (!wrong.empty()) return wrong;
    queued -= fewer;
  }
  return "";
}

}  // namespace lull::bench
