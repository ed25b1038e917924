// What the schema promises beside the store: plans of the queries, the operators' views, the
// CHECKs.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/definition_queries.h"
#include "storage/sqlite/definition_writer.h"
#include "storage/sqlite/node_queries.h"
#include "storage/sqlite/node_writer.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/record_queries.h"
#include "storage/sqlite/record_writer.h"
#include "storage/sqlite/run_queries.h"
#include "storage/sqlite/run_writer.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/statement.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

class SqliteSchema : public testing::Test {
 protected:
  SqliteSchema() {
    store_ = *SqliteStore::Open({.path = folder_.File("lull.db")});
    connection_ = *Connection::Open({.path = folder_.File("lull.db")});
  }

  void Commit(const std::vector<Change>& changes) {
    const auto results = store_->Commit(changes);
    ASSERT_TRUE(results.ok()) << results.status();
    for (const ChangeResult& result : *results) ASSERT_EQ(result.verdict, Verdict::kApplied);
  }

  TempFolder folder_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<Connection> connection_;
};

/// Each step of the plan of `sql`.
std::vector<std::string> PlanOf(Connection& connection, const std::string& sql) {
  std::vector<std::string> plan;
  EXPECT_EQ(sqlite3_exec(
                connection.handle(), ("EXPLAIN QUERY PLAN " + sql).c_str(),
                [](void* steps, int, char** columns, char**) {
                  static_cast<std::vector<std::string>*>(steps)->push_back(columns[3]);
                  return 0;
                },
                &plan, nullptr),
            SQLITE_OK);
  return plan;
}

/// Steps that read all of something on purpose: an index that holds only what is asked for.
bool IsMeant(const std::string& step) {
  for (const char* meant :
       {"USING INDEX executions_active", "USING COVERING INDEX executions_active",
        "USING COVERING INDEX windows_due", "SCAN CONSTANT ROW", "SCAN node_groups",
        "SCAN outbox USING COVERING INDEX outbox_by_subscriber"}) {
    if (step.find(meant) != std::string::npos) return true;
  }
  return false;
}

TEST_F(SqliteSchema, NoStatementScansATable) {
  DefinitionQueries definition_queries;
  RunQueries run_queries;
  DefinitionWriter definition_writer;
  RunWriter run_writer;
  NodeQueries node_queries;
  NodeWriter node_writer;
  RecordQueries record_queries;
  RecordWriter record_writer;
  Preparer prepare(*connection_);
  record_queries.Prepare(prepare);
  record_writer.Prepare(prepare);
  node_queries.Prepare(prepare);
  node_writer.Prepare(prepare);
  definition_queries.Prepare(prepare);
  run_queries.Prepare(prepare);
  definition_writer.Prepare(prepare);
  run_writer.Prepare(prepare, definition_writer);
  ASSERT_TRUE(prepare.status().ok()) << prepare.status();
  int statements = 0;
  for (sqlite3_stmt* statement = sqlite3_next_stmt(connection_->handle(), nullptr);
       statement != nullptr; statement = sqlite3_next_stmt(connection_->handle(), statement)) {
    const std::string sql = sqlite3_sql(statement);
    ++statements;
    for (const std::string& step : PlanOf(*connection_, sql)) {
      EXPECT_TRUE(step.find("SCAN") == std::string::npos || IsMeant(step)) << sql << '\n' << step;
      const bool sorts = step.find("TEMP B-TREE") != std::string::npos;
      const bool few = sql.find("ended_at IS NULL") != std::string::npos ||
                       sql.find("DELETE FROM tokens") != std::string::npos;
      EXPECT_TRUE(!sorts || few) << sql << '\n' << step;
    }
  }
  EXPECT_GT(statements, 30);
}

TEST_F(SqliteSchema, TheAuditLogIsAppendOnly) {
  Commit({KeepAudit{{}, MakeAuditEntry("First")}});
  for (const char* sql : {"UPDATE audit SET principal = 'other'", "DELETE FROM audit"}) {
    const absl::Status refused = connection_->Execute(sql);
    EXPECT_NE(refused.message().find("append-only"), absl::string_view::npos) << refused;
  }
  EXPECT_EQ((*store_->audit().ListAudit({}))[0].entry, MakeAuditEntry("First"));
}

