// What a check of a store finds: nothing in what an engine stores, and each row that can't be.

#include "storage/sqlite/check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"
#include "tests/support/small_store.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

class CheckTest : public testing::Test {
 protected:
  std::string path() const { return folder_.File("lull.db"); }

  void Store() const { MakeSmallStore(path()); }

  /// Writes as nobody may: no constraint is looked at.
  void Spoil(const std::string& sql) const {
    auto connection = *Connection::Open({.path = path()});
    ASSERT_TRUE(connection->Execute("PRAGMA ignore_check_constraints = ON").ok());
    const absl::Status done = connection->Execute(sql.c_str());
    ASSERT_TRUE(done.ok()) << sql << ": " << done;
  }

  /// Of a store of that content, spoilt so, what is active can't be read.
  void ExpectActiveRefused(const std::string& whole, const std::string& sql) const {
    std::ofstream(path(), std::ios::binary) << whole;
    Spoil(sql);
    const auto store = SqliteStore::Open({.path = path(), .access = StoreAccess::kReadOnly});
    ASSERT_TRUE(store.ok()) << sql << store.status();
    const auto active = (*store)->runs().LoadActive();
    EXPECT_EQ(active.status().code(), absl::StatusCode::kInternal) << sql;
    EXPECT_NE(active.status().message().find("damaged"), std::string::npos) << active.status();
  }

  std::string Content(const std::string& of) const {
    std::ifstream file(of, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::vector<std::string> Flaws() const {
    const auto report = CheckDatabase({.path = path()});
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> flaws;
    if (!report.ok()) return flaws;
    for (const Flaw& flaw : report->flaws) {
      flaws.push_back(flaw.table + " " + flaw.row + ": " + flaw.what);
    }
    return flaws;
  }

  TempFolder folder_;
};

TEST_F(CheckTest, NothingIsWrongWithWhatAnEngineStores) {
  Store();
  EXPECT_EQ(Flaws(), std::vector<std::string>());
  const auto report = *CheckDatabase({.path = path()});
  const auto count = [&](const std::string& at) {
    for (const auto& looked : report.looked) {
      if (looked.at == at) return looked.count;
    }
    return std::int64_t{-1};
  };
  EXPECT_EQ(count("windows"), 1);
  EXPECT_EQ(count("finishes"), 2);
  EXPECT_EQ(count("rules of tasks"), 2);
  EXPECT_EQ(count("rules of invocations"), 2);
  EXPECT_EQ(count("snapshots"), 10);
}

TEST_F(CheckTest, AStoreThatAnEngineHasOpenIsReadAsItIs) {
  Store();
  auto store = *SqliteStore::Open({.path = path()});
  ASSERT_TRUE(store->Commit({CreateWindow{.window = MakeWindow("mw-2")}}).ok());
  const std::string log = Content(path() + "-wal");
  ASSERT_FALSE(log.empty());
  const std::string database = Content(path());
  EXPECT_EQ(Flaws(), std::vector<std::string>());
  EXPECT_EQ(Content(path()), database);
  EXPECT_EQ(Content(path() + "-wal"), log);
}

TEST_F(CheckTest, OfAStoppedStoreNothingIsChangedAndNoFileIsLeft) {
  Store();
  const std::string before = Content(path());
  EXPECT_EQ(Flaws(), std::vector<std::string>());
  EXPECT_EQ(Content(path()), before);
  EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path() + "-shm"));
}

TEST_F(CheckTest, AStoppedStoreIsReadWhateverItsNameIs) {
  const std::string odd = folder_.File("a%20b?mode=rwc#c.db");
  MakeSmallStore(odd);
  const auto report = CheckDatabase({.path = odd});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->flaws.empty());
}

TEST_F(CheckTest, MoreThanAPageOfRowsIsLookedAt) {
  constexpr int kRows = 1001;  // a page is 1000
  {
    const auto store = *SqliteStore::Open({.path = path()});
    std::vector<Change> windows;
    std::vector<Change> nodes;  // each of its own: a change takes fewer than a page
    for (int i = 0; i < kRows; ++i) {
      windows.push_back(
          CreateWindow{.window = MakeWindow("mw-" + std::to_string(i)), .limit = kRows});
      Node node{.id = "n-" + std::to_string(i)};
      if (i + 1 == kRows) node.tags = {{"last", "one"}};
      nodes.push_back(PutNodes{.origin = "local", .reading = 1, .nodes = {node}});
    }
    ASSERT_TRUE(store->Commit(windows).ok());
    ASSERT_TRUE(store->Commit(nodes).ok());
  }
  EXPECT_EQ(Flaws(), std::vector<std::string>());
  Spoil("DELETE FROM node_tags");
  ASSERT_EQ(Flaws().size(), 1U);
  EXPECT_NE(Flaws()[0].find("n-1000"), std::string::npos) << Flaws()[0];
}

