// Full disks, disks that don't write, and kill -9.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/fault_vfs.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

class SqliteFaults : public testing::Test {
 protected:
  SqliteFaults() {
    RegisterFaultVfs();
    Open();
  }

  void Open() {
    store_ = nullptr;
    auto store = SqliteStore::Open({.path = folder_.File("lull.db"),
                                    .busy_timeout = absl::Milliseconds(10),
                                    .vfs = kFaultVfs});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  absl::Status Create(const std::string& window) {
    return store_->Commit({CreateWindow{.window = MakeWindow(window)}}).status();
  }

  bool Exists(const std::string& window) {
    const auto row = store_->definitions().GetWindow(WindowId(window));
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value();
  }

  TempFolder folder_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SqliteFaults, AFullDiskRefusesCommitsReadsGoOnAndRoomHeals) {
  ASSERT_TRUE(Create("mw-1").ok());
  SetDiskFull(true);
  for (int i = 0; i < 2; ++i) {
    const absl::Status refused = Create("mw-2");
    EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
    EXPECT_NE(refused.message().find("disk is full"), absl::string_view::npos) << refused;
    EXPECT_TRUE(Exists("mw-1"));
    EXPECT_FALSE(Exists("mw-2"));
  }
  SetDiskFull(false);
  EXPECT_TRUE(Create("mw-2").ok());
  Open();
  EXPECT_TRUE(Exists("mw-1"));
  EXPECT_TRUE(Exists("mw-2"));
}

TEST_F(SqliteFaults, AFullDiskInTheMiddleOfALargeCommitAppliesNothing) {
  ASSERT_TRUE(Create("mw-1").ok());
  // More pages than the cache holds: some are written before the end.
  std::vector<Change> changes;
  for (int i = 0; i < 300; ++i) {
    Window window = MakeWindow("large-" + std::to_string(i));
    window.name.assign(20'000, 'x');
    changes.push_back(CreateWindow{.window = window});
  }
  SetDiskFull(true);
  EXPECT_TRUE(absl::IsUnavailable(store_->Commit(changes).status()));
  SetDiskFull(false);
  EXPECT_FALSE(Exists("large-0"));
  EXPECT_TRUE(store_->Commit(changes).ok());
  EXPECT_TRUE(Exists("large-299"));
}

TEST_F(SqliteFaults, ACommitThatIsNotSyncedIsUnknownUntilRecover) {
  ASSERT_TRUE(Create("mw-1").ok());
  FailLogSyncs(1);
  const absl::Status unknown = Create("mw-2");
  EXPECT_TRUE(absl::IsUnknown(unknown)) << unknown;
  EXPECT_TRUE(absl::IsUnavailable(Create("mw-3")));
  ASSERT_TRUE(store_->Recover().ok());
  const bool applied = Exists("mw-2");
  EXPECT_TRUE(Exists("mw-1"));
  ASSERT_TRUE(Create("mw-3").ok());
  // What was known after Recover stays so, however the process ends.
  Open();
  EXPECT_EQ(Exists("mw-2"), applied);
  EXPECT_TRUE(Exists("mw-3"));
}

TEST_F(SqliteFaults, RecoverFailsWhileTheDiskDoes) {
  ASSERT_TRUE(Create("mw-1").ok());
  ASSERT_TRUE(Exists("mw-1"));  // a reader keeps the log from being closed
  FailLogSyncs(1);
  ASSERT_TRUE(absl::IsUnknown(Create("mw-2")));
  FailDatabaseSyncs(1);
  EXPECT_TRUE(absl::IsUnavailable(store_->Recover()));
  EXPECT_TRUE(absl::IsUnavailable(Create("mw-3")));
  ASSERT_TRUE(store_->Recover().ok());
  EXPECT_TRUE(Create("mw-3").ok());
}

TEST_F(SqliteFaults, AfterRecoverTheLogHoldsNoHalfCommitForALaterCrash) {
  ASSERT_TRUE(Create("mw-1").ok());
  ASSERT_TRUE(Exists("mw-1"));  // a reader keeps the log from being closed
  FailLogSyncs(1);
  ASSERT_TRUE(absl::IsUnknown(Create("mw-2")));
  ASSERT_TRUE(store_->Recover().ok());
  const bool applied = Exists("mw-2");
  // A crash: what stands on the disk now, opened elsewhere.
  const TempFolder other;
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(folder_.File("lull.db") + suffix, other.File("lull.db") + suffix);
  }
  const auto copy = SqliteStore::Open({.path = other.File("lull.db")});
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->definitions().GetWindow(WindowId("mw-2"))->has_value(), applied);
}

