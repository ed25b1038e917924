// What SQLite, the schema and statements of SQL say about a store as a whole.
#include <sqlite3.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/model/states.h"
#include "storage/sqlite/check_session.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {
namespace {

constexpr char kDamaged[] =
    "the disk, or another program, has changed pages of the file: any row may be wrong";
constexpr char kNoTrust[] = "rows that belong together contradict each other";

/// A schema's entries: (type, name) and the SQL that made it.
using Schema = std::map<std::pair<std::string, std::string>, std::string>;

absl::StatusOr<Schema> ReadSchema(Connection& connection) {
  Schema schema;
  Statement entries;
  LULL_RETURN_IF_ERROR(
      entries.Prepare(connection,
                      "SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema "
                      "WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'",
                      "", "type name sql"));
  Rows rows = entries.Select();
  while (rows.Next()) {
    std::string type, name, sql;
    rows.Read(type, name, sql);
    schema[{type, name}] = sql;
  }
  if (!rows.status().ok()) return rows.status();
  return schema;
}

/// What the migrations up to `version` make.
absl::StatusOr<Schema> MakeSchema(int version) {
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> memory,
                        Connection::Open({.path = ":memory:", .busy_timeout = {}}));
  LULL_RETURN_IF_ERROR(Migrate(*memory, version));
  return ReadSchema(*memory);
}

/// The same; that of the newest version, which takes longer than the check of a small store, once.
absl::StatusOr<Schema> ExpectedSchema(int version) {
  if (version != NewestSchemaVersion()) return MakeSchema(version);
  static Mutex mutex;
  static std::optional<Schema> newest;
  MutexLock lock(mutex);
  if (!newest) {
    LULL_ASSIGN_OR_RETURN(newest, MakeSchema(version));
  }
  return *newest;
}

/// A rule between rows: a statement that gives what breaks it.
struct Rule {
  const char* table;
  const char* sql;  ///< columns `row` and `what`
  const char* means;
};

constexpr char kKeysAgain[] = "a key could be given out a second time, to something else";

constexpr Rule kRules[] = {
    {"engine",
     "SELECT count(*) AS row, 'there must be one row' AS what FROM engine HAVING count(*) <> 1",
     "an engine can't open this store"},
    {"engine",
     "SELECT 1 AS row, 'it counts ' || windows || ' windows, and there are ' || "
     "(SELECT count(*) FROM windows) AS what FROM engine "
     "WHERE windows <> (SELECT count(*) FROM windows)",
     "the limit of windows is applied wrongly"},
    {"executions",
     "SELECT key || ' (' || id || ')' AS row, 'its epoch, ' || epoch || ', is later than the "
     "engine''s' AS what FROM executions WHERE epoch > (SELECT max(epoch) FROM engine)",
     "the engine would take itself for one that another has replaced"},
    {"executions",
     "SELECT window AS row, count(*) || ' executions of this window are active' AS what "
     "FROM executions NOT INDEXED WHERE ended_at IS NULL GROUP BY window HAVING count(*) > 1",
     "work of one window runs twice at the same time"},
    {"executions",
     "SELECT window || ' at ' || start_at AS row, count(*) || ' executions of one occurrence' AS "
     "what "
     "FROM executions NOT INDEXED WHERE missed = 0 GROUP BY window, start_at HAVING count(*) > 1",
     "an occurrence was opened twice"},
    {"executions",
     "SELECT key || ' (' || id || ')' AS row, 'it is being pruned, and has not ended' AS what "
     "FROM executions WHERE pruning = 1 AND ended_at IS NULL",
     "nobody finds it, and its window does not open"},
    {"task_executions",
     "SELECT key AS row, 'it has no row in task_specs' AS what FROM task_executions "
     "WHERE key NOT IN (SELECT key FROM task_specs)",
     "the API does not show this task, and its execution never ends"},
    {"task_executions",
     "SELECT key AS row, 'its execution, ' || execution || ', is not there' AS what "
     "FROM task_executions WHERE execution NOT IN (SELECT key FROM executions)",
     "the API does not show this task"},
    {"finishes",
     "SELECT key >> 28 AS row, count(*) || ' outcomes of a task execution that is not there' AS "
     "what "
     "FROM finishes WHERE key >> 28 NOT IN (SELECT key FROM task_executions) GROUP BY key >> 28",
     "outcomes are kept that nothing shows and nothing removes"},
    {"pruned_keys",
     "SELECT count(*) AS row, 'there must be one row' AS what FROM pruned_keys HAVING count(*) <> "
     "1",
     kKeysAgain},
    {"windows",
     "SELECT max(position) AS row, 'it is beyond the last one given out' AS what FROM windows "
     "HAVING max(position) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'windows'), 0)",
     kKeysAgain},
    {"nodes",
     "SELECT max(position) AS row, 'it is beyond the last one given out' AS what FROM nodes "
     "HAVING max(position) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'nodes'), 0)",
     kKeysAgain},
    {"outbox",
     "SELECT max(seq) AS row, 'it is beyond the last one given out' AS what FROM outbox "
     "HAVING max(seq) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)",
     "an event could be taken for another that was sent"},
    {"audit",
     "SELECT max(seq) AS row, 'of lines up to this one ' || (max(seq) - count(*)) || "
     "' are missing' AS what FROM audit HAVING max(seq) <> count(*)",
     "somebody removed lines, or a part of the file is lost"},
    {"node_tags",
     "SELECT position AS row, 'a tag, ' || quote(key) || ', of a node that is not there' AS what "
     "FROM node_tags WHERE position NOT IN (SELECT position FROM nodes)",
     "a task can be aimed at a node that does not exist"},
};