TEST_F(CheckTest, AnOlderSchemaIsComparedWithItsOwn) {
  std::ofstream(path()).flush();
  {
    const auto connection = *Connection::Open({.path = path()});
    ASSERT_TRUE(ConfigureWriter(*connection, 200).ok());
    ASSERT_TRUE(Migrate(*connection, 1).ok());
  }
  EXPECT_EQ(Flaws(), std::vector<std::string>());
  Spoil("DROP INDEX executions_active");
  ASSERT_EQ(Flaws().size(), 1U);
  EXPECT_NE(Flaws()[0].find("executions_active: is missing"), std::string::npos) << Flaws()[0];
}

TEST_F(CheckTest, EachRowThatCannotBeIsFound) {
  const std::pair<const char*, const char*> cases[] = {
      // SQL that spoils, and words of the finding.
      {"UPDATE task_executions SET low = 5 WHERE key = 1", "its cursor is out of order"},
      {"UPDATE task_executions SET next = 6 WHERE key = 1", "its cursor is out of order"},
      {"UPDATE task_executions SET first = -1 WHERE key = 1", "its cursor is out of order"},
      {"UPDATE task_executions SET stragglers = x'03' WHERE key = 1", "do not ascend below low"},
      {"UPDATE task_executions SET stragglers = x'00' WHERE key = 1",
       "the task lists it as in flight"},
      {"UPDATE task_executions SET stragglers = x'' WHERE key = 1", "below low = 3 it has 2 rows"},
      {"UPDATE task_executions SET stragglers = x'FF' WHERE key = 1", "can't be read"},
      {"UPDATE task_executions SET succeeded = 2 WHERE key = 1", "it counts 2 SUCCESS and has 1"},
      {"UPDATE task_executions SET undelivered = 2 WHERE key = 1", "a counter can't be"},
      {"UPDATE task_executions SET timed_out = 4 WHERE key = 1", "are finished and only 4 claimed"},
      {"UPDATE task_executions SET concurrency_limit = 1 WHERE key = 1", "MaxConcurrency allows 1"},
      {"UPDATE task_executions SET error_limit = 0 WHERE key = 1", "are past MaxErrors"},
      {"UPDATE task_executions SET closed_by = 3 WHERE key = 1", "closed by MaxErrors"},
      {"UPDATE task_executions SET status = 7 WHERE key = 1", "task_executions"},
      {"UPDATE task_executions SET status = 5 WHERE key = 1", "no cancel has closed it"},
      {"UPDATE task_executions SET status = 2 WHERE key = 1", "it is SUCCESS with 2 in flight"},
      {"UPDATE task_executions SET status = 2 WHERE key = 2", "without an end"},
      {"UPDATE task_executions SET status = 2, ended_at = 9 WHERE key = 2",
       "5 queued, and nothing has closed it"},
      {"UPDATE task_executions SET status = 2, ended_at = 9, closed_by = 1 WHERE key = 2",
       "its closer makes it CANCELLED"},
      {"UPDATE task_executions SET next = 1 WHERE key = 2", "it is PENDING and has started"},
      {"UPDATE task_executions SET status = 1, started_at = 1 WHERE key = 2",
       "it has started, with priority 8, before one with priority 7"},
      {"UPDATE task_executions SET started_at = 9000000000000000 WHERE key = 1",
       "at or after the cutoff"},
      {"UPDATE task_executions SET status = 99 WHERE key = 1", "can't be read"},
      {"UPDATE finishes SET key = (1 << 28) + 4 WHERE key = (1 << 28) + 2", "was never claimed"},
      {"UPDATE finishes SET status = 6 WHERE key = (1 << 28) + 2", "nobody asked to stop it"},
      {"UPDATE finishes SET status = 1 WHERE key = (1 << 28) + 2", "its outcome is IN_PROGRESS"},
      {"DELETE FROM finishes WHERE key = (1 << 28) + 2", "it counts 1 FAILED and has 0"},
      {"INSERT INTO finishes SELECT (9 << 28), status, started_at, ended_at, exit_code, detail "
       "FROM finishes WHERE key = 1 << 28",
       "outcomes of a task execution that is not there"},
      {"UPDATE executions SET status = 5", "without a request to cancel it"},
      {"UPDATE executions SET status = 2, ended_at = 5", "not all of its 2 tasks have ended"},
      {"UPDATE executions SET ended_at = 5", "it is IN_PROGRESS with an end"},
      {"UPDATE executions SET cutoff_at = end_at + 1", "its cutoff is after its end"},
      {"UPDATE executions SET pruning = 1", "it is being pruned, and has not ended"},
      {"UPDATE executions SET epoch = 2", "is later than the engine's"},
      {"UPDATE engine SET windows = 7", "it counts 7 windows, and there are 1"},
      {"DELETE FROM engine", "there must be one row"},
      {"DELETE FROM pruned_keys", "there must be one row"},
      {"DELETE FROM snapshot_chunks WHERE key = (1 << 28)", "target 0 of snapshot 1 is missing"},
      {"UPDATE snapshot_chunks SET key = key + 1 WHERE key = (1 << 28) + 3",
       "target 3 of snapshot 1 is missing"},
      {"UPDATE snapshot_chunks SET nodes = x'09' WHERE key = (1 << 28)", "can't be read"},
      {"UPDATE task_specs SET snapshot = 0 WHERE key = 2", "the snapshot's key can't be"},
      {"PRAGMA foreign_keys = OFF; DELETE FROM task_specs WHERE key = 2",
       "it has no row in task_specs"},
      {"PRAGMA foreign_keys = OFF; UPDATE task_executions SET execution = 3 WHERE key = 2",
       "names no row of executions"},
      {"UPDATE window_tasks SET targets = x'FF'", "can't be read"},
      {"UPDATE window_targets SET selectors = x'FF'", "can't be read"},
      {"UPDATE windows SET tags = x'FF'", "can't be read"},
      {"UPDATE windows SET name = CAST(x'C328' AS TEXT)", "its name is not UTF-8"},
      {"UPDATE sqlite_sequence SET seq = 0 WHERE name = 'nodes'", "beyond the last one given out"},
      {"DELETE FROM node_tags WHERE key = 'role' AND position = 1", "its tag role is missing"},
      {"UPDATE node_tags SET node = 'other' WHERE key = 'role' AND position = 1",
       "its tag role is missing"},
      {"INSERT INTO node_tags VALUES ('a', 'b', 1, 'n')", "there are 5 tags, and nodes show 4"},
      {"INSERT INTO node_tags VALUES ('a', 'b', 9, 'n')", "of a node that is not there"},
      {"UPDATE status_names SET name = 'DONE' WHERE status = 2", "not the statuses' names"},
      {"DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE seq = 1",
       "lines up to this one 1 are missing"},
      {"DROP INDEX executions_active", "index executions_active: is missing"},
      {"CREATE TABLE mine (a)", "table mine: is not Lull's"},
      {"DROP VIEW task_summaries; CREATE VIEW task_summaries AS SELECT 1",
       "view task_summaries: is not what this version makes"},
  };
  Store();
  const std::string whole = Content(path());
  for (const auto& [sql, words] : cases) {
    std::ofstream(path(), std::ios::binary) << whole;
    Spoil(sql);
    std::string all;
    for (const std::string& flaw : Flaws()) all += flaw + "\n";
    EXPECT_NE(all.find(words), std::string::npos) << sql << "\nfound:\n" << all;
  }
}

