#include "storage/sqlite/sqlite_store.h"

#include <utility>

#include "engine/base/status.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/file_lock.h"
#include "storage/sqlite/log_witness.h"
#include "storage/sqlite/reader_pool.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/writer.h"

namespace lull::storage {
namespace {

Connection::Options ConnectionOptions(const SqliteOptions& options, Access access) {
  return {.path = options.path,
          .access = access,
          .busy_timeout = options.busy_timeout,
          .vfs = options.vfs};
}

}  // namespace

class SqliteStore::Definitions : public DefinitionReader {
 public:
  explicit Definitions(ReaderPool& pool) : pool_(pool) {}

  absl::StatusOr<std::optional<Window>> GetWindow(const WindowId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.GetWindow(id); });
  }
  absl::StatusOr<std::vector<PositionedWindow>> ListWindows(const WindowQuery& query) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.ListWindows(query); });
  }
  absl::StatusOr<std::vector<WindowTarget>> ListTargets(const WindowId& window) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.ListTargets(window); });
  }
  absl::StatusOr<std::vector<WindowTask>> ListTasks(const WindowId& window) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.ListTasks(window); });
  }
  absl::StatusOr<std::vector<PositionedTarget>> PageTargets(
      const RegistrationQuery& query) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.PageTargets(query); });
  }
  absl::StatusOr<std::vector<PositionedTask>> PageTasks(const RegistrationQuery& query) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.PageTasks(query); });
  }
  absl::StatusOr<std::optional<WindowTarget>> GetTarget(const WindowTargetId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.GetTarget(id); });
  }
  absl::StatusOr<std::optional<WindowTask>> GetTask(const WindowTaskId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.definitions.GetTask(id); });
  }
  absl::StatusOr<std::optional<Token>> FindToken(const std::string& operation,
                                                 const std::string& scope,
                                                 const std::string& token) override {
    return pool_.Call(
        [&](Reader& reader) { return reader.definitions.FindToken(operation, scope, token); });
  }
  absl::StatusOr<std::vector<DueWindow>> ListDue() override {
    return pool_.Call([](Reader& reader) { return reader.definitions.ListDue(); });
  }

 private:
  ReaderPool& pool_;
};

class SqliteStore::Runs : public RunReader {
 public:
  explicit Runs(ReaderPool& pool) : pool_(pool) {}

  absl::StatusOr<std::optional<Execution>> GetExecution(const ExecutionId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.GetExecution(id); });
  }
  absl::StatusOr<std::vector<Execution>> ListExecutions(const ExecutionQuery& query) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.ListExecutions(query); });
  }
  absl::StatusOr<bool> HasOccurrence(const WindowId& window, absl::Time start_at) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.HasOccurrence(window, start_at); });
  }
  absl::StatusOr<std::optional<ExecutionId>> FindResumption(const ExecutionId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.FindResumption(id); });
  }
  absl::StatusOr<std::vector<TaskExecution>> ListTaskExecutions(ExecutionKey execution) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.ListTaskExecutions(execution); });
  }
  absl::StatusOr<std::optional<TaskExecution>> GetTaskExecution(
      const TaskExecutionId& id) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.GetTaskExecution(id); });
  }
  absl::StatusOr<std::vector<TaskExecution>> ListNewestTasks(std::optional<TaskKey> below,
                                                             std::size_t limit) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.ListNewestTasks(below, limit); });
  }
  absl::StatusOr<std::vector<Finish>> ListFinishes(const FinishQuery& query) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.ListFinishes(query); });
  }
  absl::StatusOr<std::vector<ResolvedTarget>> ReadTargets(TaskKey snapshot, Ordinal first,
                                                          std::size_t limit) override {
    return pool_.Call(
        [&](Reader& reader) { return reader.runs.ReadTargets(snapshot, first, limit); });
  }
  absl::StatusOr<std::optional<Ordinal>> FindTarget(TaskKey snapshot, Ordinal first, Ordinal last,
                                                    const std::string& node) override {
    return pool_.Call(
        [&](Reader& reader) { return reader.runs.FindTarget(snapshot, first, last, node); });
  }
  absl::StatusOr<std::vector<Age>> ListAges(ExecutionKey after, std::size_t limit) override {
    return pool_.Call([&](Reader& reader) { return reader.runs.ListAges(after, limit); });
  }
  absl::StatusOr<std::vector<ActiveExecution>> LoadActive() override {
    return pool_.Call([](Reader& reader) { return reader.runs.LoadActive(); });
  }
  absl::StatusOr<Keys> GreatestKeys() override {
    return pool_.Call([](Reader& reader) { return reader.runs.GreatestKeys(); });
  }

 private:
  ReaderPool& pool_;
};

class SqliteStore::Nodes : public NodeReader {
 public:
  explicit Nodes(ReaderPool& pool) : pool_(pool) {}

  absl::StatusOr<std::optional<StoredNode>> GetNode(const std::string& id) override {
    return pool_.Call([&](Reader& reader) { return reader.nodes.GetNode(id); });
  }
  absl::StatusOr<std::vector<StoredNode>> ListNodes(const Page& page) override {
    return pool_.Call([&](Reader& reader) { return reader.nodes.ListNodes(page); });
  }
  absl::StatusOr<std::vector<NodeName>> ListTagged(const std::string& key, const std::string& value,
                                                   const Page& page) override {
    return pool_.Call([&](Reader& reader) { return reader.nodes.ListTagged(key, value, page); });
  }
  absl::StatusOr<std::vector<NodeReading>> ListReadings(const std::string& origin,
                                                        const Page& page) override {
    return pool_.Call([&](Reader& reader) { return reader.nodes.ListReadings(origin, page); });
  }
  absl::StatusOr<std::optional<NodeGroup>> GetGroup(const std::string& name) override {
    return pool_.Call([&](Reader& reader) { return reader.nodes.GetGroup(name); });
  }

