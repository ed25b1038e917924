#include "tests/storage/memory_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace lull {
namespace {

constexpr int kSeeds = 100;

/// A plain connection to the one database of `vfs`.
class Database {
 public:
  explicit Database(MemoryVfs& vfs) {
    opened_ = sqlite3_open_v2("/plain.db", &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                              vfs.name().c_str());
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// SQLite's result code.
  int Run(const std::string& sql) {
    return opened_ != SQLITE_OK ? opened_
                                : sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  }

  /// The first column of the first row; an error as such.
  std::string Ask(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    std::string answer = "error";
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
      answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return answer;
  }

 private:
  sqlite3* handle_ = nullptr;
  int opened_ = SQLITE_OK;
};

constexpr char kMake[] = "CREATE TABLE t (n INTEGER, bytes BLOB)";
constexpr char kAdd[] = "INSERT INTO t VALUES (1, randomblob(3000))";

/// EXTRA: else a journal that was removed may come back, and its commit be lost.
std::string JournalMode(const char* mode) {
  return std::string("PRAGMA journal_mode = ") + mode +
         "; PRAGMA wal_autocheckpoint = 20; PRAGMA synchronous = EXTRA;";
}

struct Outcome {
  int acknowledged = 0;
  int found = 0;  ///< after the power loss; -1: the database can't be read
};

/// Commits row after row until the process dies, then cuts the power.
Outcome CommitUntilPowerLoss(std::uint64_t seed, const char* mode, MemoryVfs::Hook hook) {
  MemoryVfs vfs(seed);
  EXPECT_EQ(Database(vfs).Run(JournalMode(mode) + kMake), SQLITE_OK);
  vfs.SetHook(std::move(hook));
  vfs.DieAfter(static_cast<std::int64_t>(20 + seed * 37 % 1500));
  Outcome outcome;
  {
    Database database(vfs);
    if (database.Run(JournalMode(mode)) == SQLITE_OK) {
      while (database.Run(kAdd) == SQLITE_OK) ++outcome.acknowledged;
    }
    EXPECT_TRUE(vfs.IsDead());
  }
  vfs.SetHook(nullptr);
  vfs.Restart();
  vfs.LosePower(seed);
  Database database(vfs);
  const std::string rows = database.Ask("SELECT count(*) FROM t");
  const bool sound = database.Ask("PRAGMA integrity_check") == "ok";
  outcome.found = rows == "error" || !sound ? -1 : std::stoi(rows);
  return outcome;
}

class MemoryVfsModes : public testing::TestWithParam<const char*> {};

TEST_P(MemoryVfsModes, ADatabaseKeepsWhatIsWrittenAndAnotherConnectionSeesIt) {
  MemoryVfs vfs(1);
  Database writer(vfs), reader(vfs);
  ASSERT_EQ(writer.Run(JournalMode(GetParam()) + kMake), SQLITE_OK);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(writer.Run(kAdd), SQLITE_OK);
  EXPECT_EQ(reader.Ask("SELECT count(*) FROM t"), "200");
  EXPECT_EQ(writer.Run("DELETE FROM t WHERE rowid > 50; VACUUM"), SQLITE_OK);
  EXPECT_EQ(reader.Ask("SELECT sum(length(bytes)) FROM t"), "150000");
  EXPECT_EQ(reader.Ask("PRAGMA integrity_check"), "ok");
}

TEST_P(MemoryVfsModes, ASecondWriterIsKeptOutWhileThereIsOne) {
  MemoryVfs vfs(1);
  Database first(vfs), second(vfs);
  ASSERT_EQ(first.Run(JournalMode(GetParam()) + kMake), SQLITE_OK);
  ASSERT_EQ(first.Run("BEGIN IMMEDIATE"), SQLITE_OK);
  EXPECT_EQ(second.Run("BEGIN IMMEDIATE"), SQLITE_BUSY);
  EXPECT_EQ(second.Ask("SELECT count(*) FROM t"), "0");
  ASSERT_EQ(second.Run("PRAGMA busy_timeout = 5000"), SQLITE_OK);
  EXPECT_EQ(second.Run("BEGIN IMMEDIATE"), SQLITE_BUSY);
  EXPECT_GE(vfs.slept(), absl::Seconds(4)) << "and no real second";
  ASSERT_EQ(first.Run("COMMIT"), SQLITE_OK);
  EXPECT_EQ(second.Run("BEGIN IMMEDIATE; COMMIT"), SQLITE_OK);
}

TEST_P(MemoryVfsModes, APowerLossLosesNoAcknowledgedCommit) {
  int acknowledged = 0, one_more = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = CommitUntilPowerLoss(seed, GetParam(), nullptr);
    EXPECT_GE(outcome.found, outcome.acknowledged) << "seed " << seed;
    EXPECT_LE(outcome.found, outcome.acknowledged + 1) << "seed " << seed;
    acknowledged += outcome.acknowledged;
    one_more += outcome.found > outcome.acknowledged;
  }
  EXPECT_GT(acknowledged, kSeeds * 5);
  EXPECT_GT(one_more, 0) << "no commit was ever complete when its process died";
}

TEST_P(MemoryVfsModes, ADiskWhoseSyncsLieIsFoundOut) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = CommitUntilPowerLoss(seed, GetParam(), [](const IoCall& call) {
      return call.io == Io::kSync ? IoFault::kSyncLies : IoFault::kNone;
    });
    lost += outcome.found < outcome.acknowledged;
  }
  EXPECT_GT(lost, kSeeds / 4);
}

