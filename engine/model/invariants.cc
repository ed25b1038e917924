#include "engine/model/invariants.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lull {
namespace {

constexpr char kExecutions[] = "executions";
constexpr char kTasks[] = "task_executions";
constexpr char kFinishes[] = "finishes";

constexpr char kNoTrust[] = "what the API says of this execution can't be relied on";
constexpr char kTwice[] = "a restart could start an invocation a second time, or never";
constexpr char kNeverEnds[] = "this execution could hang, and keep its window from opening";
constexpr char kLimits[] = "more may have run than its limits allow";

template <class Key>
std::string RowName(Key key, const std::string& id) {
  return absl::StrCat(static_cast<std::int64_t>(key), " (", id, ")");
}

/// Appends flaws of one row.
class Reporter {
 public:
  Reporter(std::string table, std::string row, std::vector<Flaw>& flaws)
      : table_(std::move(table)), row_(std::move(row)), flaws_(flaws) {}

  template <typename... Args>
  void Add(std::string_view means, const Args&... what) {
    flaws_.push_back({table_, row_, absl::StrCat(what...), std::string(means)});
  }

 private:
  const std::string table_;
  const std::string row_;
  std::vector<Flaw>& flaws_;
};

Reporter Of(const Execution& execution, std::vector<Flaw>& flaws) {
  return {kExecutions, RowName(execution.key, execution.id.value()), flaws};
}

Reporter Of(const TaskExecution& task, std::vector<Flaw>& flaws) {
  return {kTasks, RowName(task.spec->key, task.spec->id.value()), flaws};
}

bool Ended(const TaskExecution& task) { return IsFinal(Level::kTask, task.progress.status); }

/// How a task ends that was closed; nothing for an open one, which has its own outcome.
std::optional<Status> StatusOfClosed(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::kCancel:
      return Status::kCancelled;
    case ClosedBy::kCutoff:
      return Status::kTimedOut;
    case ClosedBy::kMaxErrors:
    case ClosedBy::kFailed:
      return Status::kFailed;
    case ClosedBy::kNone:
      break;
  }
  return std::nullopt;
}

void CheckCursor(const TaskExecution& task, Reporter& report) {
  const TaskProgress& row = task.progress;
  if (row.low < 0 || row.low > row.next || row.next > row.count || row.first < 0) {
    report.Add(kTwice, "its cursor is out of order: low ", row.low, ", next ", row.next, ", count ",
               row.count, ", first ", row.first, "; 0 <= low <= next <= count must hold");
  }
  const std::vector<Ordinal>& left = row.stragglers;
  const bool ascends =
      std::adjacent_find(left.begin(), left.end(), std::greater_equal<>()) == left.end();
  if (!ascends || left.size() > kMaxStragglers ||
      (!left.empty() && (left.front() < 0 || left.back() >= row.low))) {
    report.Add(kTwice, "its ", left.size(), " stragglers do not ascend below low = ", row.low);
  }
}

void CheckCounters(const TaskExecution& task, Reporter& report) {
  const TaskProgress& row = task.progress;
  if (std::min({row.succeeded, row.failed, row.timed_out, row.cancelled, row.undelivered}) < 0 ||
      row.undelivered > row.failed) {
    report.Add(kNoTrust, "a counter can't be: succeeded ", row.succeeded, ", failed ", row.failed,
               ", undelivered of these ", row.undelivered, ", timed out ", row.timed_out,
               ", cancelled ", row.cancelled);
  }
  if (row.in_flight() < 0) {
    report.Add(kNoTrust, row.finished(), " are finished and only ", row.next, " claimed");
  }
  if (row.in_flight() > row.concurrency_limit) {
    report.Add(kLimits, row.in_flight(), " are in flight, and MaxConcurrency allows ",
               row.concurrency_limit);
  }
  if (row.errors() > row.error_limit && row.closed_by == ClosedBy::kNone) {
    report.Add(kLimits, row.errors(), " errors are past MaxErrors, ", row.error_limit,
               ", and it is open");
  }
  if (row.errors() <= row.error_limit && row.closed_by == ClosedBy::kMaxErrors) {
    report.Add(kNoTrust, "it was closed by MaxErrors, ", row.error_limit, ", with ", row.errors(),
               " errors");
  }
}

void CheckStatus(const TaskExecution& task, Reporter& report) {
  const TaskProgress& row = task.progress;
  const std::string status(Name(row.status));
  if (row.status == Status::kSkippedOverlapping) {
    report.Add(kNoTrust, "no task is SKIPPED_OVERLAPPING");
  }
  if (Ended(task) != row.ended_at.has_value()) {
    report.Add(kNeverEnds, "it is ", status, row.ended_at ? " with" : " without", " an end");
  }
  if (row.status == Status::kPending && (row.next != 0 || row.started_at)) {
    report.Add(kTwice, "it is PENDING and has started: next ", row.next);
  }
  if (row.status == Status::kCancelling && row.closed_by != ClosedBy::kCancel) {
    report.Add(kNeverEnds, "it is CANCELLING, and no cancel has closed it");
  }
  if (!Ended(task)) return;
  if (row.in_flight() != 0) {
    report.Add(kNoTrust, "it is ", status, " with ", row.in_flight(), " in flight");
  }
  const std::optional<Status> closed = StatusOfClosed(row.closed_by);
  if (closed && *closed != row.status) {
    report.Add(kNoTrust, "it is ", status, ", and its closer makes it ",
               std::string(Name(*closed)));
  }
  if (!closed && row.next != row.count) {
    report.Add(kNoTrust, "it is ", status, " with ", row.count - row.next,
               " queued, and nothing has closed it");
  }
}

