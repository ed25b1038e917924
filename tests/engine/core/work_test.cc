#include "engine/core/work.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/definitions.h"
#include "engine/model/runs.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

TaskExecution Ended(ClosedBy by, Ordinal first, Ordinal next, Ordinal count) {
  auto spec = std::make_shared<TaskSpec>();
  spec->max_concurrency = "50%";
  spec->max_errors = "10%";
  TaskProgress progress;
  progress.closed_by = by;
  progress.first = first;
  progress.next = next;
  progress.count = count;
  progress.concurrency_limit = 5;
  progress.error_limit = 1;
  progress.succeeded = next;
  return {std::move(spec), std::move(progress)};
}

TEST(RestOfTest, IsLeftByCancelAndCutoffOnlyAndOnlyWhatWasNotStarted) {
  for (const ClosedBy by : {ClosedBy::kNone, ClosedBy::kCancel, ClosedBy::kCutoff,
                            ClosedBy::kMaxErrors, ClosedBy::kFailed}) {
    const bool leaves = by == ClosedBy::kCancel || by == ClosedBy::kCutoff;
    EXPECT_EQ(RestOf({Ended(by, 0, 4, 10)}).size(), leaves ? 1u : 0u) << static_cast<int>(by);
    EXPECT_TRUE(RestOf({Ended(by, 0, 10, 10)}).empty());
    EXPECT_TRUE(RestOf({Ended(by, 0, 0, 0)}).empty()) << "resolved, to no target";
  }
}

TEST(RestOfTest, IsARangeOfTheSameSnapshotWithLimitsOfItsOwn) {
  const auto rest = RestOf({Ended(ClosedBy::kCancel, 100, 10, 40)});
  ASSERT_EQ(rest.size(), 1u);
  TaskProgress expected;
  expected.first = 110;
  expected.count = 30;
  expected.concurrency_limit = 15;
  expected.error_limit = 3;
  EXPECT_EQ(rest[0].progress, expected);
}

TEST(RestOfTest, OfOneThatHadNoTargetsYetIsTheWholeTask) {
  TaskExecution task = Ended(ClosedBy::kCancel, 0, 0, 0);
  task.progress.concurrency_limit = 0;
  const auto rest = RestOf({task});
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].progress, TaskProgress());
  EXPECT_FALSE(IsResolved(rest[0].progress));
}

TEST(WorkOfTest, SaysWhetherTheWindowAllowsUnassociatedTargets) {
  for (const bool allows : {false, true}) {
    Window window;
    window.allow_unassociated_targets = allows;
    EXPECT_EQ(WorkOf(window, std::vector<WindowTask>(1)).at(0).spec->only_associated, !allows);
  }
}

TEST(RestOfTest, IsTheTaskAsItWasWithTheTargetsThatItMightHave) {
  const TaskExecution task = Ended(ClosedBy::kCancel, 0, 1, 2);
  EXPECT_EQ(RestOf({task}).at(0).spec, task.spec);
}

TEST(WorkOfTest, IsInTheOrderOfPrioritiesThenOfRegistration) {
  std::vector<WindowTask> tasks(4);
  const std::int64_t priorities[] = {2, 1, 2, 0};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].id = WindowTaskId(std::to_string(i));
    tasks[i].priority = priorities[i];
  }
  std::string order;
  for (const TaskExecution& task : WorkOf(Window(), tasks)) order += task.spec->window_task.value();
  EXPECT_EQ(order, "3102");
}

}  // namespace
}  // namespace lull
