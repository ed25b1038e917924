// What becomes of a store whose log or database was deleted, cut short, damaged or exchanged:
// nothing that was acknowledged is gone without a word, and nothing that is whole is refused.

#include "storage/sqlite/log_witness.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

namespace fs = std::filesystem;

std::string NameOf(int window) { return "mw-" + std::to_string(window); }

class Witness : public testing::Test {
 protected:
  std::string path() const { return folder_.File("lull.db"); }
  std::string log() const { return path() + "-wal"; }

  /// An engine stores windows first, first + 1... and dies without a word to SQLite.
  void StoreAndDie(int first, int count, const std::string& at) const {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = SqliteStore::Open({.path = at});
      if (!store.ok()) _exit(1);
      for (int i = first; i < first + count; ++i) {
        if (!(*store)->Commit({CreateWindow{.window = MakeWindow(NameOf(i))}}).ok()) _exit(1);
      }
      _exit(0);
    }
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_EQ(how, 0);
  }
  void StoreAndDie(int first, int count) const { StoreAndDie(first, count, path()); }

  static std::string Content(const std::string& of) {
    std::ifstream file(of, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static void Write(const std::string& to, const std::string& bytes) {
    std::ofstream(to, std::ios::binary) << bytes;
  }

  absl::StatusOr<std::unique_ptr<SqliteStore>> Open() const {
    return SqliteStore::Open({.path = path()});
  }

  void ExpectRefused(const std::string& words) const {
    const auto store = Open();
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition) << store.status();
    const std::string text(store.status().message());
    EXPECT_NE(text.find(words), std::string::npos) << text;
    EXPECT_NE(text.find("restore a backup"), std::string::npos) << text;
  }

  void ExpectWindows(int count) const {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < count; ++i) {
      const auto window = (*store)->definitions().GetWindow(WindowId(NameOf(i)));
      ASSERT_TRUE(window.ok()) << window.status();
      EXPECT_TRUE(window->has_value()) << i;
    }
  }

  TempFolder folder_;
};

TEST_F(Witness, AStoreWhoseEngineDiedOpensWithAllOfIt) {
  StoreAndDie(0, 3);
  StoreAndDie(3, 3);
  ExpectWindows(6);
}

TEST_F(Witness, ALogThatWasBegunAnewManyTimesIsOurs) {
  StoreAndDie(0, 300);  // a checkpoint each 200 pages
  ExpectWindows(300);
}

TEST_F(Witness, AMissingLogOfAnEngineThatDiedIsRefused) {
  StoreAndDie(0, 3);
  fs::remove(log());
  ExpectRefused("lull.db-wal: it is missing, and the last engine did not stop in order");
  ExpectRefused("it is missing");  // an attempt changes nothing
  const auto reader = SqliteStore::Open({.path = path(), .access = StoreAccess::kReadOnly});
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Witness, TheCheckNamesAMissingLog) {
  { ASSERT_TRUE(Open().ok()); }  // so that there is a schema without it
  StoreAndDie(0, 3);
  fs::remove(log());
  const auto report = CheckDatabase({.path = path()});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->flaws.size(), 1U);
  EXPECT_NE(report->flaws.front().what.find("lull.db-wal: it is missing"), std::string::npos);
}

TEST_F(Witness, ALogCutShortAnywhereIsRefusedUnlessNothingIsMissing) {
  StoreAndDie(0, 3);
  const std::string whole = Content(log());
  const std::string database = Content(path());
  const std::string witness = Content(path() + "-witness");
  const std::size_t frame = 24 + 4096;
  std::vector<std::size_t> sizes = {0, 1, 31, 32, 33, 32 + 24, whole.size() - 1};
  for (std::size_t at = 32; at < whole.size(); at += frame) {
    sizes.insert(sizes.end(), {at, at + 1, at + frame / 2});
  }
  for (const std::size_t size : sizes) {
    Write(path(), database);
    Write(path() + "-witness", witness);
    Write(log(), whole.substr(0, size));
    fs::remove(path() + "-shm");
    const auto store = Open();
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition) << size;
    EXPECT_NE(store.status().message().find("cut short"), std::string::npos) << store.status();
  }
  Write(log(), whole + std::string(5000, 'x'));  // what a commit that was cut short leaves
  fs::remove(path() + "-shm");
  ExpectWindows(3);
}

TEST_F(Witness, AFlippedBitAnywhereInTheLogIsRefused) {
  StoreAndDie(0, 3);
  const std::string whole = Content(log());
  const std::string database = Content(path());
  const std::string witness = Content(path() + "-witness");
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    // Of the header the magic's last bit and the fields are summed; the sequence number too.
    const std::size_t at = i < 32 ? static_cast<std::size_t>(i) : random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    Write(path(), database);
    Write(path() + "-witness", witness);
    Write(log(), damaged);
    fs::remove(path() + "-shm");
    EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition) << "byte " << at;
  }
}

