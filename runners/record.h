#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "runners/process_end.h"

namespace lull::runners {

/// What the daemon writes down of an invocation before it starts it, so that a later life can judge
/// how it ended.
struct RecordHead {
  InvocationId id;
  absl::Duration execution_timeout;
  std::optional<int> undeliverable_status = {};
  std::optional<int> timed_out_status = {};
};

/// An invocation's record (runners/shim/protocol.h has its text).
struct Record {
  RecordHead head;
  pid_t shim = 0;                      ///< 0: none has begun
  std::optional<ProcessEnd> end = {};  ///< once it has ended
};

/// The record of what has not begun.
std::string FormatRecord(const RecordHead& head);

/// Errors: kInvalidArgument: the text is none, or not all of one.
absl::StatusOr<Record> ParseRecord(std::string_view text);

}  // namespace lull::runners