TEST_F(SqliteFaults, ACheckpointThatFailsLosesNothing) {
  ASSERT_TRUE(Create("mw-1").ok());
  FailDatabaseSyncs(3);
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(Create("more-" + std::to_string(i)).ok());
  Open();
  EXPECT_TRUE(Exists("more-399"));
}

TEST_F(SqliteFaults, AChangeThatFailsIsRolledBackAndRefused) {
  ASSERT_TRUE(Create("mw-1").ok());
  RefuseStatements({"RELEASE"});
  EXPECT_TRUE(absl::IsUnavailable(Create("mw-2")));
  RefuseStatements({});
  EXPECT_FALSE(Exists("mw-2"));
  EXPECT_TRUE(Create("mw-2").ok()) << "no transaction was left open";
}

TEST_F(SqliteFaults, ACommitThatFailsIsRolledBackAndRefused) {
  ASSERT_TRUE(Create("mw-1").ok());
  RefuseStatements({"COMMIT"});
  EXPECT_TRUE(absl::IsUnavailable(Create("mw-2")));
  RefuseStatements({});
  EXPECT_FALSE(Exists("mw-2"));
  EXPECT_TRUE(Create("mw-2").ok()) << "no transaction was left open";
}

TEST_F(SqliteFaults, ATransactionThatCantBeRolledBackIsUnknownUntilRecover) {
  for (const char* const first : {"RELEASE", "COMMIT"}) {  // a change fails, the commit fails
    SCOPED_TRACE(first);
    const std::string before = std::string("before-") + first, lost = std::string("lost-") + first;
    ASSERT_TRUE(Create(before).ok());
    RefuseStatements({first, "ROLLBACK"});
    const absl::Status unknown = Create(lost);
    EXPECT_TRUE(absl::IsUnknown(unknown)) << unknown;
    EXPECT_TRUE(absl::IsUnavailable(Create("meanwhile")));
    ASSERT_TRUE(store_->Recover().ok());
    EXPECT_TRUE(Exists(before));
    EXPECT_FALSE(Exists(lost));
    EXPECT_TRUE(Create(lost).ok()) << "no transaction was left open";
    EXPECT_TRUE(Exists(lost));
  }
}

TEST_F(SqliteFaults, AnUnreadableDiskIsAnErrorOfTheRead) {
  ASSERT_TRUE(Create("mw-1").ok());
  SetUnreadable(true);
  const auto row = store_->definitions().GetWindow(WindowId("mw-1"));
  SetUnreadable(false);
  EXPECT_TRUE(absl::IsInternal(row.status())) << row.status();
  EXPECT_TRUE(Exists("mw-1"));
}

TEST_F(SqliteFaults, AnotherProgramsWriteLockRefusesCommitsUntilItIsGone) {
  auto shell = *Connection::Open({.path = folder_.File("lull.db")});
  ASSERT_TRUE(shell->Execute("BEGIN IMMEDIATE").ok());
  const absl::Status busy = Create("mw-1");
  EXPECT_TRUE(absl::IsUnavailable(busy)) << busy;
  ASSERT_TRUE(shell->Execute("ROLLBACK").ok());
  EXPECT_TRUE(Create("mw-1").ok());
}

/// Commits window after window and reports each to `pipe`; never returns.
[[noreturn]] void CommitForEver(const std::string& path, int pipe) {
  auto store = SqliteStore::Open({.path = path});
  for (int i = 0; store.ok(); ++i) {
    const std::vector<Change> changes = {
        CreateWindow{.window = MakeWindow("mw-" + std::to_string(i))}};
    if (!(*store)->Commit(changes).ok()) break;
    if (write(pipe, &i, sizeof i) != sizeof i) break;
  }
  _exit(1);
}

TEST(SqliteDurability, WhatWasAcknowledgedIsThereAfterKillNine) {
  const TempFolder folder;
  for (int round = 1; round <= 3; ++round) {
    const std::string path = folder.File("lull-" + std::to_string(round) + ".db");
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) CommitForEver(path, ends[1]);
    close(ends[1]);
    int acknowledged = -1;
    int i = 0;
    while (read(ends[0], &i, sizeof i) == sizeof i) {
      acknowledged = i;
      if (i == 37 * round) kill(child, SIGKILL);
    }
    close(ends[0]);
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how));

    const auto store = SqliteStore::Open({.path = path});  // the lock died with its holder
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_GE(acknowledged, 37 * round);
    for (int window = 0; window <= acknowledged; ++window) {
      const auto row = (*store)->definitions().GetWindow(WindowId("mw-" + std::to_string(window)));
      ASSERT_TRUE(row.ok() && row->has_value()) << window;
    }
  }
}

}  // namespace
}  // namespace lull::storage
