#include "storage/sqlite/record_queries.h"

#include <limits>
#include <utility>

#include "storage/sqlite/enums.h"
#include "storage/sqlite/record_rows.h"

namespace lull::storage {
namespace {

constexpr char kListEvents[] = R"sql(
SELECT * FROM outbox WHERE subscriber = $subscriber AND seq > $after ORDER BY seq LIMIT $limit)sql";

constexpr char kCountEvents[] =
    "SELECT subscriber, count(*) AS events FROM outbox GROUP BY subscriber";

constexpr char kListAudit[] = R"sql(
SELECT * FROM audit WHERE seq < $below AND at >= $since ORDER BY seq DESC LIMIT $limit)sql";

constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

}  // namespace

void RecordQueries::Prepare(Preparer& prepare) {
  prepare(list_events_, kListEvents, "subscriber after limit", std::string("seq ") + kEventColumns);
  prepare(count_events_, kCountEvents, "", "subscriber events");
  prepare(list_audit_, kListAudit, "below since limit", std::string("seq ") + kAuditColumns);
}

absl::StatusOr<std::vector<OutboxReader::StoredEvent>> RecordQueries::ListEvents(
    const std::string& subscriber, std::int64_t after, std::size_t limit) {
  std::vector<OutboxReader::StoredEvent> events;
  Rows rows = list_events_.Select(subscriber, after, limit);
  while (rows.Next()) {
    auto& [seq, event] = events.emplace_back();
    rows.Read(seq, event.subscriber, event.id, event.level, event.at, event.window, event.execution,
              event.task, event.invocation, event.node, event.window_target,
              event.owner_information, event.status, event.started_at, event.ended_at);
  }
  if (!rows.status().ok()) return rows.status();
  return events;
}

absl::StatusOr<std::map<std::string, std::int64_t>> RecordQueries::CountEvents() {
  std::map<std::string, std::int64_t> counts;
  Rows rows = count_events_.Select();
  while (rows.Next()) {
    std::string subscriber;
    std::int64_t events = 0;
    rows.Read(subscriber, events);
    counts[std::move(subscriber)] = events;
  }
  if (!rows.status().ok()) return rows.status();
  return counts;
}

absl::StatusOr<std::vector<AuditReader::StoredEntry>> RecordQueries::ListAudit(
    const AuditReader::Query& query) {
  std::vector<AuditReader::StoredEntry> lines;
  const std::int64_t since = query.since ? absl::ToUnixMicros(*query.since) : kLeast;
  Rows rows = list_audit_.Select(query.below.value_or(kGreatest), since, query.limit);
  while (rows.Next()) {
    auto& [seq, entry] = lines.emplace_back();
    rows.Read(seq, entry.at, entry.principal, entry.source, entry.request_id, entry.operation,
              entry.resources, entry.summary, entry.error);
  }
  if (!rows.status().ok()) return rows.status();
  return lines;
}

}  // namespace lull::storage