TEST_F(Witness, TheLogOfAnotherDatabaseIsRefused) {
  const std::string other = folder_.File("other.db");
  StoreAndDie(0, 3, other);
  StoreAndDie(0, 3);
  fs::copy_file(other + "-wal", log(), fs::copy_options::overwrite_existing);
  fs::remove(path() + "-shm");
  ExpectRefused("it is the log of another database");
}

TEST_F(Witness, AShellThatEmptiedTheLogInOrderAfterACrashIsNoLoss) {
  StoreAndDie(0, 3);
  {
    auto shell = *Connection::Open({.path = path()});
    ASSERT_TRUE(shell->Execute("SELECT count(*) FROM windows").ok());
  }
  ASSERT_FALSE(fs::exists(log()));
  ExpectWindows(3);
}

TEST_F(Witness, AStoreThatWasChangedByHandAfterAStopInOrderOpens) {
  { ASSERT_TRUE(Open().ok()); }
  {
    auto shell = *Connection::Open({.path = path()});
    ASSERT_TRUE(shell->Execute("UPDATE engine SET owner = 'by hand'; VACUUM").ok());
  }
  EXPECT_TRUE(Open().ok());
}

TEST_F(Witness, AStoreThatWasChangedByHandUnderAnEngineThatThenStoppedInOrderOpens) {
  {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE((*store)->Commit({CreateWindow{.window = MakeWindow(NameOf(i))}}).ok());
    }
    const auto shell = Connection::Open({.path = path()});
    ASSERT_TRUE(shell.ok()) << shell.status();
    for (const char* sql : {"UPDATE windows SET name = name || ' and more'", "VACUUM"}) {
      const absl::Status done = (*shell)->Execute(sql);
      ASSERT_TRUE(done.ok()) << done;
    }
  }
  ASSERT_FALSE(fs::exists(log()));
  ExpectWindows(3);
}

TEST_F(Witness, WithoutItOrWithADamagedOneTheStoreOpensAsEver) {
  StoreAndDie(0, 3);
  Write(path() + "-witness", "what is this?");
  ExpectWindows(3);
  fs::remove(path() + "-witness");
  ExpectWindows(3);
}

TEST_F(Witness, WhoRemovesItGoesOnWithoutWhatIsMissing) {
  { ASSERT_TRUE(Open().ok()); }
  StoreAndDie(0, 3);
  fs::remove(log());
  fs::remove(path() + "-witness");
  EXPECT_TRUE(Open().ok());
}

TEST_F(Witness, AMissingOrEmptiedDatabaseIsNotTakenForANewStore) {
  StoreAndDie(0, 3);
  const std::string database = Content(path());
  fs::remove(path());
  ExpectRefused("lull.db: is missing, and");
  EXPECT_FALSE(fs::exists(path()));
  Write(path(), "");
  ExpectRefused("lull.db: is empty, and");
  Write(path(), "S");  // to SQLite as good as empty
  ExpectRefused("lull.db: is empty, and");
  Write(path(), database);
  ExpectWindows(3);
}

TEST_F(Witness, ADatabaseThatLostAByteOfItsLastPageIsDamaged) {
  { ASSERT_TRUE(Open().ok()); }
  const std::string database = Content(path());
  Write(path(), database.substr(0, database.size() - 1));
  EXPECT_TRUE(absl::IsInternal(Open().status())) << Open().status();
  EXPECT_NE(Open().status().message().find("ends inside of a page"), std::string::npos);
}

TEST_F(Witness, ALogDeletedUnderAnEngineIsBroughtIntoTheDatabaseAndThenNothingIsStored) {
  auto store = *Open();
  ASSERT_TRUE(store->Commit({CreateWindow{.window = MakeWindow(NameOf(0))}}).ok());
  ASSERT_TRUE(
      store->definitions().GetWindow(WindowId(NameOf(0)))->has_value());  // a reader is open
  fs::remove(log());
  // This one finds it out, and is durable all the same.
  ASSERT_TRUE(store->Commit({CreateWindow{.window = MakeWindow(NameOf(1))}}).ok());
  const auto refused = store->Commit({CreateWindow{.window = MakeWindow(NameOf(2))}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
  EXPECT_NE(refused.status().message().find("was deleted, moved or replaced"), std::string::npos);
  EXPECT_TRUE(store->definitions().GetWindow(WindowId(NameOf(1)))->has_value());
  store.reset();
  ExpectWindows(2);
}

TEST_F(Witness, ADatabaseDeletedUnderAnEngineIsAnErrorForEver) {
  auto store = *Open();
  ASSERT_TRUE(store->Commit({CreateWindow{.window = MakeWindow(NameOf(0))}}).ok());
  fs::remove(path());
  EXPECT_TRUE(
      absl::IsUnknown(store->Commit({CreateWindow{.window = MakeWindow(NameOf(1))}}).status()));
  EXPECT_TRUE(absl::IsUnavailable(store->Recover())) << store->Recover();
  EXPECT_TRUE(
      absl::IsUnavailable(store->Commit({CreateWindow{.window = MakeWindow(NameOf(2))}}).status()));
  EXPECT_FALSE(fs::exists(path()));
}

}  // namespace
}  // namespace lull::storage
