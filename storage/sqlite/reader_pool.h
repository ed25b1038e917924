#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/definition_queries.h"
#include "storage/sqlite/node_queries.h"
#include "storage/sqlite/record_queries.h"
#include "storage/sqlite/run_queries.h"

namespace lull::storage {

/// One connection for reads, with its statements.
struct Reader {
  std::unique_ptr<Connection> connection;  // first: the statements below go before it
  DefinitionQueries definitions;
  RunQueries runs;
  NodeQueries nodes;
  RecordQueries records;
};

/// A few connections for reads, opened when first needed. Thread-safe: a call that finds all of
/// them busy waits.
class ReaderPool {
 public:
  ReaderPool(Connection::Options options, std::size_t size);

  /// Calls `read` with a reader of its own and returns what it returns. Errors are kInternal, as
  /// the port has it, whatever SQLite said.
  template <class Read>
  auto Call(const Read& read) -> decltype(read(std::declval<Reader&>())) {
    auto reader = Take();
    if (!reader.ok()) return AsReadError(reader.status());
    auto result = read(**reader);
    Return(*std::move(reader));
    if (!result.ok()) return AsReadError(result.status());
    return result;
  }

 private:
  static absl::Status AsReadError(const absl::Status& error);
  absl::StatusOr<std::unique_ptr<Reader>> Take();
  absl::StatusOr<std::unique_ptr<Reader>> Open() const;
  void Return(std::unique_ptr<Reader> reader);

  const Connection::Options options_;

  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<Reader>> idle_ ABSL_GUARDED_BY(mutex_);
  std::size_t unopened_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lull::storage
