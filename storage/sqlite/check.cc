#include "storage/sqlite/check.h"

#include <sqlite3.h>

#include <memory>

#include "absl/time/time.h"
#include "engine/base/status.h"
#include "storage/sqlite/check_session.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/log_witness.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/still_file.h"

namespace lull::storage {
namespace {

/// Steps of SQLite's machine between two ticks: some milliseconds.
constexpr int kStepsPerTick = 100'000;

constexpr absl::Duration kPatience = absl::Seconds(5);

absl::StatusOr<CheckReport> CheckOnce(const CheckOptions& options, bool immutable) {
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                        Connection::Open({.path = options.path,
                                          .access = Access::kReadOnly,
                                          .busy_timeout = kPatience,
                                          .immutable = immutable}));
  LULL_RETURN_IF_ERROR(ConfigureReader(*connection));
  LULL_RETURN_IF_ERROR(RecogniseFile(*connection));
  LULL_ASSIGN_OR_RETURN(const std::int64_t version, ReadSchemaVersion(*connection));
  CheckSession session(options, *connection);
  const absl::Status log = LogWitness::ExamineAtRest(options.path);
  if (!log.ok()) {
    session.Add({"files", "lull.db", std::string(log.message()),
                 "what was acknowledged is lost; no engine opens this store"});
  }
  LULL_RETURN_IF_ERROR(CheckPages(session));
  LULL_RETURN_IF_ERROR(CheckSchema(session, static_cast<int>(version)));
  if (version != NewestSchemaVersion()) return std::move(session.report());
  LULL_RETURN_IF_ERROR(CheckTexts(session));
  LULL_RETURN_IF_ERROR(CheckTables(session));
  LULL_RETURN_IF_ERROR(CheckDefinitions(session));
  LULL_RETURN_IF_ERROR(CheckRuns(session));
  return std::move(session.report());
}

}  // namespace

absl::StatusOr<CheckReport> CheckDatabase(const CheckOptions& options) {
  LULL_RETURN_IF_ERROR(RequireDatabaseFile(options.path));
  return ReadStill(
      options.path, [&](bool immutable) { return CheckOnce(options, immutable); }, [] {});
}

CheckSession::CheckSession(const CheckOptions& options, Connection& connection)
    : options_(options), connection_(connection) {
  sqlite3_progress_handler(connection.handle(), kStepsPerTick, &CheckSession::OnProgress, this);
}

CheckSession::~CheckSession() {
  sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
}

int CheckSession::OnProgress(void* session) {
  static_cast<const CheckSession*>(session)->Tick();
  return 0;
}

void CheckSession::Looked(std::string at, std::int64_t count, std::string unit) {
  report_.looked.push_back({std::move(at), count, std::move(unit)});
}

void CheckSession::Add(Flaw flaw) {
  if (report_.flaws.size() < kMaxFlaws) {
    report_.flaws.push_back(std::move(flaw));
  } else {
    ++report_.more;
  }
}

void CheckSession::AddAll(std::vector<Flaw>& flaws) {
  for (Flaw& flaw : flaws) Add(std::move(flaw));
  flaws.clear();
}

absl::Status CheckSession::AddUnreadable(const std::string& table, const std::string& row,
                                         const absl::Status& error) {
  if (error.ok() || !absl::IsInternal(error)) return error;
  Add({table, row, "can't be read: " + std::string(error.message()),
       "the API answers InternalServerError where it needs this"});
  return absl::OkStatus();
}

}  // namespace lull::storage