/// How integrity_check tells that it had no memory to read a page: as if that were damaged.
constexpr char kNoMemory[] = "error code=7";
static_assert(SQLITE_NOMEM == 7);

absl::Status Apply(CheckSession& session, const Rule& rule) {
  Statement statement;
  const std::string sql =
      absl::StrCat("SELECT CAST(row AS TEXT) AS row, what FROM (", rule.sql, ")");
  absl::Status status = statement.Prepare(session.connection(), sql.c_str(), "", "row what");
  if (status.ok()) {
    Rows rows = statement.Select();
    while (rows.Next()) {
      std::string row, what;
      rows.Read(row, what);
      session.Add({rule.table, row, what, rule.means});
    }
    status = rows.status();
  }
  return session.AddUnreadable(rule.table, "", status);
}

/// The names that operators read are those of the program.
absl::Status CheckStatusNames(CheckSession& session) {
  Statement names;
  absl::Status status = names.Prepare(session.connection(), "SELECT status, name FROM status_names",
                                      "", "status name");
  std::map<std::int64_t, std::string> found;
  if (status.ok()) {
    Rows rows = names.Select();
    while (rows.Next()) {
      std::int64_t number = 0;
      std::string name;
      rows.Read(number, name);
      found[number] = name;
    }
    status = rows.status();
  }
  LULL_RETURN_IF_ERROR(session.AddUnreadable("status_names", "", status));
  std::map<std::int64_t, std::string> expected;
  for (const Status one : kAllStatuses) expected[static_cast<int>(one)] = std::string(Name(one));
  if (status.ok() && found != expected) {
    session.Add({"status_names", "", "they are not the statuses' names",
                 "the views finished_invocations and task_summaries lie"});
  }
  return absl::OkStatus();
}

