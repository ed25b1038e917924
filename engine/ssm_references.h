#pragma once

#include <string>
#include <vector>

#include "engine/model/runs.h"

namespace lull {

/// Why an execution with these tasks can't open: there is no parameter store, so `{{ssm:NAME}}` in
/// their parameters can't be resolved. The names, sorted, each once, in the API's words; empty when
/// there are none. Pure; its cost follows the size of the payloads.
std::string RefuseSsmReferences(const std::vector<TaskExecution>& work);

}  // namespace lull
