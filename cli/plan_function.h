#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"
#include "engine/pseudo_parameters.h"
#include "proto/config.pb.h"
#include "runners/functions/function_call.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// Gives the URL that a function calls back to.
using CallbackUrl = std::function<std::string(const InvocationId& id)>;

/// The call that an invocation of an AUTOMATION, LAMBDA or STEP_FUNCTIONS task comes to; nothing
/// when its function is a local command (see PlanFunction). Its TaskArn is the function's name, or
/// an ARN that ends with it, a version or qualifier after it left out. Reads the token's file.
/// REQUIRES: `config` was checked (config.h).
/// Errors: kNotFound: no such function; kInvalidArgument, kFailedPrecondition: its configuration
/// or its token. The text is for the user.
absl::StatusOr<std::optional<runners::FunctionCall>> PlanCall(const Invocation& invocation,
                                                              const v1::Config& config,
                                                              const ArnScope& scope,
                                                              const CallbackUrl& callback_url);

/// The process that it comes to when its function is a local command: the invocation is on its
/// standard input, as DescribeInvocation has it. Errors: as PlanCall's; kInvalidArgument: the
/// function is no command.
absl::StatusOr<runners::ProcessPlan> PlanFunction(const Invocation& invocation,
                                                  const v1::Config& config, const ArnScope& scope);

}  // namespace lull::cli
