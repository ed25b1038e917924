#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "engine/ports/runner.h"

namespace lull::runners {

/// How far a call is. Names stand in files: append only.
enum class CallState {
  kSending,   ///< written before the first byte may leave
  kAccepted,  ///< answered 202; a call back is waited for
  kEnded,
};

/// What is kept of a call beyond this process's life, in the file `<ordinal>.call`.
struct CallRecord {
  CallState state = CallState::kSending;
  std::string invocation_id = {};
  std::string function;                     ///< its name, for people
  absl::Time due = absl::InfiniteFuture();  ///< kAccepted: until when the call back must be there
  Outcome outcome = {};                     ///< kEnded
};

inline constexpr std::string_view kCallSuffix = ".call";
/// Of the file. A detail is cut, so that it holds.
inline constexpr std::size_t kMaxCallRecordBytes = 4096;

std::string CallText(const CallRecord& record);

/// Nothing when `text` was not made by CallText, as after a loss of power.
std::optional<CallRecord> ParseCallText(std::string_view text);

}  // namespace lull::runners
