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

void StoreConformance::EndOne() {
  OpenOne();
  Apply(StageSnapshot{epoch_,
                      ExecutionKey{1},
                      {{.snapshot = TaskKey{1}, .first = 0, .nodes = {"a", "b"}},
                       {.snapshot = TaskKey{1}, .first = 2, .nodes = {"c"}}}});
  StartOne(3);
  Advance end = AdvanceOne(Status::kInProgress);
  TaskProgress first = Value(runs().ListTaskExecutions(ExecutionKey{1}))[0].progress;
  first.status = Status::kFailed;
  first.low = 3;
  first.succeeded = 2;
  first.failed = 1;
  first.ended_at = At(1100);
  end.tasks.push_back({TaskKey{1},
                       Status::kInProgress,
                       3,
                       first,
                       {MakeFinish(0, Status::kSuccess), MakeFinish(1, Status::kFailed),
                        MakeFinish(2, Status::kSuccess)}});
  TaskProgress second = MakeTaskExecution(2, 1, 10).progress;
  second.status = Status::kCancelled;
  second.closed_by = ClosedBy::kCancel;
  second.ended_at = At(1100);
  end.tasks.push_back({TaskKey{2}, Status::kPending, 0, second, {}});
  end.progress = ExecutionProgress{.status = Status::kFailed, .ended_at = At(1100)};
  Apply(end);
}

std::int64_t StoreConformance::Prune(std::int64_t execution, std::size_t rows) {
  const auto results =
      Value(store().Commit({PruneExecution{epoch_, static_cast<ExecutionKey>(execution), rows}}));
  EXPECT_EQ(results.at(0).verdict, Verdict::kApplied);
  return results.at(0).value;
}

}  // namespace lull
