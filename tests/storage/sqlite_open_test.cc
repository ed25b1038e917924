// What Open accepts, refuses and says; what stands on the disk afterwards.

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

class SqliteOpen : public testing::Test {
 protected:
  /// As errors name it: of symbolic links and doubled slashes nothing is left.
  std::string path() const {
    return std::filesystem::canonical(folder_.File(".")).string() + "/lull.db";
  }

  absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      StoreAccess access = StoreAccess::kReadWrite) const {
    return SqliteStore::Open({.path = path(), .access = access});
  }

  void Write(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }

  std::string Content() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  /// Runs SQL on the file, as another program would.
  void RunSql(const char* sql) const {
    std::ofstream(path(), std::ios::app).flush();
    auto connection = Connection::Open({.path = path()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    ASSERT_TRUE((*connection)->Execute(sql).ok());
  }

  void CreateStoreWithAWindow() const {
    auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->Commit({CreateWindow{.window = MakeWindow("mw-1")}}).ok());
  }

  /// Opening fails with `code`, and the text has the path and `words` in it.
  void ExpectRefused(absl::StatusCode code, const std::string& words,
                     StoreAccess access = StoreAccess::kReadWrite) const {
    const auto store = Open(access);
    EXPECT_EQ(store.status().code(), code) << store.status();
    const std::string text(store.status().message());
    EXPECT_NE(text.find(path()), std::string::npos) << text;
    EXPECT_NE(text.find(words), std::string::npos) << text;
  }

  TempFolder folder_;
};

TEST_F(SqliteOpen, AMissingFileIsCreatedWithTheNewestSchema) {
  ASSERT_TRUE(Open().ok());
  auto connection = *Connection::Open({.path = path(), .access = Access::kReadOnly});
  EXPECT_EQ(*ReadApplicationId(*connection), kApplicationId);
  EXPECT_EQ(*ReadSchemaVersion(*connection), NewestSchemaVersion());
}

TEST_F(SqliteOpen, AnEmptyFileIsTakenAsANewStore) {
  Write("");
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOpen, ASchemaVersionThatNoLullWroteIsDamage) {
  for (const char* sql : {"PRAGMA user_version = -2147483642", "PRAGMA user_version = 0"}) {
    CreateStoreWithAWindow();
    RunSql(sql);
    ExpectRefused(absl::StatusCode::kInternal, "the database is damaged: its schema has version");
    std::filesystem::remove(path());
    std::filesystem::remove(path() + "-lock");
    std::filesystem::remove(path() + "-witness");
  }
}

