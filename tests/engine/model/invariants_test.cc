// Rows that no engine writes: each is found, and what is told names the values.
#include "engine/model/invariants.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

/// An execution in progress: one task runs (of 10, ordinals 1, 3 and 5 are in flight, 4 failed),
/// one waits for it.
struct Rows {
  Rows() {
    execution.progress.status = Status::kInProgress;
    running = TaskProgress{.status = Status::kInProgress,
                           .count = 10,
                           .concurrency_limit = 10,
                           .error_limit = 3,
                           .next = 6,
                           .low = 3,
                           .stragglers = {1},
                           .succeeded = 2,
                           .failed = 1,
                           .started_at = execution.occurrence.start_at};
    TaskSpec later = *tasks[1].spec;
    later.priority = 8;
    tasks[1].spec = std::make_shared<TaskSpec>(later);
  }
  Rows(const Rows&) = delete;

  /// All has ended, and well.
  void End() {
    for (TaskExecution& task : tasks) {
      task.progress = {.status = Status::kSuccess, .started_at = At(1), .ended_at = At(2)};
    }
    execution.progress.status = Status::kSuccess;
    execution.progress.ended_at = At(2);
  }
  /// The running task has ended by itself, as `status`.
  void EndTask(Status status) {
    running = TaskProgress{.status = status, .started_at = At(1), .ended_at = At(2)};
  }
  /// What is told, a line each.
  std::string Flaws() const {
    std::vector<Flaw> flaws;
    CheckExecution(execution, tasks, flaws);
    std::string text;
    for (const Flaw& flaw : flaws) text += flaw.table + ": " + flaw.what + "\n";
    return text;
  }

  Execution execution = MakeExecution(1, "mw-1");
  std::vector<TaskExecution> tasks = {MakeTaskExecution(1, 1, 10), MakeTaskExecution(2, 1, 10)};
  TaskProgress& running = tasks[0].progress;
  TaskProgress& pending = tasks[1].progress;
};

struct Row {
  const char* label;
  std::function<void(Rows&)> damage;
  const char* flaws;
};

void Check(const std::vector<Row>& table) {
  for (const Row& row : table) {
    SCOPED_TRACE(row.label);
    Rows rows;
    row.damage(rows);
    EXPECT_EQ(rows.Flaws(), row.flaws);
  }
}

TEST(CheckExecutionTest, FindsNothingInGoodRows) {
  Check({
      {"in progress", [](Rows&) {}, ""},
      {"ended", [](Rows& rows) { rows.End(); }, ""},
      {"pending, without tasks yet",
       [](Rows& rows) {
         rows.tasks.clear();
         rows.execution.progress.status = Status::kPending;
       },
       ""},
      {"passed by",
       [](Rows& rows) {
         rows.tasks.clear();
         rows.execution.progress.status = Status::kSkippedOverlapping;
         rows.execution.progress.ended_at = At(1);
       },
       ""},
      {"cancelling",
       [](Rows& rows) {
         rows.execution.progress.status = Status::kCancelling;
         rows.execution.progress.cancel.emplace();
         rows.running.status = Status::kCancelling;
         rows.running.closed_by = ClosedBy::kCancel;
       },
       ""},
      {"an open task that failed over all its targets",
       [](Rows& rows) { rows.EndTask(Status::kFailed); }, ""},
  });
}

TEST(CheckExecutionTest, FindsWhatIsWrongOfAnExecution) {
  Check({
      {"an end too early", [](Rows& rows) { rows.execution.progress.ended_at = At(1); },
       "executions: it is IN_PROGRESS with an end\n"},
      {"no end",
       [](Rows& rows) {
         rows.End();
         rows.execution.progress.ended_at.reset();
       },
       "executions: it is SUCCESS without an end\n"},
      {"in progress, and all has ended",
       [](Rows& rows) {
         rows.End();
         rows.execution.progress = {.status = Status::kInProgress};
       },
       "executions: it is IN_PROGRESS and all of its 2 tasks have ended\n"},
      {"ended, and a task has not",
       [](Rows& rows) { rows.execution.progress = {.status = Status::kFailed, .ended_at = At(1)}; },
       "executions: it is FAILED and not all of its 2 tasks have ended\n"},
      {"in progress without tasks", [](Rows& rows) { rows.tasks.clear(); },
       "executions: it is IN_PROGRESS and all of its 0 tasks have ended\n"},
      {"cancelling without tasks",
       [](Rows& rows) {
         rows.tasks.clear();
         rows.execution.progress.status = Status::kCancelling;
         rows.execution.progress.cancel.emplace();
       },
       "executions: it is CANCELLING and all of its 0 tasks have ended\n"},
      {"cancelling by nobody",
       [](Rows& rows) { rows.execution.progress.status = Status::kCancelling; },
       "executions: it is CANCELLING without a request to cancel it\n"},
      {"a cancel that shows nothing", [](Rows& rows) { rows.execution.progress.cancel.emplace(); },
       "executions: it is IN_PROGRESS with a request to cancel it\n"},
      {"a cancel that did not last",
       [](Rows& rows) {
         rows.End();
         rows.execution.progress.cancel.emplace();
       },
       "executions: it is SUCCESS with a request to cancel it\n"},
      {"a cutoff after the end", [](Rows& rows) { rows.execution.occurrence.end_at = At(1500); },
       "executions: its cutoff is after its end\n"},
      {"priorities out of order",
       [](Rows& rows) {
         rows.pending.status = Status::kInProgress;
         rows.pending.started_at = At(1);
       },
       "task_executions: it has started, with priority 8, before one with priority 7 has ended\n"},
  });
}

