#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace lull::runners {

/// The error `what: text of error_number`, with what to do about it where there is something that
/// an operator can do. kResourceExhausted when this machine is short of something (room on a disk,
/// descriptors, processes, memory), so that it may work later; else kUnavailable.
absl::Status ErrnoStatus(int error_number, std::string_view what);

}  // namespace lull::runners
