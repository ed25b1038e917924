#pragma once

#include "absl/status/status.h"
#include "engine/model/definitions.h"

namespace lull {

/// What every selector's values keep to, of a registered target as of a task: each is a name that
/// a row holds, 1 to kMaxNodeNameBytes. How many there may be is the shape's business.
/// Error: kInvalidArgument.
absl::Status CheckValues(const TargetSelector& selector);

}  // namespace lull