INSTANTIATE_TEST_SUITE_P(Journals, MemoryVfsModes, testing::Values("WAL", "DELETE"));

struct FaultCase {
  Io io;
  IoFault fault;
  int code;
};

TEST(MemoryVfs, EachFaultIsTheErrorThatSqliteKnowsItBy) {
  for (const FaultCase& wanted : {FaultCase{Io::kWrite, IoFault::kFull, SQLITE_FULL},
                                  FaultCase{Io::kWrite, IoFault::kPart, SQLITE_FULL},
                                  FaultCase{Io::kWrite, IoFault::kError, SQLITE_IOERR_WRITE},
                                  FaultCase{Io::kSync, IoFault::kError, SQLITE_IOERR_FSYNC},
                                  FaultCase{Io::kSync, IoFault::kSyncForgets, SQLITE_IOERR_FSYNC},
                                  FaultCase{Io::kSync, IoFault::kSyncDrops, SQLITE_IOERR_FSYNC},
                                  FaultCase{Io::kLock, IoFault::kError, SQLITE_IOERR_SHMLOCK}}) {
    MemoryVfs vfs(1);
    Database database(vfs);
    ASSERT_EQ(database.Run(JournalMode("WAL") + kMake), SQLITE_OK);
    ASSERT_EQ(database.Run(kAdd), SQLITE_OK);
    vfs.SetHook(
        [&](const IoCall& call) { return call.io == wanted.io ? wanted.fault : IoFault::kNone; });
    EXPECT_EQ(database.Run(kAdd), wanted.code & 0xFF);
    vfs.SetHook(nullptr);
    EXPECT_EQ(database.Run(kAdd), SQLITE_OK);
    EXPECT_EQ(database.Ask("PRAGMA integrity_check"), "ok");
  }
}

TEST(MemoryVfs, ADeadProcessChangesNothing) {
  MemoryVfs vfs(1);
  {
    Database database(vfs);
    ASSERT_EQ(database.Run(JournalMode("WAL") + kMake), SQLITE_OK);
    ASSERT_EQ(database.Run(kAdd), SQLITE_OK);
    vfs.Die();
    const auto before = vfs.files();
    EXPECT_NE(database.Run(kAdd), SQLITE_OK);
    EXPECT_EQ(database.Ask("SELECT count(*) FROM t"), "error");
    EXPECT_NE(Database(vfs).Run(kAdd), SQLITE_OK);
    EXPECT_EQ(vfs.files(), before);
  }
  vfs.Restart();
  EXPECT_EQ(Database(vfs).Ask("SELECT count(*) FROM t"), "1");
}

TEST(MemoryVfs, TwoOfThemShareNothing) {
  MemoryVfs one(1), two(1);
  ASSERT_EQ(Database(one).Run(kMake), SQLITE_OK);
  EXPECT_EQ(Database(one).Ask("SELECT count(*) FROM t"), "0");
  EXPECT_EQ(Database(two).Ask("SELECT count(*) FROM t"), "error");
}

TEST(MemoryFile, WhatWasSyncedOutlivesAnyPowerLossAndTheRestComesInPieces) {
  int kept = 0, lost = 0, torn = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    DiceBits dice(seed);
    MemoryFile file("durable");
    file.Write(0, std::string(2048, 'a'));
    file.Sync();
    file.Write(1024, std::string(2048, 'b'));
    file.LosePower(dice);
    const std::string& left = file.content();
    ASSERT_EQ(left.substr(0, 1024), std::string(1024, 'a'));
    const std::size_t written = std::count(left.begin(), left.end(), 'b');
    kept += written == 2048;
    lost += written == 0;
    torn += written > 0 && written < 2048;
    ASSERT_EQ(written % 512, 0u);
  }
  EXPECT_GT(kept, 20);
  EXPECT_GT(lost, 20);
  EXPECT_GT(torn, 20);
}

TEST(MemoryFile, AFailedSyncMayForgetWhatItDidNotWrite) {
  int forgotten = 0, dropped = 0, kept = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    for (const auto after :
         {AfterFailedSync::kKeep, AfterFailedSync::kForget, AfterFailedSync::kDrop}) {
      DiceBits dice(seed);
      MemoryFile file("old");
      file.Write(0, "new");
      file.FailSync(after, dice);
      const std::string shown = file.content();
      EXPECT_TRUE(shown == "new" || after == AfterFailedSync::kDrop);
      dropped += shown == "old";
      file.Sync();
      file.LosePower(dice);
      if (after == AfterFailedSync::kForget) forgotten += file.content() == "old";
      if (after == AfterFailedSync::kKeep) kept += file.content() == "new";
      EXPECT_TRUE(file.content() == shown || after == AfterFailedSync::kForget);
    }
  }
  EXPECT_EQ(kept, 50);
  EXPECT_GT(forgotten, 10);
  EXPECT_GT(dropped, 10);
}

}  // namespace
}  // namespace lull
