#include "tests/storage/conformance.h"

#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);

std::vector<Verdict> StoreConformance::Commit(const std::vector<Change>& changes) {
  const auto results = store().Commit(changes);
  EXPECT_TRUE(results.ok()) << results.status();
  std::vector<Verdict> verdicts;
  if (results.ok()) {
    for (const ChangeResult& result : *results) verdicts.push_back(result.verdict);
  }
  EXPECT_EQ(verdicts.size(), changes.size());
  verdicts.resize(changes.size());
  return verdicts;
}

void StoreConformance::Apply(const Change& change) {
  ASSERT_EQ(Commit({change})[0], Verdict::kApplied);
}

Verdict StoreConformance::Try(const Change& change) {
  const std::string before = DescribeAll(store());
  const Verdict verdict = Commit({change})[0];
  if (verdict != Verdict::kApplied) {
    EXPECT_EQ(DescribeAll(store()), before);
  }
  return verdict;
}

Epoch StoreConformance::TakeEpochNow() {
  const auto results = store().Commit({TakeEpoch{.owner = "engine"}});
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? static_cast<Epoch>(results->front().value) : Epoch{};
}

void StoreConformance::OpenOne() {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  epoch_ = TakeEpochNow();
  Apply(OpenExecution{.epoch = epoch_,
                      .execution = MakeExecution(1, "mw-1"),
                      .tasks = {MakeTaskExecution(1, 1, 10), MakeTaskExecution(2, 1, 10)}});
}

Advance StoreConformance::AdvanceOne(Status status) const {
  return {.epoch = epoch_, .execution = ExecutionKey{1}, .expected_status = status};
}

void StoreConformance::StartOne(Ordinal next) {
  Advance advance = AdvanceOne(Status::kPending);
  advance.progress = ExecutionProgress{.status = Status::kInProgress};
  TaskProgress progress = MakeTaskExecution(1, 1, 10).progress;
  progress.status = Status::kInProgress;
  progress.next = next;
  progress.started_at = At(1002);
  advance.tasks = {{.task = TaskKey{1}, .progress = progress}};
  Apply(advance);
}

}  // namespace lull
