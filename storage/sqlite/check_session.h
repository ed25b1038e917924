#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/connection.h"

namespace lull::storage {

/// One CheckDatabase at work: what its parts share.
class CheckSession {
 public:
  CheckSession(const CheckOptions& options, Connection& connection);
  ~CheckSession();
  CheckSession(const CheckSession&) = delete;
  CheckSession& operator=(const CheckSession&) = delete;

  Connection& connection() { return connection_; }
  CheckReport& report() { return report_; }

  /// What is looked at from now on, for `tick`: which is told at once.
  void Begin(std::string what) {
    what_ = std::move(what);
    Tick();
  }
  void Looked(std::string at, std::int64_t count, std::string unit);
  void Add(Flaw flaw);
  /// All of `flaws`, which is empty then.
  void AddAll(std::vector<Flaw>& flaws);

  /// A row, or a table, that can't be read: a flaw when that is what `error` means, else the error
  /// itself: then the check can't go on.
  absl::Status AddUnreadable(const std::string& table, const std::string& row,
                             const absl::Status& error);

  void Tick() const {
    if (options_.tick) options_.tick(what_);
  }

 private:
  static int OnProgress(void* session);

  const CheckOptions& options_;
  Connection& connection_;
  CheckReport report_;
  std::string what_;
};

// The parts, in their order. Errors: kUnavailable: the check can't go on.

/// SQLite's integrity_check and foreign_key_check.
absl::Status CheckPages(CheckSession& session);

/// What the schema's text says, against that of the file's version made in memory.
absl::Status CheckSchema(CheckSession& session, int version);

/// Every row of every table can be read, and its texts are UTF-8.
absl::Status CheckTexts(CheckSession& session);

/// What must hold between rows, and is asked in SQL.
absl::Status CheckTables(CheckSession& session);

/// Definitions and nodes decode; a node's tags are found by what they say.
absl::Status CheckDefinitions(CheckSession& session);

/// Executions, their tasks, finishes and snapshots.
absl::Status CheckRuns(CheckSession& session);

}  // namespace lull::storage
