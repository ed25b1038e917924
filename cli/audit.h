#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// Lines that `lull audit` prints at most.
inline constexpr std::size_t kMaxAuditLines = 1'000'000;

/// What `lull audit` is told.
struct AuditOptions {
  std::string data_dir;
  std::string since;        ///< an instant, as RFC 3339 has it; empty: from the beginning
  std::size_t limit = 100;  ///< of the newest; 1 to kMaxAuditLines
  bool json = false;
};

/// Prints to `out` who asked for what, the newest line last: a table, or a JSON object a line.
/// Reads the store beside a daemon that has it open, and takes no lock of it. Errors:
/// kInvalidArgument: since or limit is wrong; those of FindDataFolder and of SqliteStore::Open for
/// reading; kUnavailable: `out` takes no more.
absl::Status PrintAudit(const AuditOptions& options, std::FILE* out);

/// Adds `audit` to the command line. When it was asked for, parsing leaves it in `action`, which
/// has to outlive `app`.
void AddAudit(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