 private:
  ReaderPool& pool_;
};

class SqliteStore::Outbox : public OutboxReader {
 public:
  explicit Outbox(ReaderPool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<StoredEvent>> ListEvents(const std::string& subscriber,
                                                      std::int64_t after,
                                                      std::size_t limit) override {
    return pool_.Call(
        [&](Reader& reader) { return reader.records.ListEvents(subscriber, after, limit); });
  }
  absl::StatusOr<std::map<std::string, std::int64_t>> CountEvents() override {
    return pool_.Call([](Reader& reader) { return reader.records.CountEvents(); });
  }

 private:
  ReaderPool& pool_;
};

class SqliteStore::Audit : public AuditReader {
 public:
  explicit Audit(ReaderPool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<StoredEntry>> ListAudit(const Query& query) override {
    return pool_.Call([&](Reader& reader) { return reader.records.ListAudit(query); });
  }

 private:
  ReaderPool& pool_;
};

/// In the order of opening; they go in the opposite one: readers first, the lock last.
struct SqliteStore::Parts {
  explicit Parts(const SqliteOptions& o)
      : options(o),
        pool(ConnectionOptions(o, Access::kReadOnly), o.max_readers),
        definitions(pool),
        runs(pool),
        nodes(pool),
        outbox(pool),
        audit(pool) {}

  const SqliteOptions options;
  bool is_read_only() const { return options.access == StoreAccess::kReadOnly; }

  std::unique_ptr<FileLock> lock;  ///< null when read-only, and on a VFS
  std::unique_ptr<Writer> writer;  ///< null when read-only, and from kUnknown to Recover
  absl::Status lost;               ///< why there is no Recover; OK: there is
  ReaderPool pool;
  Definitions definitions;
  Runs runs;
  Nodes nodes;
  Outbox outbox;
  Audit audit;
};

namespace {

/// For read-only access: what Writer::Open looks at, without writing.
absl::Status CheckReadable(const SqliteOptions& options) {
  if (options.vfs.empty()) {
    LULL_RETURN_IF_ERROR(RequireDatabaseFile(options.path));
    LULL_RETURN_IF_ERROR(LogWitness::ExamineAtRest(options.path));
  }
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                        Connection::Open(ConnectionOptions(options, Access::kReadOnly)));
  LULL_RETURN_IF_ERROR(RecogniseFile(*connection));
  return RequireNewestSchema(*connection);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const SqliteOptions& options) {
  if (options.path.empty()) return Invalid("a store needs the path of its database file");
  if (options.access == StoreAccess::kReadOnly) {
    LULL_RETURN_IF_ERROR(CheckReadable(options));
    return std::unique_ptr<SqliteStore>(new SqliteStore(std::make_unique<Parts>(options)));
  }
  SqliteOptions real = options;  // what is locked stays what is opened, though a link is changed
  std::unique_ptr<FileLock> lock;
  if (options.vfs.empty()) {
    LULL_RETURN_IF_ERROR(RefuseLostDatabase(options.path));
    LULL_RETURN_IF_ERROR(EnsureDatabaseFile(options.path));
    LULL_ASSIGN_OR_RETURN(real.path, RealDatabasePath(options.path));
    LULL_ASSIGN_OR_RETURN(lock, FileLock::Take(real.path + "-lock"));
    LULL_RETURN_IF_ERROR(LogWitness::Examine(real.path));
  }
  auto parts = std::make_unique<Parts>(real);
  parts->lock = std::move(lock);
  LULL_ASSIGN_OR_RETURN(parts->writer, Writer::Open(ConnectionOptions(real, Access::kReadWrite),
                                                    real.autocheckpoint_pages));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(parts)));
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SqliteStore::~SqliteStore() = default;

int SqliteStore::SchemaVersion() { return NewestSchemaVersion(); }

absl::StatusOr<std::vector<ChangeResult>> SqliteStore::Commit(const std::vector<Change>& changes) {
  if (parts_->is_read_only()) {
    return absl::UnavailableError(
        absl::StrCat(parts_->options.path, ": the store was opened read-only"));
  }
  if (parts_->writer == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(parts_->options.path, ": the store must recover from an I/O error first"));
  }
  auto results = parts_->writer->Commit(changes);
  if (absl::IsUnknown(results.status())) {
    parts_->lost = parts_->writer->names();
    parts_->writer = nullptr;
  }
  return results;
}

absl::Status SqliteStore::Recover() {
  if (parts_->is_read_only() || parts_->writer != nullptr) return absl::OkStatus();
  // Beside readers of files that have no name any more nothing may be opened by their names.
  if (!parts_->lost.ok()) return absl::UnavailableError(parts_->lost.message());
  LULL_ASSIGN_OR_RETURN(std::unique_ptr<Writer> writer,
                        Writer::Open(ConnectionOptions(parts_->options, Access::kReadWrite),
                                     parts_->options.autocheckpoint_pages));
  // The page cache may show what the disk lacks, and the log may hold what was taken back: writing
  // all of it to the database file and emptying the log leaves one truth.
  LULL_RETURN_IF_ERROR(writer->Settle());
  parts_->writer = std::move(writer);
  return absl::OkStatus();
}

DefinitionReader& SqliteStore::definitions() { return parts_->definitions; }

RunReader& SqliteStore::runs() { return parts_->runs; }

NodeReader& SqliteStore::nodes() { return parts_->nodes; }

OutboxReader& SqliteStore::outbox() { return parts_->outbox; }

AuditReader& SqliteStore::audit() { return parts_->audit; }

}  // namespace lull::storage
