#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/invariants.h"

namespace lull::storage {

struct CheckOptions {
  std::string path;  ///< of the database
  /// Told again and again what is being looked at, from within the call. May be empty.
  std::function<void(std::string_view what)> tick;
};

/// What a check has looked at, and what it has found.
struct CheckReport {
  struct Looked {
    std::string at;          ///< `executions`
    std::int64_t count = 0;  ///< of `unit`
    std::string unit;        ///< `row`
  };
  std::vector<Looked> looked;
  std::vector<Flaw> flaws;  ///< the first kMaxFlaws
  std::int64_t more = 0;    ///< that were found beyond those
};
inline constexpr std::size_t kMaxFlaws = 100;

/// Looks at a store as a whole: SQLite's own checks, the schema (it must be what the migrations
/// make), every row (it can be read, its text is UTF-8, its lists decode), and what must hold
/// between rows: engine/model/invariants.h. A schema that is older is compared
/// with that version's, and its rows are left to the migration.
///
/// Only reads: it takes no lock that an engine waits for, writes nothing to the database and its
/// log, and checkpoints nothing; beside a log that a crash left, SQLite makes its index of it
/// (-shm). An engine may run: what belongs together is read in one transaction, so that the check
/// sees committed states only. SQLite's own check is one long transaction, and while it lasts the
/// log grows and is not begun anew. Memory is bounded, whatever is stored.
///
/// Errors: kNotFound: no database; kFailedPrecondition: another program's, or a newer Lull's;
/// kInternal: no database at all, or so damaged that nothing can be read; kUnavailable: it can't be
/// opened or read.
absl::StatusOr<CheckReport> CheckDatabase(const CheckOptions& options);

}  // namespace lull::storage
