// Tasks of an execution that end before they start: many at once.
#include <functional>
#include <utility>
#include <vector>

#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "tests/storage/conformance.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

/// Three PENDING tasks of execution 1, the third with other limits; one change ends those named.
void EndTasks(Advance& advance, const std::vector<std::int64_t>& keys) {
  for (const std::int64_t key : keys) {
    TaskProgress progress = MakeTaskExecution(key, 1, 10).progress;
    if (key == 3) progress.concurrency_limit = 77;
    progress.status = Status::kCancelled;
    progress.closed_by = ClosedBy::kCancel;
    progress.reason = Reason::kCancelled;
    progress.ended_at = At(9);
    advance.tasks.push_back({TaskKey{key}, Status::kPending, 0, progress, {}});
  }
}

TEST_P(StoreConformance, TasksThatWereNotStartedEndTogetherAndKeepWhatTheyHave) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  epoch_ = TakeEpochNow();
  OpenExecution open{.epoch = epoch_, .execution = MakeExecution(1, "mw-1")};
  for (const std::int64_t key : {1, 2, 3}) open.tasks.push_back(MakeTaskExecution(key, 1, 10));
  open.tasks[2].progress.concurrency_limit = 77;
  Apply(open);
  Advance cancel = AdvanceOne(Status::kPending);
  EndTasks(cancel, {1, 2, 3});
  Apply(cancel);
  const auto tasks = Value(runs().ListTaskExecutions(ExecutionKey{1}));
  ASSERT_EQ(tasks.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(tasks[i].progress, cancel.tasks[i].progress) << i;
  }
}

TEST_P(StoreConformance, ATaskThatTheChangeDoesNotNameStaysWhenOthersEnd) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  epoch_ = TakeEpochNow();
  OpenExecution open{.epoch = epoch_, .execution = MakeExecution(1, "mw-1")};
  for (const std::int64_t key : {1, 2, 3}) open.tasks.push_back(MakeTaskExecution(key, 1, 10));
  Apply(open);
  Advance cancel = AdvanceOne(Status::kPending);
  EndTasks(cancel, {1, 3});  // the third with a limit that the store doesn't have
  Apply(cancel);
  const auto tasks = Value(runs().ListTaskExecutions(ExecutionKey{1}));
  EXPECT_EQ(tasks[0].progress, cancel.tasks[0].progress);
  EXPECT_EQ(tasks[1].progress, open.tasks[1].progress);
  EXPECT_EQ(tasks[2].progress, cancel.tasks[1].progress);
}

TEST_P(StoreConformance, TasksThatEndEachInItsOwnWayAreStoredAsTheyEnd) {
  using Change = std::function<void(TaskProgress&)>;
  const std::vector<std::pair<const char*, Change>> ways = {
      {"status", [](TaskProgress& p) { p.status = Status::kFailed; }},
      {"closed_by", [](TaskProgress& p) { p.closed_by = ClosedBy::kCutoff; }},
      {"reason", [](TaskProgress& p) { p.reason = Reason::kCutoff; }},
      {"ended_at", [](TaskProgress& p) { p.ended_at = At(10); }},
      {"started_at", [](TaskProgress& p) { p.started_at = At(8); }},
      {"stop_requested", [](TaskProgress& p) { p.stop_requested = true; }},
      {"detail", [](TaskProgress& p) { p.detail = "why"; }},
      {"first", [](TaskProgress& p) { p.first = 3; }},
      {"count", [](TaskProgress& p) { p.count = 9; }},
      {"concurrency_limit", [](TaskProgress& p) { p.concurrency_limit = 7; }},
      {"error_limit", [](TaskProgress& p) { p.error_limit = 7; }},
  };
  OpenOne();
  std::int64_t key = 1;
  for (const auto& [what, change] : ways) {
    SCOPED_TRACE(what);
    Advance cancel = AdvanceOne(Status::kPending);
    cancel.execution = ExecutionKey{key};
    EndTasks(cancel, {2 * key - 1, 2 * key});
    change(cancel.tasks[1].progress);
    cancel.progress = ExecutionProgress{.status = Status::kCancelled, .ended_at = At(11)};
    Apply(cancel);
    const auto tasks = Value(runs().ListTaskExecutions(ExecutionKey{key}));
    ASSERT_EQ(tasks.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(tasks[i].progress, cancel.tasks[i].progress) << i;
    ++key;
    OpenExecution next{.epoch = epoch_, .execution = MakeExecution(key, "mw-1")};
    for (const std::int64_t task : {2 * key - 1, 2 * key}) {
      next.tasks.push_back(MakeTaskExecution(task, key, 10));
    }
    Apply(next);
  }
}

TEST_P(StoreConformance, TasksEndInWhicheverOrderTheyAreNamed) {
  OpenOne();
  Advance cancel = AdvanceOne(Status::kPending);
  EndTasks(cancel, {2, 1});
  Apply(cancel);
  for (const TaskExecution& task : Value(runs().ListTaskExecutions(ExecutionKey{1}))) {
    EXPECT_EQ(task.progress.status, Status::kCancelled);
  }
}

TEST_P(StoreConformance, ATaskThatHasEndedSpoilsTheEndOfOthers) {
  OpenOne();
  Advance one = AdvanceOne(Status::kPending);
  EndTasks(one, {2});
  Apply(one);
  Advance both = AdvanceOne(Status::kPending);
  EndTasks(both, {1, 2});
  EXPECT_EQ(Try(both), Verdict::kConflict);
}

TEST_P(StoreConformance, WhatNoTaskHasIsNotFound) {
  OpenOne();
  for (const std::int64_t key : {std::int64_t{0}, std::int64_t{-1}, kMaxTaskKey + 1}) {
    const TaskKey task{key};
    EXPECT_TRUE(Value(runs().ListFinishes({.task = task})).empty());
    EXPECT_TRUE(Value(runs().ReadTargets(task, 0, 10)).empty());
    EXPECT_FALSE(Value(runs().FindTarget(task, 0, 10, "a")).has_value());
  }
  const TaskKey task{1};
  EXPECT_TRUE(Value(runs().ListFinishes({.task = task, .from = kMaxTargetsPerTask})).empty());
  for (const Ordinal first : {Ordinal{-1}, kMaxTargetsPerTask}) {
    EXPECT_TRUE(Value(runs().ReadTargets(task, first, 10)).empty());
  }
}

}  // namespace
}  // namespace lull
