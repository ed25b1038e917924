#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "runners/documents/document.h"
#include "runners/process_plan.h"

namespace lull::runners {

/// The document as one script for /bin/sh on a node of `platform` (`Linux`; empty: not known, taken
/// for Linux). A single step is the script itself, with its time-out and working directory in the
/// plan; several become a script that runs one after the other, each in a shell of its own with
/// nothing on standard input, and ends with
///   0                  all went well, or a successAndExit
///   the first failing step's status (1 for one that is kTimedOutStatus)
///   kTimedOutStatus    when the first failing step ran into its time-out
/// Its time-out is the sum of theirs. Pure.
/// Errors: kNotFound, `Invalid platform ...`: no step is for it; kInvalidArgument: a parameter, for
/// the user.
absl::StatusOr<ProcessPlan> CompileDocument(const Document& document, const ParameterValues& given,
                                            std::string_view platform);

/// By which the script of several steps says that one of them ran into its time-out.
inline constexpr int kTimedOutStatus = 124;

}  // namespace lull::runners