TEST_F(SqliteSchema, AnAuditLineAddsOnePageToACommit) {
  constexpr std::uintmax_t kFrame = 4096 + 24;  // of the write-ahead log: a page and its header
  const auto grows_by = [&](const std::vector<Change>& changes) {
    const std::string log = folder_.File("lull.db-wal");
    const std::uintmax_t before = std::filesystem::file_size(log);
    Commit(changes);
    return std::filesystem::file_size(log) - before;
  };
  const KeepAudit line{0, MakeAuditEntry("CancelMaintenanceWindowExecution")};
  Commit({CreateWindow{.window = MakeWindow("mw-1")}, TakeEpoch{.owner = "engine"}, line});
  const auto without = grows_by({TakeEpoch{.owner = "engine"}});
  EXPECT_EQ(grows_by({TakeEpoch{.owner = "engine"}, line}), without + kFrame);
}

TEST_F(SqliteSchema, FailuresAreFoundByThePartialIndex) {
  RunQueries queries;
  Preparer prepare(*connection_);
  queries.Prepare(prepare);
  ASSERT_TRUE(prepare.status().ok()) << prepare.status();
  for (sqlite3_stmt* statement = sqlite3_next_stmt(connection_->handle(), nullptr);
       statement != nullptr; statement = sqlite3_next_stmt(connection_->handle(), statement)) {
    const std::string sql = sqlite3_sql(statement);
    if (sql.find("status <> 2") == std::string::npos) continue;
    const auto plan = PlanOf(*connection_, sql);
    ASSERT_EQ(plan.size(), 1u);
    EXPECT_NE(plan[0].find("finishes_not_success"), std::string::npos) << plan[0];
    return;
  }
  FAIL() << "no query of failures";
}

TEST_F(SqliteSchema, ACancelWritesNoIndex) {
  DefinitionWriter definitions;
  RunWriter runs;
  Preparer prepare(*connection_);
  definitions.Prepare(prepare);
  runs.Prepare(prepare, definitions);
  ASSERT_TRUE(prepare.status().ok()) << prepare.status();
  int found = 0;
  for (sqlite3_stmt* statement = sqlite3_next_stmt(connection_->handle(), nullptr);
       statement != nullptr; statement = sqlite3_next_stmt(connection_->handle(), statement)) {
    const std::string sql = sqlite3_sql(statement);
    const bool cancels = sql.find("UPDATE executions SET status") != std::string::npos &&
                         sql.find("ended_at") == std::string::npos;
    const bool ends_pending = sql.find("UPDATE task_executions") != std::string::npos;
    if (!cancels && !ends_pending) continue;
    ++found;
    int index_writes = 0;
    ASSERT_EQ(sqlite3_exec(
                  connection_->handle(), ("EXPLAIN " + sql).c_str(),
                  [](void* writes, int, char** columns, char**) {
                    const std::string opcode = columns[1];
                    if (opcode == "IdxInsert" || opcode == "IdxDelete")
                      ++*static_cast<int*>(writes);
                    return 0;
                  },
                  &index_writes, nullptr),
              SQLITE_OK);
    EXPECT_EQ(index_writes, 0) << sql;
  }
  EXPECT_EQ(found, 3);  // an execution, a task, the tasks that were not started
}

TEST_F(SqliteSchema, TheSummaryOfATaskEqualsInvocationStatus) {
  std::int64_t key = 0;
  for (int closed_by = 0; closed_by <= static_cast<int>(ClosedBy::kFailed); ++closed_by) {
    for (const bool stop_requested : {false, true}) {
      ++key;
      OpenExecution open{.execution = MakeExecution(key, "mw-" + std::to_string(key)),
                         .tasks = {MakeTaskExecution(key, key, 10)}};
      TaskProgress& progress = open.tasks[0].progress;
      progress.status = Status::kInProgress;
      progress.closed_by = static_cast<ClosedBy>(closed_by);
      progress.stop_requested = stop_requested;
      progress.next = 6;
      progress.succeeded = 1;
      progress.failed = 1;
      progress.undelivered = 1;
      Commit({open});
      Statement summary;
      ASSERT_TRUE(
          summary
              .Prepare(*connection_, "SELECT * FROM task_summaries WHERE task_execution = $id",
                       "id",
                       "queued queued_status in_flight in_flight_status status failed undelivered")
              .ok());
      std::int64_t queued = 0, in_flight = 0, failed = 0, undelivered = 0;
      std::string queued_status, in_flight_status, status;
      Rows rows = summary.Select(open.tasks[0].spec->id);
      ASSERT_TRUE(rows.Next());
      rows.Read(queued, queued_status, in_flight, in_flight_status, status, failed, undelivered);
      EXPECT_EQ(failed, 1);
      EXPECT_EQ(undelivered, 1);
      EXPECT_EQ(queued, 4);
      EXPECT_EQ(in_flight, 4);
      EXPECT_EQ(status, "IN_PROGRESS");
      InvocationFacts facts{.stop_requested = stop_requested, .closed_by = progress.closed_by};
      EXPECT_EQ(queued_status, Name(InvocationStatus(facts)));
      facts.claimed = true;
      EXPECT_EQ(in_flight_status, Name(InvocationStatus(facts)));
    }
  }
}

