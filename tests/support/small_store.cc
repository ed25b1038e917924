#include "tests/support/small_store.h"

#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

constexpr Epoch kEpoch{1};

void Apply(Store& store, Change change) {
  const auto results = store.Commit({std::move(change)});
  LULL_CHECK(results.ok() && results->front().verdict == Verdict::kApplied);
}

void Define(Store& store) {
  Apply(store, TakeEpoch{.owner = "me"});
  Apply(store, CreateWindow{.window = MakeWindow("mw-1")});
  Apply(store, CreateTarget{.target = MakeTarget("t-1", "mw-1")});
  Apply(store, CreateTask{.task = MakeTask("task-1", "mw-1")});
  Apply(store, PutNodes{"inventory", 1, {MakeNode("web-1"), MakeNode("web-2")}, At(1)});
}

/// The second uses the snapshot of the first.
void Open(Store& store) {
  TaskExecution second = MakeTaskExecution(2, 1, 5);
  auto spec = std::make_shared<TaskSpec>(*second.spec);
  spec->snapshot = TaskKey{1};
  spec->priority = 8;
  second.spec = std::move(spec);
  Apply(store, OpenExecution{.epoch = kEpoch,
                             .execution = MakeExecution(1, "mw-1"),
                             .tasks = {MakeTaskExecution(1, 1, 5), second}});
  Apply(store, StageSnapshot{kEpoch,
                             ExecutionKey{1},
                             {{.snapshot = TaskKey{1}, .first = 0, .nodes = {"a", "b", "c"}},
                              {.snapshot = TaskKey{1}, .first = 3, .nodes = {"d", "e"}}}});
}

void Run(Store& store) {
  ExecutionProgress opened_now;
  opened_now.status = Status::kInProgress;
  TaskProgress progress = MakeTaskExecution(1, 1, 5).progress;
  progress.status = Status::kInProgress;
  progress.started_at = At(1002);
  progress.next = 4;
  Apply(store, Advance{kEpoch,
                       ExecutionKey{1},
                       Status::kPending,
                       opened_now,
                       {{TaskKey{1}, Status::kPending, 0, progress, {}}}});
  progress.succeeded = 1;
  progress.failed = 1;
  progress.low = 3;
  progress.stragglers = {1};
  Apply(store, Advance{kEpoch,
                       ExecutionKey{1},
                       Status::kInProgress,
                       {},
                       {{TaskKey{1},
                         Status::kInProgress,
                         4,
                         progress,
                         {MakeFinish(0, Status::kSuccess), MakeFinish(2, Status::kFailed)}}}});
}

}  // namespace

void MakeSmallStore(const std::string& path) {
  auto store = storage::SqliteStore::Open({.path = path});
  LULL_CHECK(store.ok());
  Define(**store);
  Open(**store);
  Run(**store);
  Apply(**store, KeepAudit{.entry = MakeAuditEntry("CreateMaintenanceWindow")});
  Apply(**store, KeepAudit{.entry = MakeAuditEntry("UpdateMaintenanceWindow")});
}

}  // namespace lull
