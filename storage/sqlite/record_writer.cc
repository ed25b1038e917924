#include "storage/sqlite/record_writer.h"

#include "engine/base/status.h"
#include "storage/sqlite/enums.h"
#include "storage/sqlite/record_rows.h"

namespace lull::storage {
namespace {

constexpr char kInsertEvent[] = R"sql(
INSERT INTO outbox (subscriber, id, level, at, window, execution, task, invocation, node, window_target,
    owner_information, status, started_at, ended_at)
VALUES ($subscriber, $id, $level, $at, $window, $execution, $task, $invocation, $node, $window_target,
    $owner_information, $status, $started_at, $ended_at))sql";

constexpr char kDropEvents[] = R"sql(
DELETE FROM outbox WHERE seq IN
    (SELECT seq FROM outbox WHERE subscriber = $subscriber ORDER BY seq LIMIT $count))sql";

constexpr char kInsertAudit[] = R"sql(
INSERT INTO audit (at, principal, source, request_id, operation, resources, summary, error)
VALUES ($at, $principal, $source, $request_id, $operation, $resources, $summary, $error))sql";

}  // namespace

void RecordWriter::Prepare(Preparer& prepare) {
  prepare(insert_event_, kInsertEvent, kEventColumns);
  prepare(delete_event_, "DELETE FROM outbox WHERE seq = $seq AND subscriber = $subscriber",
          "seq subscriber");
  prepare(drop_events_, kDropEvents, "subscriber count");
  prepare(insert_audit_, kInsertAudit, kAuditColumns);
}

absl::StatusOr<ChangeResult> RecordWriter::Apply(const KeepEvents& change) {
  for (const StateEvent& event : change.events) {
    LULL_RETURN_IF_ERROR(insert_event_.Run(
        event.subscriber, event.id, event.level, event.at, event.window, event.execution,
        event.task, event.invocation, event.node, event.window_target, event.owner_information,
        event.status, event.started_at, event.ended_at));
  }
  return ChangeResult{};
}

absl::StatusOr<ChangeResult> RecordWriter::Apply(const SettleEvents& change) {
  ChangeResult result;
  for (const std::int64_t seq : change.seqs) {
    LULL_ASSIGN_OR_RETURN(const std::int64_t gone, delete_event_.Change(seq, change.subscriber));
    result.value += gone;
  }
  return result;
}

absl::StatusOr<ChangeResult> RecordWriter::Apply(const DropEvents& change) {
  ChangeResult result;
  LULL_ASSIGN_OR_RETURN(result.value, drop_events_.Change(change.subscriber, change.count));
  return result;
}

absl::StatusOr<ChangeResult> RecordWriter::Apply(const KeepAudit& change) {
  const AuditEntry& entry = change.entry;
  LULL_RETURN_IF_ERROR(insert_audit_.Run(entry.at, entry.principal, entry.source, entry.request_id,
                                         entry.operation, entry.resources, entry.summary,
                                         entry.error));
  return ChangeResult{};
}

}  // namespace lull::storage
