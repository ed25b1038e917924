// Openings, checks and copies of a store in files, with each of SQLite's allocations failing.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

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

class NoMemory : public testing::Test {
 protected:
  NoMemory() { MakeSmallStore(path()); }

  std::string path() const { return folder_.File("lull.db"); }

  static std::int64_t Each(std::int64_t) { return 1; }
  /// For what takes many allocations.
  static std::int64_t Fewer(std::int64_t n) { return 1 + n / 100; }

  /// Calls `attempt` with its n-th allocation failing, n = 1.. in steps until it ends before that
  /// one, and the same with all after it. It fails as a port does that may be asked again, or not
  /// at all.
  static void ForEachAllocation(const std::function<absl::Status()>& attempt,
                                const std::function<std::int64_t(std::int64_t n)>& step = Each) {
    for (const bool lasting : {false, true}) {
      std::int64_t n = 1;
      for (; !HasFailure(); n += step(n)) {
        SCOPED_TRACE((lasting ? "no memory from allocation " : "no memory for allocation ") +
                     std::to_string(n));
        FailingAllocator::FailAt(n, lasting);
        const absl::Status status = attempt();
        FailingAllocator::Heal();
        EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
        if (!FailingAllocator::HasFailed()) break;
      }
      EXPECT_GT(n, 100);
    }
  }

  TempFolder folder_;
};

TEST_F(NoMemory, ACheckIsRefusedOrFindsNothingWrong) {
  ForEachAllocation(
      [&]() -> absl::Status {
        const auto report = CheckDatabase({.path = path()});
        if (!report.ok()) return report.status();
        for (const Flaw& flaw : report->flaws) {
          ADD_FAILURE() << flaw.table << " " << flaw.row << ": " << flaw.what;
        }
        return absl::OkStatus();
      },
      Fewer);
}

TEST_F(NoMemory, ACopyIsWholeOrNotThere) {
  const std::string copy = folder_.File("copy.db");
  const std::string expected = DescribeAll(**SqliteStore::Open({.path = path()}));
  ForEachAllocation([&]() -> absl::Status {
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
  ForEachAllocation(
      [&]() -> absl::Status {
        const auto store = SqliteStore::Open({.path = path(), .access = GetParam()});
        FailingAllocator::Heal();
        if (store.ok()) EXPECT_EQ(DescribeAll(**store), expected);
        return store.status();
      },
      Fewer);
  EXPECT_EQ(DescribeAll(**SqliteStore::Open({.path = path()})), expected);
}

INSTANTIATE_TEST_SUITE_P(Both, NoMemoryToOpen,
                         testing::Values(StoreAccess::kReadWrite, StoreAccess::kReadOnly));

}  // namespace
}  // namespace lull::storage

int main(int argc, char** argv) {
  lull::FailingAllocator::Install();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
