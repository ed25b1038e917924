#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "runners/functions/call_ending.h"

namespace lull::cli {

/// Reads a function's result: a JSON object of Status (SUCCESS, FAILED or TIMED_OUT; none is
/// SUCCESS), StatusDetails (text) and Output (text as it is, any other value as JSON), all
/// optional. Others are refused: a misspelt Status must not read as success. Errors:
/// kInvalidArgument with a sentence that says what is wrong.
absl::StatusOr<runners::Ending> ReadFunctionResult(std::string_view text);

}  // namespace lull::cli
