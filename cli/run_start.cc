#include "cli/run_start.h"

#include <utility>

#include "engine/base/status.h"
#include "engine/model/definitions.h"
#include "proto/extensions.pb.h"

namespace lull::cli {
namespace {

absl::Status RegisterTask(const Connection& daemon, const std::string& window,
                          const RunTask& task) {
  v1::RegisterTaskWithMaintenanceWindowRequest request = task.request;
  request.set_window_id(window);
  v1::Target registered;
  registered.set_key(std::string(kWindowTargetIds));
  for (v1::RegisterTargetWithMaintenanceWindowRequest target : task.targets) {
    target.set_window_id(window);
    v1::RegisterTargetWithMaintenanceWindowResponse response;
    LULL_RETURN_IF_ERROR(daemon.Call(target, &response));
    registered.add_values(response.window_target_id());
  }
  if (!registered.values().empty()) *request.add_targets() = std::move(registered);
  v1::RegisterTaskWithMaintenanceWindowResponse response;
  return daemon.Call(request, &response);
}

absl::StatusOr<std::string> FillAndStart(const Connection& daemon, const std::string& window,
                                         const RunFile& file, const std::string& reason) {
  for (const RunTask& task : file.tasks) {
    LULL_RETURN_IF_ERROR(RegisterTask(daemon, window, task));
  }
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(window);
  request.set_reason(reason);
  v1::StartMaintenanceWindowExecutionResponse response;
  LULL_RETURN_IF_ERROR(daemon.Call(request, &response));
  return response.window_execution_id();
}

}  // namespace

absl::StatusOr<StartedRun> StartRun(const Connection& daemon, const RunFile& file,
                                    const std::string& reason) {
  v1::CreateMaintenanceWindowResponse window;
  LULL_RETURN_IF_ERROR(daemon.Call(file.window, &window));
  auto execution = FillAndStart(daemon, window.window_id(), file, reason);
  if (execution.ok()) return StartedRun{window.window_id(), *std::move(execution)};
  // The first error is what matters.
  RemoveRun(daemon, window.window_id()).IgnoreError();
  return execution.status();
}

absl::Status RemoveRun(const Connection& daemon, const std::string& window) {
  v1::DeleteMaintenanceWindowRequest request;
  request.set_window_id(window);
  v1::DeleteMaintenanceWindowResponse response;
  return daemon.Call(request, &response);
}

}  // namespace lull::cli