/// What a store on the file tells, or why it does not open.
std::string Told(const std::string& path) {
  const auto store = SqliteStore::Open({.path = path});
  if (store.ok()) return DescribeAll(**store);
  EXPECT_NE(store.status().message().find("lull.db"), std::string::npos) << store.status();
  return "";
}

TEST_F(CheckTest, AFlippedBitIsRefusedOrFoundOrAnErrorOrHarmlessOrAValue) {
  Store();
  const std::string whole = Content(path());
  const std::string expected = Told(path());
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << std::endl;  // at once: a crash says nothing more
  std::mt19937 random(seed);
  std::map<std::string, int> outcomes;
  constexpr int kFlips = 120;
  for (int i = 0; i < kFlips; ++i) {
    // The first page is the header and the schema; most others are mostly empty at their start.
    const std::size_t page = i % 4 == 0 ? 0 : random() % (whole.size() / 4096);
    const std::size_t in_page = i % 3 == 0 ? random() % 64 : 4095 - random() % 1024;
    const std::size_t at = page * 4096 + in_page;
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    for (const char* suffix : {"-wal", "-shm", "-witness"}) {
      std::filesystem::remove(path() + suffix);
    }
    std::ofstream(path(), std::ios::binary) << damaged;
    const auto report = CheckDatabase({.path = path()});
    const bool found = !report.ok() || !report->flaws.empty();
    const std::string told = Told(path());
    if (told.empty()) {
      ++outcomes["refused"];
    } else if (told == expected) {
      ++outcomes[found ? "found" : "harmless"];
    } else if (found) {
      ++outcomes["read otherwise or an error, and found"];
    } else {
      // SQLite has no checksums of pages: a byte inside a value is that value. No row is gone.
      ++outcomes["another value"];
      EXPECT_EQ(std::count(told.begin(), told.end(), '\n'),
                std::count(expected.begin(), expected.end(), '\n'))
          << "byte " << at << "\n"
          << told << "\n"
          << expected;
    }
  }
  for (const auto& [outcome, count] : outcomes) std::cout << " " << count << " " << outcome << ";";
  std::cout << std::endl;
}