TEST(CheckExecutionTest, FindsWhatIsWrongOfATasksCursor) {
  constexpr char kOutOfOrder[] =
      "task_executions: its cursor is out of order: low 4, next 3, count 10, first 0; "
      "0 <= low <= next <= count must hold\n";
  constexpr char kStragglers[] = "task_executions: its 2 stragglers do not ascend below low = 3\n";
  Check({
      {"low beyond next",
       [](Rows& rows) {
         rows.running = {
             .status = Status::kInProgress, .count = 10, .next = 3, .low = 4, .succeeded = 3};
       },
       kOutOfOrder},
      {"low below 0",
       [](Rows& rows) {
         rows.running.low = -1;
         rows.running.stragglers.clear();
       },
       "task_executions: its cursor is out of order: low -1, next 6, count 10, first 0; "
       "0 <= low <= next <= count must hold\n"},
      {"next beyond count", [](Rows& rows) { rows.running.count = 5; },
       "task_executions: its cursor is out of order: low 3, next 6, count 5, first 0; "
       "0 <= low <= next <= count must hold\n"},
      {"first below 0", [](Rows& rows) { rows.running.first = -1; },
       "task_executions: its cursor is out of order: low 3, next 6, count 10, first -1; "
       "0 <= low <= next <= count must hold\n"},
      {"twice the same straggler",
       [](Rows& rows) {
         rows.running.stragglers = {1, 1};
       },
       kStragglers},
      {"a straggler below 0",
       [](Rows& rows) {
         rows.running.stragglers = {-1, 1};
       },
       kStragglers},
      {"a straggler at low",
       [](Rows& rows) {
         rows.running.stragglers = {1, 3};
       },
       kStragglers},
      {"too many stragglers",
       [](Rows& rows) {
         rows.running = {.status = Status::kInProgress,
                         .count = 100,
                         .concurrency_limit = 100,
                         .next = 100,
                         .low = 99};
         for (Ordinal i = 0; i <= static_cast<Ordinal>(kMaxStragglers); ++i) {
           rows.running.stragglers.push_back(i);
         }
       },
       "task_executions: its 65 stragglers do not ascend below low = 99\n"},
  });
}

TEST(CheckExecutionTest, FindsWhatIsWrongOfATasksCounters) {
  Check({
      {"below 0",
       [](Rows& rows) {
         rows.running.succeeded = -1;
         rows.running.cancelled = 3;
       },
       "task_executions: a counter can't be: succeeded -1, failed 1, undelivered of these 0, timed "
       "out 0, cancelled 3\n"},
      {"more undelivered than failed", [](Rows& rows) { rows.running.undelivered = 2; },
       "task_executions: a counter can't be: succeeded 2, failed 1, undelivered of these 2, timed "
       "out 0, cancelled 0\n"},
      {"more finished than claimed", [](Rows& rows) { rows.running.succeeded = 6; },
       "task_executions: 7 are finished and only 6 claimed\n"},
      {"past MaxConcurrency", [](Rows& rows) { rows.running.concurrency_limit = 2; },
       "task_executions: 3 are in flight, and MaxConcurrency allows 2\n"},
      {"past MaxErrors and open", [](Rows& rows) { rows.running.error_limit = 0; },
       "task_executions: 1 errors are past MaxErrors, 0, and it is open\n"},
      {"closed by MaxErrors too early",
       [](Rows& rows) { rows.running.closed_by = ClosedBy::kMaxErrors; },
       "task_executions: it was closed by MaxErrors, 3, with 1 errors\n"},
  });
}