TEST_F(SqliteOpen, ACreationThatWasCutShortIsTakenUpAgain) {
  RunSql("PRAGMA journal_mode = WAL");  // what a kill before the first migration leaves
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOpen, AllFilesArePrivateWhateverTheUmask) {
  const mode_t before = umask(0);
  const auto store = Open();
  umask(before);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->Commit({CreateWindow{.window = MakeWindow("mw-1")}}).ok());
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) {
    struct stat info = {};
    ASSERT_EQ(stat((path() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteOpen, NoPathIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(SqliteStore::Open({}).status()));
}

TEST_F(SqliteOpen, AMissingFolderIsRefused) {
  const auto store = SqliteStore::Open({.path = folder_.File("missing/lull.db")});
  EXPECT_TRUE(absl::IsUnavailable(store.status())) << store.status();
}

TEST_F(SqliteOpen, AFolderInPlaceOfTheFileIsRefused) {
  std::filesystem::create_directory(path());
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "not a regular file");
}

TEST_F(SqliteOpen, ASecondEngineIsRefusedUntilTheFirstIsGone) {
  auto first = Open();
  ASSERT_TRUE(first.ok());
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another engine");
  *first = nullptr;
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOpen, ASecondEngineIsRefusedThroughASymbolicLinkToo) {
  std::filesystem::create_directory(folder_.File("elsewhere"));
  const std::string link = folder_.File("elsewhere/other.db");
  std::filesystem::create_symlink(path(), link);
  auto first = Open();
  ASSERT_TRUE(first.ok());
  const absl::Status second = SqliteStore::Open({.path = link}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_NE(second.message().find("another engine"), std::string::npos) << second;
  *first = nullptr;
  const auto alone = SqliteStore::Open({.path = link});
  EXPECT_TRUE(alone.ok()) << alone.status();
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another engine");
}

TEST_F(SqliteOpen, ASymbolicLinkIsFollowedOnce) {
  CreateStoreWithAWindow();
  const std::string link = folder_.File("link.db");
  std::filesystem::create_symlink(path(), link);
  const auto store = SqliteStore::Open({.path = link});
  ASSERT_TRUE(store.ok()) << store.status();
  std::filesystem::remove(link);
  EXPECT_TRUE((*store)->Commit({CreateWindow{.window = MakeWindow("mw-2")}}).ok());
  EXPECT_EQ((*store)->definitions().ListWindows({})->size(), 2u);
}

TEST_F(SqliteOpen, ASymbolicLinkToNothingIsRefused) {
  std::filesystem::create_symlink(folder_.File("missing.db"), path());
  ExpectRefused(absl::StatusCode::kUnavailable, "can't find the database");
}

TEST_F(SqliteOpen, ADatabaseWithAHardLinkIsRefusedByEitherName) {
  auto first = Open();
  ASSERT_TRUE(first.ok());
  const std::string link = folder_.File("other.db");
  std::filesystem::create_hard_link(path(), link);
  EXPECT_TRUE(absl::IsFailedPrecondition(SqliteStore::Open({.path = link}).status()));
  *first = nullptr;
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "hard links");
  std::filesystem::remove(link);
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOpen, ATextFileIsRefusedAndLeftAsItIs) {
  for (const std::string& text : {std::string("hello\n"), std::string(10000, 'x')}) {
    Write(text);
    ExpectRefused(absl::StatusCode::kInternal, "not a database");
    EXPECT_EQ(Content(), text);
  }
}

TEST_F(SqliteOpen, AnotherProgramsDatabaseIsRefusedAndLeftAsItIs) {
  RunSql("CREATE TABLE notes (text TEXT)");
  const std::string before = Content();
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another program");
  EXPECT_EQ(Content(), before);
}

TEST_F(SqliteOpen, AnotherApplicationIdIsRefused) {
  RunSql("PRAGMA application_id = 42");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "another program");
}

TEST_F(SqliteOpen, ANewerSchemaIsRefused) {
  CreateStoreWithAWindow();
  RunSql("PRAGMA user_version = 1000");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "newer version of Lull");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "newer version of Lull",
                StoreAccess::kReadOnly);
}

/// Rows as the first version had them.
constexpr char kOldRows[] = R"sql(
INSERT INTO windows VALUES
  (1, 'mw-1', 'n', NULL, 'rate(1 day)', NULL, NULL, NULL, NULL, 2, 0, 1, 1, 1, 1, 1, NULL, x'', 1);
INSERT INTO windows SELECT 2, 'mw-2', name, description, schedule, schedule_timezone,
  schedule_offset, start_date, end_date, duration_hours, cutoff_hours, allow_unassociated_targets,
  enabled, created_at, modified_at, rate_base_at, due_at, tags, version FROM windows;
INSERT INTO window_tasks (id, window, task_arn, type, targets, priority, max_concurrency, max_errors,
  payload, created_at) VALUES ('t', 'mw-1', 'arn', 0, x'', 1, '1', '0', x'', 1);
INSERT INTO executions (key, id, window, start_at, cutoff_at, end_at, started_at, epoch, status,
  reason, missed, detail, ended_at) VALUES (1, 'e-1', 'mw-1', 1, 2, 3, 1, 1, 3, 2, 0, '', 9);
INSERT INTO task_executions (key, execution, status, closed_by, stop_requested, reason, detail,
  first, count, concurrency_limit, error_limit, next, low, stragglers, succeeded, failed, timed_out,
  cancelled, started_at, ended_at, room)
  VALUES (7, 1, 3, 3, 0, 3, 'd', 0, 4, 1, 0, 2, 2, x'', 1, 1, 0, 0, 2, 9, NULL);
