#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/store.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The reads of OutboxReader and AuditReader on one connection; the terms are DefinitionQueries'.
class RecordQueries {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<std::vector<OutboxReader::StoredEvent>> ListEvents(const std::string& subscriber,
                                                                    std::int64_t after,
                                                                    std::size_t limit);
  absl::StatusOr<std::map<std::string, std::int64_t>> CountEvents();
  absl::StatusOr<std::vector<AuditReader::StoredEntry>> ListAudit(const AuditReader::Query& query);

 private:
  Statement list_events_;
  Statement count_events_;
  Statement list_audit_;
};

}  // namespace lull::storage
