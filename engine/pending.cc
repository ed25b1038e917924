// Operations that are not there yet.
#include "engine/engine.h"

namespace lull {

absl::StatusOr<v1::StartMaintenanceWindowExecutionResponse> Engine::StartMaintenanceWindowExecution(
    const CallContext&, const v1::StartMaintenanceWindowExecutionRequest&) {
  return absl::UnimplementedError("StartMaintenanceWindowExecution is not there yet");
}

absl::StatusOr<v1::CancelExecutionResponse> Engine::CancelExecution(
    const CallContext&, const v1::CancelExecutionRequest&) {
  return absl::UnimplementedError("CancelExecution is not there yet");
}

absl::StatusOr<v1::DescribeDrainResponse> Engine::DescribeDrain(const CallContext&,
                                                                const v1::DescribeDrainRequest&) {
  return absl::UnimplementedError("DescribeDrain is not there yet");
}

absl::StatusOr<v1::ResumeMaintenanceWindowExecutionResponse>
Engine::ResumeMaintenanceWindowExecution(const CallContext&,
                                         const v1::ResumeMaintenanceWindowExecutionRequest&) {
  return absl::UnimplementedError("ResumeMaintenanceWindowExecution is not there yet");
}

absl::StatusOr<v1::SkipNextExecutionResponse> Engine::SkipNextExecution(
    const CallContext&, const v1::SkipNextExecutionRequest&) {
  return absl::UnimplementedError("SkipNextExecution is not there yet");
}

}  // namespace lull