TEST(CheckExecutionTest, FindsWhatIsWrongOfATasksStatus) {
  const auto closed = [](ClosedBy by, Status status) {
    return [=](Rows& rows) {
      rows.EndTask(status);
      rows.running.closed_by = by;
      rows.running.error_limit = by == ClosedBy::kMaxErrors ? -1 : 0;
    };
  };
  Check({
      {"of executions only", [](Rows& rows) { rows.EndTask(Status::kSkippedOverlapping); },
       "task_executions: no task is SKIPPED_OVERLAPPING\n"},
      {"an end too early", [](Rows& rows) { rows.running.ended_at = At(1); },
       "task_executions: it is IN_PROGRESS with an end\n"},
      {"no end",
       [](Rows& rows) {
         rows.EndTask(Status::kSuccess);
         rows.running.ended_at.reset();
       },
       "task_executions: it is SUCCESS without an end\n"},
      {"pending with a claim", [](Rows& rows) { rows.pending.next = 1; },
       "task_executions: it is PENDING and has started: next 1\n"},
      {"pending with a start",
       [](Rows& rows) {
         rows.EndTask(Status::kSuccess);
         rows.pending.started_at = At(1);
       },
       "task_executions: it is PENDING and has started: next 0\n"},
      {"cancelling by the cutoff",
       [](Rows& rows) {
         rows.running.status = Status::kCancelling;
         rows.running.closed_by = ClosedBy::kCutoff;
       },
       "task_executions: it is CANCELLING, and no cancel has closed it\n"},
      {"ended with some in flight",
       [](Rows& rows) {
         rows.running.status = Status::kSuccess;
         rows.running.ended_at = At(1);
         rows.running.count = 6;
       },
       "task_executions: it is SUCCESS with 3 in flight\n"},
      {"ended by itself with some queued",
       [](Rows& rows) {
         rows.EndTask(Status::kSuccess);
         rows.running.count = 2;
       },
       "task_executions: it is SUCCESS with 2 queued, and nothing has closed it\n"},
      {"closed by a cancel", closed(ClosedBy::kCancel, Status::kTimedOut),
       "task_executions: it is TIMED_OUT, and its closer makes it CANCELLED\n"},
      {"closed by the cutoff", closed(ClosedBy::kCutoff, Status::kFailed),
       "task_executions: it is FAILED, and its closer makes it TIMED_OUT\n"},
      {"closed by MaxErrors", closed(ClosedBy::kMaxErrors, Status::kSuccess),
       "task_executions: it is SUCCESS, and its closer makes it FAILED\n"},
      {"without targets", closed(ClosedBy::kFailed, Status::kSuccess),
       "task_executions: it is SUCCESS, and its closer makes it FAILED\n"},
      {"of another execution", [](Rows& rows) { rows.execution.key = ExecutionKey{7}; },
       "task_executions: it belongs to another execution\n"
       "task_executions: it belongs to another execution\n"},
      {"a start at the cutoff",
       [](Rows& rows) { rows.running.started_at = rows.execution.occurrence.cutoff_at; },
       "task_executions: it started at or after the cutoff\n"},
  });
}

struct FinishRow {
  const char* label;
  std::vector<Finish> finishes;
  const char* flaws;
};

TEST(FinishAuditTest, FindsWhatIsMissingTwiceOrCantBe) {
  const Finish first = MakeFinish(0, Status::kSuccess);
  const Finish second = MakeFinish(2, Status::kSuccess);
  const Finish failed = MakeFinish(4, Status::kFailed);
  const FinishRow rows[] = {
      {"good", {first, second, failed}, ""},
      {"one is missing below low",
       {second, failed},
       "it counts 2 SUCCESS and has 1 such rows in finishes\n"
       "below low = 3 it has 1 rows in finishes, and 2 must be there (1 stragglers)\n"},
      {"one is missing above it",
       {first, second},
       "it counts 1 FAILED and has 0 such rows in finishes\n"},
      {"one is twice",
       {first, second, failed, failed},
       "it is not in its place\nit counts 1 FAILED and has 2 such rows in finishes\n"},
      {"one was never claimed",
       {first, second, MakeFinish(6, Status::kFailed)},
       "it has an outcome, and was never claimed: next is 6\n"},
      {"a straggler",
       {first, MakeFinish(1, Status::kSuccess), failed},
       "it has an outcome, and the task lists it as in flight\n"},
      {"not an outcome",
       {first, second, failed, MakeFinish(5, Status::kInProgress)},
       "its outcome is IN_PROGRESS\n"},
      {"an outcome of executions only",
       {first, second, failed, MakeFinish(5, Status::kSkippedOverlapping)},
       "its outcome is SKIPPED_OVERLAPPING\n"},
      {"cancelled, unasked",
       {first, second, failed, MakeFinish(5, Status::kCancelled)},
       "its outcome is CANCELLED, and nobody asked to stop it\n"
       "it counts 0 CANCELLED and has 1 such rows in finishes\n"},
  };
  for (const FinishRow& row : rows) {
    SCOPED_TRACE(row.label);
    const Rows good;
    FinishAudit audit(good.tasks[0]);
    std::vector<Flaw> flaws;
    for (const Finish& finish : row.finishes) audit.See(finish, flaws);
    audit.End(flaws);
    std::string text;
    for (const Flaw& flaw : flaws) text += flaw.what + "\n";
    EXPECT_EQ(text, row.flaws);
  }
}

}  // namespace
}  // namespace lull
