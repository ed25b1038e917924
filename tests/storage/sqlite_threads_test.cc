// Reads on many threads beside the one that commits.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

TEST(SqliteThreads, EachReadSeesAllThatWasCommittedBeforeItBegan) {
  constexpr std::int64_t kCommits = 100;
  constexpr int kThreads = 4;  // more than there are readers: some wait
  const TempFolder folder;
  const auto store = *SqliteStore::Open({.path = folder.File("lull.db"), .max_readers = 2});
  ASSERT_TRUE(store->Commit({CreateWindow{.window = MakeWindow("mw-1")}}).ok());
  std::atomic<std::int64_t> committed{1};
  std::atomic<int> stale{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (committed < kCommits) {
        const std::int64_t at_least = committed;
        const auto window = store->definitions().GetWindow(WindowId("mw-1"));
        if (!window.ok() || !window->has_value() || (*window)->version < at_least) ++stale;
      }
    });
  }
  for (std::int64_t version = 1; version < kCommits; ++version) {
    const auto results =
        store->Commit({UpdateWindow{.window = MakeWindow("mw-1"), .expected_version = version}});
    if (!results.ok() || results->front().verdict != Verdict::kApplied) ++stale;
    committed = version + 1;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace lull::storage