void CheckTask(const Execution& execution, const TaskExecution& task, std::vector<Flaw>& flaws) {
  Reporter report = Of(task, flaws);
  CheckCursor(task, report);
  CheckCounters(task, report);
  CheckStatus(task, report);
  if (task.spec->execution != execution.key) {
    report.Add(kNoTrust, "it belongs to another execution");
  }
  if (task.progress.started_at && *task.progress.started_at >= execution.occurrence.cutoff_at) {
    report.Add(kLimits, "it started at or after the cutoff");
  }
}

/// A task starts once all of smaller numbers have ended.
void CheckPriorities(const std::vector<TaskExecution>& tasks, std::vector<Flaw>& flaws) {
  std::int64_t unfinished = std::numeric_limits<std::int64_t>::max();
  for (const TaskExecution& task : tasks) {
    if (!Ended(task)) unfinished = std::min(unfinished, task.spec->priority);
  }
  for (const TaskExecution& task : tasks) {
    if (!task.progress.started_at || task.spec->priority <= unfinished) continue;
    Of(task, flaws)
        .Add(kLimits, "it has started, with priority ", task.spec->priority,
             ", before one with priority ", unfinished, " has ended");
  }
}

}  // namespace

void CheckExecution(const Execution& execution, const std::vector<TaskExecution>& tasks,
                    std::vector<Flaw>& flaws) {
  Reporter report = Of(execution, flaws);
  const ExecutionProgress& row = execution.progress;
  const std::string status(Name(row.status));
  const bool ended = IsFinal(Level::kExecution, row.status);
  const bool all_ended = std::all_of(tasks.begin(), tasks.end(), Ended);
  if (ended != row.ended_at.has_value()) {
    report.Add(kNeverEnds, "it is ", status, row.ended_at ? " with" : " without", " an end");
  }
  // One that waits to be opened may have no task (yet); one that was passed by never has one.
  const bool tasks_decide =
      !tasks.empty() || row.status == Status::kInProgress || row.status == Status::kCancelling;
  if (tasks_decide && ended != all_ended) {
    report.Add(kNeverEnds, "it is ", status, " and ", all_ended ? "all" : "not all", " of its ",
               tasks.size(), " tasks have ended");
  }
  const Status cancelled = ended ? Status::kCancelled : Status::kCancelling;
  if (row.cancel.has_value() != (row.status == cancelled)) {
    report.Add(kNoTrust, "it is ", status, row.cancel ? " with" : " without",
               " a request to cancel it");
  }
  if (execution.occurrence.cutoff_at > execution.occurrence.end_at) {
    report.Add(kLimits, "its cutoff is after its end");
  }
  for (const TaskExecution& task : tasks) CheckTask(execution, task, flaws);
  CheckPriorities(tasks, flaws);
}

void FinishAudit::See(const Finish& finish, std::vector<Flaw>& flaws) {
  const TaskProgress& row = task_.progress;
  Reporter report(kFinishes,
                  absl::StrCat("ordinal ", finish.ordinal, " of task execution ",
                               RowName(task_.spec->key, task_.spec->id.value())),
                  flaws);
  if (finish.ordinal >= row.next) {
    report.Add(kTwice, "it has an outcome, and was never claimed: next is ", row.next);
  }
  if (finish.ordinal <= last_) report.Add(kNoTrust, "it is not in its place");
  if (std::binary_search(row.stragglers.begin(), row.stragglers.end(), finish.ordinal)) {
    report.Add(kTwice, "it has an outcome, and the task lists it as in flight");
  }
  const bool is_outcome =
      IsFinal(Level::kInvocation, finish.status) && finish.status != Status::kSkippedOverlapping;
  if (!is_outcome || (finish.status == Status::kCancelled && !row.stop_requested)) {
    report.Add(kNoTrust, "its outcome is ", std::string(Name(finish.status)),
               is_outcome ? ", and nobody asked to stop it" : "");
  }
  last_ = finish.ordinal;
  below_low_ += finish.ordinal < row.low;
  ++counts_[finish.status];
}

void FinishAudit::End(std::vector<Flaw>& flaws) const {
  const TaskProgress& row = task_.progress;
  Reporter report = Of(task_, flaws);
  const auto compare = [&](Status status, std::int64_t counter) {
    const auto found = counts_.find(status);
    const std::int64_t rows = found == counts_.end() ? 0 : found->second;
    if (rows == counter) return;
    report.Add(kNoTrust, "it counts ", counter, " ", std::string(Name(status)), " and has ", rows,
               " such rows in finishes");
  };
  compare(Status::kSuccess, row.succeeded);
  compare(Status::kFailed, row.failed);
  compare(Status::kTimedOut, row.timed_out);
  compare(Status::kCancelled, row.cancelled);
  const std::int64_t expected = row.low - static_cast<std::int64_t>(row.stragglers.size());
  if (below_low_ != expected) {
    report.Add(kTwice, "below low = ", row.low, " it has ", below_low_, " rows in finishes, and ",
               expected, " must be there (", row.stragglers.size(), " stragglers)");
  }
}

}  // namespace lull
