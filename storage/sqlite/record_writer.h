#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Applies changes of the outbox and the audit log; the terms are DefinitionWriter's. That what
/// they tell of was applied is the Writer's to look at.
class RecordWriter {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<ChangeResult> Apply(const KeepEvents& change);
  absl::StatusOr<ChangeResult> Apply(const SettleEvents& change);
  absl::StatusOr<ChangeResult> Apply(const DropEvents& change);
  absl::StatusOr<ChangeResult> Apply(const KeepAudit& change);

 private:
  Statement insert_event_;
  Statement delete_event_;
  Statement drop_events_;
  Statement insert_audit_;
};

}  // namespace lull::storage
