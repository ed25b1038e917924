#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/ports/runner.h"
#include "engine/pseudo_parameters.h"

namespace lull::cli {

/// An invocation as JSON, for the function that carries it out: InvocationId, WindowExecutionId,
/// TaskExecutionId, WindowId, WindowTaskId, TaskType, TaskArn; Node, WindowTargetId and
/// OwnerInformation where its target has them; CallbackUrl unless it is empty; and what its task
/// was registered with:
///   AUTOMATION      DocumentVersion, Parameters
///   LAMBDA          ClientContext, Qualifier; Payload if that is JSON, else PayloadBase64
///   STEP_FUNCTIONS  Name; Input, as JSON if it is that, else as text
/// Errors: kInvalidArgument: the stored task can't be read. The text is for the user.
absl::StatusOr<std::string> DescribeInvocation(const Invocation& invocation, const ArnScope& scope,
                                               const std::string& callback_url);

}  // namespace lull::cli
