#pragma once

#include <string>
#include <string_view>

#include "engine/base/unique_fd.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"
#include "runners/record.h"

namespace lull::runners {

/// What the record of an invocation that has ended says. REQUIRES: record.end is there.
Outcome OutcomeOfRecord(const UniqueFd& folder, Ordinal ordinal, const Record& record);

/// The outcome of an invocation whose shim has ended. If that died before its time, FAILED; then
/// the script that it left is removed.
Outcome OutcomeOfEnded(const std::string& output_dir, InvocationRef invocation,
                       const InvocationId& id);

/// FAILED: it began, and nobody knows how it ended.
Outcome OutcomeUnknown(std::string_view why);

}  // namespace lull::runners