TEST_F(CheckTest, AnEngineTakesNoMemoryByTheCountsOfADamagedRow) {
  Store();
  const std::string whole = Content(path());
  const std::string huge = std::to_string(kMaxTargetsPerTask);
  for (const std::string& set :
       {"next = " + huge, "next = " + huge + ", count = " + huge,
        "next = " + huge + ", count = " + huge + ", succeeded = " + huge + " - 2",
        std::string("low = 5"), std::string("timed_out = 4"),
        std::string("succeeded = 9223372036854775807"),
        std::string("low = -9223372036854775807 - 1")}) {
    ExpectActiveRefused(whole, "UPDATE task_executions SET " + set + " WHERE key = 1");
  }
}

TEST_F(CheckTest, CountsThatAgreeWithEachOtherAndNotWithTheSnapshotAreRefused) {
  Store();
  const std::string whole = Content(path());
  const std::string huge = std::to_string(kMaxTargetsPerTask);
  const std::string spoil = "UPDATE task_executions SET next = " + huge + ", count = " + huge +
                            ", concurrency_limit = " + huge;
  for (const std::string& sql :
       {spoil + " WHERE key = 1", spoil + ", first = 2 WHERE key = 1",
        spoil + ", first = -1 WHERE key = 1", spoil + ", low = 5 WHERE key = 1",
        spoil + " WHERE key = 1; UPDATE task_specs SET snapshot = 2 WHERE key = 1",
        spoil + " WHERE key = 1; UPDATE task_specs SET snapshot = -1 WHERE key = 1",
        spoil + " WHERE key = 1; UPDATE snapshot_chunks SET key = key + 70000 WHERE key > 1 << 28",
        // The same that can be, if a store had as many targets.
        std::string("UPDATE task_executions SET next = 70000, count = 70000, concurrency_limit = "
                    "70000 WHERE key = 1")}) {
    ExpectActiveRefused(whole, sql);
  }
}

TEST_F(CheckTest, WhatIsFoundHasABound) {
  Store();
  std::string sql;
  for (int i = 0; i < 150; ++i) {
    sql += "INSERT INTO node_tags VALUES ('a', '" + std::to_string(i) + "', 99, 'n');";
  }
  Spoil(sql);
  const auto report = *CheckDatabase({.path = path()});
  EXPECT_EQ(report.flaws.size(), kMaxFlaws) << report.flaws.front().what;
  EXPECT_EQ(report.more, 151 - static_cast<std::int64_t>(kMaxFlaws));
}

TEST_F(CheckTest, WhatIsNoStoreIsRefused) {
  EXPECT_EQ(CheckDatabase({.path = path()}).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(path()) << "not a database, whatever its name says";
  EXPECT_EQ(CheckDatabase({.path = path()}).status().code(), absl::StatusCode::kInternal);
  std::filesystem::remove(path());
  std::ofstream(path()).flush();
  Spoil("CREATE TABLE theirs (a)");
  EXPECT_EQ(CheckDatabase({.path = path()}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(CheckTest, WhatIsInFlightOfASnapshotThatHasItIsReadHoweverMuchItIs) {
  Store();
  // 100 names of a byte a chunk, from the first target on.
  Spoil(
      "DELETE FROM snapshot_chunks; WITH RECURSIVE chunk(n) AS (SELECT 0 UNION ALL SELECT n + 1 "
      "FROM chunk WHERE n < 699) INSERT INTO snapshot_chunks (key, nodes, resource_type) SELECT "
      "(1 << 28) + n * 100, CAST(replace(hex(zeroblob(100)), '00', char(1) || 'a') AS BLOB), 0 "
      "FROM chunk; UPDATE task_executions SET next = 70000, count = 70000, concurrency_limit = "
      "70000 WHERE key = 1");
  const auto store = SqliteStore::Open({.path = path(), .access = StoreAccess::kReadOnly});
  ASSERT_TRUE(store.ok()) << store.status();
  const auto active = (*store)->runs().LoadActive();
  ASSERT_TRUE(active.ok()) << active.status();
  ASSERT_EQ(active->size(), 1);
  EXPECT_EQ(active->front().tasks.front().in_flight.size(), 69'998);
}

}  // namespace
}  // namespace lull::storage