/// All rows of one table. Returns how many there are.
absl::StatusOr<std::int64_t> CheckTextsOf(CheckSession& session, const std::string& table) {
  sqlite3_stmt* statement = nullptr;
  Connection& connection = session.connection();
  int code = sqlite3_prepare_v2(connection.handle(), absl::StrCat("SELECT * FROM ", table).c_str(),
                                -1, &statement, nullptr);
  if (code != SQLITE_OK) return connection.Error(code);
  std::int64_t count = 0;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    ++count;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      if (sqlite3_column_type(statement, i) != SQLITE_TEXT) continue;
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
      if (text != nullptr && CountCodePoints({text, size}).has_value()) continue;
      session.Add({table, absl::StrCat("the ", count, ". row"),
                   absl::StrCat("its ", sqlite3_column_name(statement, i), " is not UTF-8"),
                   "the API can't show it"});
    }
  }
  const absl::Status error = code == SQLITE_DONE ? absl::OkStatus() : connection.Error(code);
  sqlite3_finalize(statement);
  if (!error.ok()) return error;
  return count;
}

}  // namespace

absl::Status CheckPages(CheckSession& session) {
  session.Begin("pages (SQLite's integrity_check)");
  const std::array checks = {
      std::pair("PRAGMA integrity_check", "integrity_check"),
      std::pair(
          "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' names no row of ' || parent "
          "AS foreign_key_check FROM pragma_foreign_key_check",
          "foreign_key_check")};
  for (const auto& [sql, column] : checks) {
    Statement statement;
    absl::Status status = statement.Prepare(session.connection(), sql, "", column);
    if (status.ok()) {
      Rows rows = statement.Select();
      while (rows.Next()) {
        std::string text;
        rows.Read(text);
        if (text.ends_with(kNoMemory)) return session.connection().Error(SQLITE_NOMEM);
        if (text != "ok") session.Add({"lull.db", column, text, kDamaged});
      }
      status = rows.status();
    }
    LULL_RETURN_IF_ERROR(session.AddUnreadable("lull.db", column, status));
  }
  LULL_ASSIGN_OR_RETURN(const std::int64_t pages,
                        session.connection().QueryNumber("PRAGMA page_count"));
  session.Looked("pages, by SQLite", pages, "page");
  return absl::OkStatus();
}

absl::Status CheckSchema(CheckSession& session, int version) {
  session.Begin("the schema");
  LULL_ASSIGN_OR_RETURN(const Schema expected, ExpectedSchema(version));
  auto found = ReadSchema(session.connection());
  if (!found.ok()) return session.AddUnreadable("sqlite_schema", "", found.status());
  const char* means = "queries and guards may not do what Lull relies on";
  for (const auto& [name, sql] : expected) {
    const auto there = found->find(name);
    const std::string what = there == found->end() ? "is missing"
                             : there->second != sql
                                 ? "is not what this version makes: " + there->second
                                 : "";
    if (!what.empty()) session.Add({"sqlite_schema", name.first + " " + name.second, what, means});
  }
  for (const auto& [name, sql] : *found) {
    if (expected.count(name) != 0) continue;
    session.Add({"sqlite_schema", name.first + " " + name.second, "is not Lull's: " + sql, means});
  }
  session.Looked(absl::StrCat("schema, version ", version),
                 static_cast<std::int64_t>(expected.size()), "item");
  return absl::OkStatus();
}

absl::Status CheckTexts(CheckSession& session) {
  auto schema = ReadSchema(session.connection());
  if (!schema.ok()) return session.AddUnreadable("sqlite_schema", "", schema.status());
  for (const auto& [name, sql] : *schema) {
    if (name.first != "table" || name.second.starts_with("sqlite_")) continue;
    session.Begin("rows of " + name.second);
    const auto count = CheckTextsOf(session, name.second);
    LULL_RETURN_IF_ERROR(session.AddUnreadable(name.second, "", count.status()));
    if (count.ok()) session.Looked(name.second, *count, "row");
  }
  return absl::OkStatus();
}

absl::Status CheckTables(CheckSession& session) {
  for (const Rule& rule : kRules) {
    session.Begin(absl::StrCat("what must hold of ", rule.table));
    LULL_RETURN_IF_ERROR(Apply(session, rule));
  }
  LULL_RETURN_IF_ERROR(CheckStatusNames(session));
  session.Looked("rules between tables", std::size(kRules) + 1, "rule");
  return absl::OkStatus();
}

}  // namespace lull::storage