INSERT INTO task_specs (key, id, window_task, task_arn, type, targets, priority, max_concurrency,
  max_errors, payload, snapshot) VALUES (7, 'te-7', 't', 'arn', 0, x'', 1, '1', '0', x'', 7);
INSERT INTO snapshot_chunks (key, nodes) VALUES (7 << 28, x'036E2D31');
)sql";

constexpr char kOldNodes[] = R"sql(
INSERT INTO nodes (id, origin, reading, name, platform, platform_name, platform_version, address,
  last_seen_at, tags, api_tags, registered_at, version)
  VALUES ('n-1', 'local', 1, 'n', 1, '', '', 'host', NULL, x'04726F6C6503776562', x'', 1, 1);
)sql";

/// Before the eighth version. The second is of no node.
constexpr char kOldTags[] =
    "INSERT INTO node_tags (key, value, position) VALUES ('role', 'web', 1), ('role', 'web', 9)";

constexpr char kTags[] = "INSERT INTO node_tags VALUES ('role', 'web', 1, 'n-1')";

class SqliteUpgrade : public SqliteOpen, public testing::WithParamInterface<int> {};

TEST_P(SqliteUpgrade, AStoreOfAnOlderVersionIsBroughtUpWithItsRows) {
  {
    Write("");
    const auto connection = *Connection::Open({.path = path()});
    ASSERT_TRUE(Migrate(*connection, GetParam()).ok());
    ASSERT_TRUE(connection->Execute(kOldRows).ok());
    if (GetParam() >= 2) {
      ASSERT_TRUE(connection->Execute(kOldNodes).ok());
      ASSERT_TRUE(connection->Execute(GetParam() < 8 ? kOldTags : kTags).ok());
    }
    if (GetParam() >= 4) {  // which counts them as they come
      ASSERT_TRUE(connection->Execute("UPDATE engine SET windows = 2").ok());
    }
  }
  const auto store = *Open();
  const auto execution = *store->runs().GetExecution(ExecutionId("e-1"));
  ASSERT_TRUE(execution.has_value());
  EXPECT_EQ(execution->progress.reason, Reason::kTasksFailed);
  const auto task = *store->runs().GetTaskExecution(TaskExecutionId("te-7"));
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->progress.reason, Reason::kMaxErrors);
  EXPECT_EQ(task->progress.failed, 1);
  EXPECT_EQ(task->progress.undelivered, 0);
  EXPECT_EQ(task->progress.ended_at, absl::FromUnixMicros(9));
  EXPECT_FALSE(task->spec->only_associated);
  const auto targets = *store->runs().ReadTargets(TaskKey{7}, 0, 9);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].node, "n-1");
  EXPECT_EQ(targets[0].resource_type, ResourceType::kInstance);
  if (GetParam() >= 2) {
    const auto node = *store->nodes().GetNode("n-1");
    ASSERT_TRUE(node.has_value());
    EXPECT_EQ(node->node.address, "host");
    EXPECT_EQ(node->node.transport + node->node.user, "");
    EXPECT_EQ(*store->nodes().ListTagged("role", "web", {}),
              (std::vector<NodeReader::NodeName>{{1, "n-1"}}));
  }
  const auto results = store->Commit({CreateWindow{.window = MakeWindow("mw-3"), .limit = 2},
                                      CreateWindow{.window = MakeWindow("mw-3"), .limit = 3},
                                      UpdateTask{MakeTask("t", "mw-1"), 1, {}}});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->at(0).verdict, Verdict::kFull) << "windows are counted";
  EXPECT_EQ(results->at(1).verdict, Verdict::kApplied);
  EXPECT_EQ(results->at(2).verdict, Verdict::kApplied);
}

INSTANTIATE_TEST_SUITE_P(FromEvery, SqliteUpgrade, testing::Range(1, NewestSchemaVersion() + 1));

TEST_F(SqliteOpen, ATruncatedDatabaseIsRefused) {
  CreateStoreWithAWindow();
  std::filesystem::resize_file(path(), 3 * 4096);
  ExpectRefused(absl::StatusCode::kInternal, "damaged");
}

