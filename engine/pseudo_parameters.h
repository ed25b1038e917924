#pragma once

#include <map>
#include <string>

#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/ports/runner.h"
#include "proto/payload.pb.h"

namespace lull {

/// Whose ARNs pseudo parameters and answers speak of.
struct ArnScope {
  std::string region;
  std::string account_id;  ///< 12 digits
};

/// What the nine pseudo parameters stand for in one invocation (spec E.3), by name. What there is
/// nothing for is empty: WINDOW_TARGET_ID of a target that is not registered; TARGET_TYPE,
/// TARGET_ID and RESOURCE_ID of an invocation without a target.
using PseudoParameters = std::map<std::string, std::string, std::less<>>;

/// Those of an invocation; TARGET_ID and RESOURCE_ID are not among them for RUN_COMMAND, which
/// leaves them as they are. Of a resource group, TARGET_ID is the node's ARN.
PseudoParameters PseudoParametersOf(WindowId window, ExecutionId execution, const TaskSpec& task,
                                    InvocationId invocation, const ResolvedTarget& target,
                                    const ArnScope& scope);
PseudoParameters PseudoParametersOf(const Invocation& invocation, const ArnScope& scope);

/// Puts them where `{{NAME}}` stands (blanks inside of the braces are allowed) in what the task's
/// runner gets: RunCommand's Comment and the values of its Parameters, the values of Automation's,
/// StepFunctions' Input and Name, Lambda's Payload and ClientContext. In Input and Payload, which
/// are JSON, they are escaped. A value is not scanned again; other names stay as they are. Pure.
void PutPseudoParameters(const PseudoParameters& parameters, v1::TaskPayload& payload);

/// Whether a serialized payload may have any: if not, there is nothing to put.
bool MayHavePseudoParameters(const std::string& payload);

}  // namespace lull
