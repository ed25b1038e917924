#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lull::cli {

/// What becomes of the executions that were active in a backup.
enum class RestoredWork {
  kEnd,     ///< cancelled, and what came due since is missed: nothing runs that may have run since
  kResume,  ///< they go on; what is due opens as after any stop of the daemon
};

struct RestoredRuns {
  std::int64_t executions = 0;  ///< that were active
  std::int64_t in_flight = 0;   ///< invocations; each is FAILED now, whatever was asked for
  std::int64_t missed = 0;      ///< windows that came due since; kEnd only
};

/// Brings the store of a backup, which nobody has open, to a state from which an engine may go on:
/// what was in flight when it was taken is FAILED with a text that says so, and is never started
/// again (R4). All of it is an engine's doing, under the rules of any other; it starts nothing.
/// Safe to repeat. Errors: those of SqliteStore::Open and Engine::Open; kUnavailable: it can't be
/// stored.
absl::StatusOr<RestoredRuns> SettleRestoredRuns(const std::string& database, absl::Time taken_at,
                                                RestoredWork work);

}  // namespace lull::cli