TEST_F(SqliteSchema, TheNamesOfStatusesAreTheModels) {
  Statement names;
  ASSERT_TRUE(
      names.Prepare(*connection_, "SELECT * FROM status_names ORDER BY status", "", "status name")
          .ok());
  Rows rows = names.Select();
  for (const Status status : kAllStatuses) {
    std::int64_t number = -1;
    std::string name;
    ASSERT_TRUE(rows.Next());
    rows.Read(number, name);
    EXPECT_EQ(number, static_cast<std::int64_t>(status));
    EXPECT_EQ(name, Name(status));
  }
  EXPECT_FALSE(rows.Next());
}

TEST_F(SqliteSchema, FinishedInvocationsAreShownByTaskAndOrdinal) {
  OpenExecution open{.execution = MakeExecution(1, "mw-1"), .tasks = {MakeTaskExecution(5, 1, 9)}};
  Commit({open});
  Advance advance{.execution = ExecutionKey{1}, .expected_status = Status::kPending};
  TaskProgress progress = open.tasks[0].progress;
  progress.status = Status::kInProgress;
  progress.next = 8;
  progress.failed = 1;
  advance.tasks = {
      {.task = TaskKey{5}, .progress = progress, .finishes = {MakeFinish(7, Status::kFailed)}}};
  Commit({advance});
  Statement finished;
  ASSERT_TRUE(finished
                  .Prepare(*connection_, "SELECT * FROM finished_invocations", "",
                           "task_execution ordinal status exit_code")
                  .ok());
  Rows rows = finished.Select();
  ASSERT_TRUE(rows.Next());
  std::string task, status;
  std::int64_t ordinal = 0, exit_code = 0;
  rows.Read(task, ordinal, status, exit_code);
  EXPECT_EQ(task, "task-execution-5");
  EXPECT_EQ(ordinal, 7);
  EXPECT_EQ(status, "FAILED");
  EXPECT_EQ(exit_code, 3);
  EXPECT_FALSE(rows.Next());
}

TEST_F(SqliteSchema, RowsThatCannotBeAreRefusedBySqlToo) {
  Commit({OpenExecution{.execution = MakeExecution(1, "mw-1"),
                        .tasks = {MakeTaskExecution(1, 1, 10)}}});
  for (const char* sql : {
           "UPDATE executions SET status = 2",            // final without its end
           "UPDATE executions SET status = 9",            // no status
           "UPDATE executions SET cancel_policy = 0",     // half a cancel
           "UPDATE task_executions SET next = 11",        // beyond count
           "UPDATE task_executions SET low = 1",          // beyond next
           "UPDATE task_executions SET succeeded = 1",    // finished, not claimed
           "UPDATE task_executions SET undelivered = 1",  // and did not fail
           "UPDATE task_executions SET reason = 16",      // no reason
           "UPDATE task_specs SET only_associated = 2",
           "INSERT INTO snapshot_chunks VALUES (1, x'', NULL, NULL, 2, 0)",  // no type
           "INSERT INTO snapshot_chunks VALUES (1, x'', NULL, NULL, 0, 2)",  // no packing
           "UPDATE task_executions SET status = 6",                // final without its end
           "UPDATE task_executions SET status = 6, ended_at = 1",  // ended, keeps its room
           "UPDATE task_executions SET next = 1, status = 6, ended_at = 1, room = NULL",  // final,
                                                                                          // in
                                                                                          // flight
           "INSERT INTO finishes VALUES (1, 1, 1, 1, 1, '')",  // finished IN_PROGRESS
           "INSERT INTO window_targets VALUES (1, 'a', 'mw-9', 0, x'', NULL, NULL, NULL, 1)",
           "INSERT INTO engine VALUES (2, 1, '')",
       }) {
    ASSERT_TRUE(connection_->Execute("PRAGMA foreign_keys = ON").ok());
    EXPECT_TRUE(absl::IsInternal(connection_->Execute(sql))) << sql;
  }
}

}  // namespace
}  // namespace lull::storage
