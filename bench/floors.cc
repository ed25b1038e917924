#include "bench/floors.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>

#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::bench {
namespace {

constexpr int kWarmUps = 300;
constexpr std::int64_t kRows = 1000;
constexpr std::int64_t kTransactionRows = 500;
constexpr std::int64_t kSomeInstant = 1'790'000'000'000'000;

}  // namespace

Floor::Floor(const std::string& path)
    : synced_(open((path + "-synced").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  LULL_CHECK(synced_ >= 0);
  SyncOne();
  LULL_CHECK(storage::SqliteStore::Open({.path = path}).ok());  // the schema; closed at once
  LULL_CHECK(sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                             nullptr) == SQLITE_OK);
  Execute("PRAGMA journal_mode = WAL");
  Execute("PRAGMA synchronous = FULL");
  Execute("PRAGMA foreign_keys = ON");
  Execute("PRAGMA temp_store = MEMORY");
  sqlite3_wal_autocheckpoint(database_, storage::SqliteOptions{}.autocheckpoint_pages);
  begin_ = Prepare("BEGIN IMMEDIATE");
  commit_ = Prepare("COMMIT");
  update_one_ = Prepare("UPDATE engine SET epoch = epoch + 1 WHERE id = 1");
  update_row_ = Prepare("UPDATE status_names SET name = ?2 WHERE status = ?1");
  insert_ = Prepare(
      "INSERT INTO finishes (key, status, started_at, ended_at, exit_code, detail) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  Execute(
      "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1099) "
      "INSERT INTO status_names SELECT i, 'a row of some twenty' FROM n");
  for (int i = 0; i < kWarmUps; ++i) CommitOne();
}

Floor::~Floor() {
  for (sqlite3_stmt* statement : {begin_, commit_, update_one_, update_row_, insert_}) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(database_);
  close(synced_);
}

double Floor::SyncOne() {
  static constexpr std::array<char, 4096> kPage{};
  const Instant start = Now();
  LULL_CHECK(pwrite(synced_, kPage.data(), kPage.size(), 0) == static_cast<ssize_t>(kPage.size()));
  LULL_CHECK(fdatasync(synced_) == 0);
  return SecondsSince(start);
}

double Floor::CommitOne() {
  const Instant start = Now();
  Step(begin_);
  ChangeOne(update_one_);
  Step(commit_);
  return SecondsSince(start);
}

void Floor::CommitOften(int count, std::vector<double>& seconds) {
  for (int i = 0; i < count; ++i) seconds.push_back(CommitOne());
}

double Floor::UpdateRows(std::int64_t rows) {
  const Instant start = Now();
  for (std::int64_t i = 0; i < rows; ++i) {
    if (i % kTransactionRows == 0) Step(begin_);
    // Another value each time: SQLite writes nothing where nothing changes.
    const bool odd = updates_++ / kRows % 2 != 0;
    sqlite3_bind_int64(update_row_, 1, 100 + i % kRows);
    sqlite3_bind_text(update_row_, 2, odd ? "a row of some twenty" : "a row of some thirty", -1,
                      SQLITE_STATIC);
    ChangeOne(update_row_);
    if ((i + 1) % kTransactionRows == 0) Step(commit_);
  }
  if (rows % kTransactionRows != 0) Step(commit_);
  return static_cast<double>(rows) / SecondsSince(start);
}

double Floor::InsertFinishes(std::int64_t rows) {
  const Instant start = Now();
  for (std::int64_t i = 0; i < rows; ++i) {
    if (i % kTransactionRows == 0) Step(begin_);
    sqlite3_bind_int64(insert_, 1, key_++);
    sqlite3_bind_int64(insert_, 2, 2);  // SUCCESS
    sqlite3_bind_int64(insert_, 3, kSomeInstant + i);
    sqlite3_bind_int64(insert_, 4, kSomeInstant + i + 1);
    sqlite3_bind_null(insert_, 5);
    sqlite3_bind_text(insert_, 6, "", 0, SQLITE_STATIC);
    ChangeOne(insert_);
    if ((i + 1) % kTransactionRows == 0) Step(commit_);
  }
  if (rows % kTransactionRows != 0) Step(commit_);
  return static_cast<double>(rows) / SecondsSince(start);
}

void Floor::Execute(const char* sql) {
  LULL_CHECK(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

sqlite3_stmt* Floor::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  LULL_CHECK(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                                nullptr) == SQLITE_OK);
  return statement;
}

void Floor::Step(sqlite3_stmt* statement) {
  LULL_CHECK(sqlite3_step(statement) == SQLITE_DONE);
  sqlite3_reset(statement);
}

void Floor::ChangeOne(sqlite3_stmt* statement) {
  Step(statement);
  LULL_CHECK(sqlite3_changes(database_) == 1);
}

}  // namespace lull::bench
