#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/definition_writer.h"
#include "storage/sqlite/history_writer.h"
#include "storage/sqlite/log_witness.h"
#include "storage/sqlite/node_writer.h"
#include "storage/sqlite/record_writer.h"
#include "storage/sqlite/run_writer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The connection that writes. Not thread-safe.
class Writer {
 public:
  /// Opens the database for writing, and brings its schema up to date.
  /// REQUIRES: the file exists, and the caller holds its FileLock. Errors: as RecogniseFile and
  /// SqliteError.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const Connection::Options& options,
                                                      int autocheckpoint_pages);

  /// Store::Commit. After kUnknown, this Writer is of no more use.
  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes);

  /// Makes what is committed durable, and nothing else. Errors: kUnavailable: try again.
  absl::Status Settle();

  /// LogWitness::names, OK where no one watches.
  absl::Status names() const;

 private:
  explicit Writer(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  absl::Status CheckNames();

  absl::Status Prepare();
  absl::StatusOr<std::vector<ChangeResult>> ApplyAll(const std::vector<Change>& changes);
  absl::StatusOr<ChangeResult> ApplyOne(const Change& change);
  absl::StatusOr<ChangeResult> Dispatch(const Change& change);
  void RollBack();

  std::unique_ptr<LogWitness> witness_;     // null with a VFS of its own
  std::unique_ptr<Connection> connection_;  // the statements below go before it
  Statement begin_;
  Statement commit_;
  Statement rollback_;
  Statement savepoint_;
  Statement release_;
  Statement undo_;
  DefinitionWriter definitions_;
  RunWriter runs_;
  NodeWriter nodes_;
  HistoryWriter history_;
  RecordWriter records_;
};

}  // namespace lull::storage