TEST_F(SqliteOpen, ADamagedHeaderIsRefused) {
  CreateStoreWithAWindow();
  std::string content = Content();
  content.replace(0, 16, "SQLite format 9!");
  Write(content);
  ExpectRefused(absl::StatusCode::kInternal, "not a database");
}

TEST_F(SqliteOpen, AMissingTableIsRefused) {
  CreateStoreWithAWindow();
  RunSql("DROP VIEW finished_invocations; DROP TABLE finishes");
  ExpectRefused(absl::StatusCode::kInternal, "finishes");
}

TEST_F(SqliteOpen, DamagedPagesAreAnErrorOfTheReadAndOfTheCommit) {
  CreateStoreWithAWindow();
  std::string content = Content();
  std::fill(content.begin() + 4096, content.end(), '\xFF');
  Write(content);
  const auto store = Open();
  if (!store.ok()) {
    EXPECT_TRUE(absl::IsInternal(store.status())) << store.status();
    return;
  }
  EXPECT_TRUE(absl::IsInternal((*store)->definitions().ListWindows({}).status()));
  EXPECT_TRUE(
      absl::IsInternal((*store)->Commit({CreateWindow{.window = MakeWindow("mw-2")}}).status()));
}

TEST_F(SqliteOpen, ADamagedRowIsAnErrorOfTheRead) {
  CreateStoreWithAWindow();
  {
    const auto store = Open();
    ASSERT_TRUE((*store)->Commit({CreateTarget{.target = MakeTarget("t", "mw-1")}}).ok());
  }
  RunSql("UPDATE window_targets SET selectors = x'FF'");
  const auto store = Open();
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(absl::IsInternal((*store)->definitions().ListTargets(WindowId("mw-1")).status()));
  EXPECT_TRUE((*store)->definitions().GetWindow(WindowId("mw-1"))->has_value());
}

TEST_F(SqliteOpen, AReadOnlyStoreNeedsAFile) {
  ExpectRefused(absl::StatusCode::kNotFound, "no store here", StoreAccess::kReadOnly);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(SqliteOpen, AReadOnlyStoreReadsBesideTheEngineAndCommitsNothing) {
  CreateStoreWithAWindow();
  const auto engine = Open();
  ASSERT_TRUE(engine.ok());
  const auto reader = Open(StoreAccess::kReadOnly);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*engine)->Commit({CreateWindow{.window = MakeWindow("mw-2")}}).ok());
  EXPECT_TRUE((*reader)->definitions().GetWindow(WindowId("mw-2"))->has_value());
  EXPECT_TRUE(absl::IsUnavailable((*reader)->Commit({}).status()));
}

TEST_F(SqliteOpen, AReadOnlyStoreOfAnOlderSchemaIsLeftToTheEngine) {
  Write("");
  {
    const auto connection = *Connection::Open({.path = path()});
    ASSERT_TRUE(ConfigureWriter(*connection, 200).ok());
    ASSERT_TRUE(Migrate(*connection, NewestSchemaVersion() - 1).ok());
  }
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "let the engine open it once",
                StoreAccess::kReadOnly);
  EXPECT_TRUE(Open().ok());
  EXPECT_TRUE(Open(StoreAccess::kReadOnly).ok());
}

TEST_F(SqliteOpen, AFileThatCannotBeMadeBesideTheDatabaseIsNamed) {
  CreateStoreWithAWindow();
  for (const std::string suffix : {"-lock", "-witness"}) {
    std::filesystem::remove(path() + suffix);
    std::filesystem::create_directory(path() + suffix);
    ExpectRefused(absl::StatusCode::kUnavailable, suffix + ": can't");
    std::filesystem::remove(path() + suffix);
  }
  EXPECT_TRUE(Open().ok());
}

TEST_F(SqliteOpen, ARelativePathIsOfTheFolderOfTheProcess) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.File(""));
  EXPECT_TRUE(SqliteStore::Open({.path = "lull.db"}).ok());
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace lull::storage
