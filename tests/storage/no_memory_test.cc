// Openings, checks and copies of a store in files, with each of SQLite's allocations failing.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/failing_allocator.h"
#include "tests/support/describe.h"
#include "tests/support/small_store.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

/// After so many allocations only one in two is tried, then one in three.
constexpr std::int64_t kFewer = 8;
/// Tried from the beginning of each part of a check on: more than most parts need.
constexpr std::int64_t kOfAPart = 1000;
constexpr std::int64_t kAll = 1'000'000;

class NoMemory : public testing::Test {
 protected:
  NoMemory() { MakeSmallStore(path()); }

  std::string path() const { return folder_.File("lull.db"); }

  /// Calls `attempt` with the n-th allocation from `begin` on failing, n = 1.. `most` in steps,
  /// until it ends before that one, and the same with all after it. It fails as what may be tried
  /// again, or not at all.
  static void ForEachAllocation(
      std::int64_t most,
      const std::function<absl::Status(const std::function<void()>& begin)>& attempt) {
    for (const bool lasting : {false, true}) {
      for (std::int64_t n = 1; n <= most && !HasFailure(); n += 1 + n / kFewer) {
        SCOPED_TRACE((lasting ? "no memory from allocation " : "no memory for allocation ") +
                     std::to_string(n));
        const absl::Status status = attempt([&] { FailingAllocator::FailAt(n, lasting); });
        FailingAllocator::Heal();
        EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
        if (!FailingAllocator::HasFailed()) break;
      }
    }
  }

  TempFolder folder_;
};

TEST_F(NoMemory, ACheckIsRefusedOrFindsNothingWrong) {
  std::map<std::string, std::string> parts;  // one that looks at rows of a table stands for all
  const auto note = [&](std::string_view what) {
    parts.emplace(what.substr(0, what.rfind(' ')), what);
  };
  ASSERT_TRUE(CheckDatabase({.path = path(), .tick = note}).ok());
  ASSERT_TRUE(parts.count("executions")) << "the last part";
  for (const auto& [kind, name] : parts) {
    const std::string& part = name;
    SCOPED_TRACE(part);
    ForEachAllocation(kOfAPart, [&](const std::function<void()>& begin) -> absl::Status {
      bool has_begun = false;
      const auto tick = [&](std::string_view what) {
        if (has_begun || what != part) return;
        has_begun = true;
        begin();
      };
      const auto report = CheckDatabase({.path = path(), .tick = tick});
      EXPECT_TRUE(has_begun);
      if (!report.ok()) return report.status();
      for (const Flaw& flaw : report->flaws) {
        ADD_FAILURE() << flaw.table << " " << flaw.row << ": " << flaw.what;
      }
      return absl::OkStatus();
    });
  }
}

TEST_F(NoMemory, ACopyIsWholeOrNotThere) {
  const std::string copy = folder_.File("copy.db");
  const std::string expected = DescribeAll(**SqliteStore::Open({.path = path()}));
  ForEachAllocation(kAll, [&](const std::function<void()>& begin) -> absl::Status {
    begin();
    const absl::Status copied = BackUpDatabase({.from = path(), .to = copy});
    FailingAllocator::Heal();
    EXPECT_EQ(std::filesystem::exists(copy), copied.ok()) << copied;
    if (copied.ok()) {
      EXPECT_EQ(DescribeAll(**SqliteStore::Open({.path = copy})), expected);
    }
    for (const char* suffix : {"", "-lock", "-witness"}) std::filesystem::remove(copy + suffix);
    return copied;
  });
}

class NoMemoryToOpen : public NoMemory, public testing::WithParamInterface<StoreAccess> {};

TEST_P(NoMemoryToOpen, AStoreOpensOrIsAsItWas) {
  const std::string expected = DescribeAll(**SqliteStore::Open({.path = path()}));
  ForEachAllocation(kAll, [&](const std::function<void()>& begin) -> absl::Status {
    begin();
    const auto store = SqliteStore::Open({.path = path(), .access = GetParam()});
    FailingAllocator::Heal();
    if (store.ok()) {
      EXPECT_EQ(DescribeAll(**store), expected);
    }
    return store.status();
  });
  EXPECT_EQ(DescribeAll(**SqliteStore::Open({.path = path()})), expected);
}

INSTANTIATE_TEST_SUITE_P(Both, NoMemoryToOpen,
                         testing::Values(StoreAccess::kReadWrite, StoreAccess::kReadOnly));

}  // namespace
}  // namespace lull::storage

int main(int argc, char** argv) {
  lull::FailingAllocator::Install();
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);  // so that small ones fail too
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
