// What a copy of a store refuses, and tells while it is made.

#include "storage/sqlite/backup.h"

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"
#include "tests/support/small_store.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

class Backup : public testing::Test {
 protected:
  std::string path() const { return folder_.File("lull.db"); }
  std::string copy() const { return folder_.File("copy.db"); }

  TempFolder folder_;
};

TEST_F(Backup, NothingIsCopiedFromNothingOverAnythingOrToNowhere) {
  EXPECT_TRUE(absl::IsNotFound(BackUpDatabase({.from = path(), .to = copy()})));
  MakeSmallStore(path());
  const absl::Status nowhere =
      BackUpDatabase({.from = path(), .to = folder_.File("missing/copy.db")});
  EXPECT_TRUE(absl::IsUnavailable(nowhere)) << nowhere;
  std::ofstream(copy()) << "theirs";
  EXPECT_TRUE(absl::IsAlreadyExists(BackUpDatabase({.from = path(), .to = copy()})));
  std::string kept;
  std::ifstream(copy()) >> kept;
  EXPECT_EQ(kept, "theirs");
}

TEST_F(Backup, ALargeStoreIsCopiedBesideItsEngineAndTellsHowFarItIs) {
  const auto engine = *SqliteStore::Open({.path = path()});
  Window window = MakeWindow("large");
  window.description = std::string(9'000'000, 'x');  // some thousand pages
  ASSERT_TRUE(engine->Commit({CreateWindow{.window = window}}).ok());
  std::string told;
  const absl::Status copied = BackUpDatabase(
      {.from = path(), .to = copy(), .tick = [&](std::string_view what) { told = what; }});
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(told.find("page 2000 of "), 0U) << told;
  EXPECT_EQ(DescribeAll(**SqliteStore::Open({.path = copy()})), DescribeAll(*engine));
  EXPECT_TRUE(CheckDatabase({.path = copy()})->flaws.empty());
}

}  // namespace
}  // namespace lull::storage
