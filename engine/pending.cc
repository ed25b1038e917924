// Operations that are not there yet.
#include "engine/engine.h"

namespace lull {

absl::StatusOr<v1::UpdateMaintenanceWindowTargetResponse> Engine::UpdateMaintenanceWindowTarget(
    const CallContext&, const v1::UpdateMaintenanceWindowTargetRequest&) {
  return absl::UnimplementedError("UpdateMaintenanceWindowTarget is not there yet");
}

absl::StatusOr<v1::DeregisterTargetFromMaintenanceWindowResponse>
Engine::DeregisterTargetFromMaintenanceWindow(
    const CallContext&, const v1::DeregisterTargetFromMaintenanceWindowRequest&) {
  return absl::UnimplementedError("DeregisterTargetFromMaintenanceWindow is not there yet");
}

absl::StatusOr<v1::DescribeMaintenanceWindowTargetsResponse>
Engine::DescribeMaintenanceWindowTargets(const CallContext&,
                                         const v1::DescribeMaintenanceWindowTargetsRequest&) {
  return absl::UnimplementedError("DescribeMaintenanceWindowTargets is not there yet");
}

absl::StatusOr<v1::GetMaintenanceWindowTaskResponse> Engine::GetMaintenanceWindowTask(
    const CallContext&, const v1::GetMaintenanceWindowTaskRequest&) {
  return absl::UnimplementedError("GetMaintenanceWindowTask is not there yet");
}

absl::StatusOr<v1::UpdateMaintenanceWindowTaskResponse> Engine::UpdateMaintenanceWindowTask(
    const CallContext&, const v1::UpdateMaintenanceWindowTaskRequest&) {
  return absl::UnimplementedError("UpdateMaintenanceWindowTask is not there yet");
}

absl::StatusOr<v1::DeregisterTaskFromMaintenanceWindowResponse>
Engine::DeregisterTaskFromMaintenanceWindow(const CallContext&,
                                            const v1::DeregisterTaskFromMaintenanceWindowRequest&) {
  return absl::UnimplementedError("DeregisterTaskFromMaintenanceWindow is not there yet");
}

absl::StatusOr<v1::DescribeMaintenanceWindowTasksResponse> Engine::DescribeMaintenanceWindowTasks(
    const CallContext&, const v1::DescribeMaintenanceWindowTasksRequest&) {
  return absl::UnimplementedError("DescribeMaintenanceWindowTasks is not there yet");
}

absl::StatusOr<v1::AddTagsToResourceResponse> Engine::AddTagsToResource(
    const CallContext&, const v1::AddTagsToResourceRequest&) {
  return absl::UnimplementedError("AddTagsToResource is not there yet");
}

absl::StatusOr<v1::RemoveTagsFromResourceResponse> Engine::RemoveTagsFromResource(
    const CallContext&, const v1::RemoveTagsFromResourceRequest&) {
  return absl::UnimplementedError("RemoveTagsFromResource is not there yet");
}

absl::StatusOr<v1::ListTagsForResourceResponse> Engine::ListTagsForResource(
    const CallContext&, const v1::ListTagsForResourceRequest&) {
  return absl::UnimplementedError("ListTagsForResource is not there yet");
}

absl::StatusOr<v1::DescribeInstanceInformationResponse> Engine::DescribeInstanceInformation(
    const CallContext&, const v1::DescribeInstanceInformationRequest&) {
  return absl::UnimplementedError("DescribeInstanceInformation is not there yet");
}

absl::StatusOr<v1::GetCommandInvocationResponse> Engine::GetCommandInvocation(
    const CallContext&, const v1::GetCommandInvocationRequest&) {
  return absl::UnimplementedError("GetCommandInvocation is not there yet");
}

absl::StatusOr<v1::ListCommandInvocationsResponse> Engine::ListCommandInvocations(
    const CallContext&, const v1::ListCommandInvocationsRequest&) {
  return absl::UnimplementedError("ListCommandInvocations is not there yet");
}

absl::StatusOr<v1::ListCommandsResponse> Engine::ListCommands(const CallContext&,
                                                              const v1::ListCommandsRequest&) {
  return absl::UnimplementedError("ListCommands is not there yet");
}

}  // namespace lull
