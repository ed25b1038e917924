#include "storage/sqlite/run_queries.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "storage/node_names.h"
#include "storage/sqlite/enums.h"
#include "storage/sqlite/run_rows.h"

namespace lull::storage {
namespace {

constexpr char kListExecutions[] = R"sql(
SELECT * FROM executions
WHERE window = $window AND key < $below AND started_at > $after AND started_at < $before
    AND pruning = 0
ORDER BY key DESC LIMIT $limit)sql";

// The index is named: without statistics, the planner would rather walk the whole table by its key
// than sort the few rows that this gives.
constexpr char kListActive[] = R"sql(
SELECT * FROM executions INDEXED BY executions_active WHERE ended_at IS NULL ORDER BY key)sql";

constexpr char kListTasks[] = R"sql(
SELECT * FROM task_executions t JOIN task_specs s ON s.key = t.key
WHERE t.execution = $execution ORDER BY t.key)sql";

constexpr char kGetTask[] = R"sql(
SELECT * FROM task_executions t JOIN task_specs s ON s.key = t.key
WHERE s.id = $id AND (SELECT pruning FROM executions e WHERE e.key = t.execution) = 0)sql";

constexpr char kListNewestTasks[] = R"sql(
SELECT * FROM task_executions t JOIN task_specs s ON s.key = t.key
WHERE t.key < $below AND (SELECT pruning FROM executions e WHERE e.key = t.execution) = 0
ORDER BY t.key DESC LIMIT $limit)sql";

constexpr char kListFinishes[] = R"sql(
SELECT * FROM finishes WHERE key BETWEEN $first AND $last ORDER BY key LIMIT $limit)sql";

// The unary plus keeps the planner to the key.
constexpr char kListSuccesses[] = R"sql(
SELECT * FROM finishes WHERE key BETWEEN $first AND $last AND +status = 2
ORDER BY key LIMIT $limit)sql";

constexpr char kListNotSuccesses[] = R"sql(
SELECT * FROM finishes WHERE status = $status AND status <> 2 AND key BETWEEN $first AND $last
ORDER BY key LIMIT $limit)sql";

constexpr char kFindChunk[] = R"sql(
SELECT * FROM snapshot_chunks WHERE key BETWEEN $first AND $last ORDER BY key DESC LIMIT 1)sql";

constexpr char kListChunks[] = R"sql(
SELECT key, packing, nodes FROM snapshot_chunks WHERE key BETWEEN $first AND $last ORDER BY key)sql";

constexpr char kListAges[] = R"sql(
SELECT key, start_at, started_at, ended_at, pruning FROM executions WHERE key > $after
ORDER BY key LIMIT $limit)sql";

constexpr char kGreatestKeys[] = R"sql(
SELECT max(execution, coalesce((SELECT max(key) FROM executions), 0)) AS execution,
       max(task, coalesce((SELECT max(key) FROM task_executions), 0)) AS task
FROM pruned_keys WHERE id = 1)sql";

std::int64_t LastRowKey(TaskKey task) { return InvocationRowKey(task, kMaxTargetsPerTask - 1); }

/// Ordinals that a task's row may claim to be in flight without a look at its targets: half a MiB.
constexpr Ordinal kBelieved = 1 << 16;

absl::Status DamagedTask(const TaskExecution& task) {
  const TaskProgress& row = task.progress;
  return absl::InternalError(absl::StrCat(
      "the row of the task execution ", task.spec->id.value(), " is damaged: low ", row.low,
      ", next ", row.next, ", count ", row.count, ", ", row.finished(), " finished, limit ",
      row.concurrency_limit, ", targets from ", row.first, " on of snapshot ",
      static_cast<std::int64_t>(task.spec->snapshot), " can't be; `lull check` tells more"));
}

bool IsTaskKey(TaskKey task) { return task > TaskKey{0} && task <= TaskKey{kMaxTaskKey}; }

}  // namespace

void RunQueries::Prepare(Preparer& prepare) {
  prepare(begin_, "BEGIN", "");
  prepare(end_, "COMMIT", "");
  prepare(get_execution_, "SELECT * FROM executions WHERE id = $id AND pruning = 0", "id",
          kExecutionColumns);
  prepare(list_executions_, kListExecutions, "window below after before limit", kExecutionColumns);
  prepare(
      find_occurrence_,
      "SELECT key FROM executions WHERE window = $window AND start_at = $start_at AND missed = 0",
      "window start_at", "key");
  prepare(find_resumption_, "SELECT id FROM executions WHERE resumed_from = $resumed_from",
          "resumed_from", "id");
  prepare(list_active_, kListActive, "", kExecutionColumns);
  prepare(list_tasks_, kListTasks, "execution", kTaskExecutionColumns);
  prepare(get_task_, kGetTask, "id", kTaskExecutionColumns);
  prepare(list_newest_tasks_, kListNewestTasks, "below limit", kTaskExecutionColumns);
  prepare(list_finishes_, kListFinishes, "first last limit", kFinishColumns);
  prepare(list_successes_, kListSuccesses, "first last limit", kFinishColumns);
  prepare(list_not_successes_, kListNotSuccesses, "status first last limit", kFinishColumns);
  prepare(finished_keys_,
          "SELECT key FROM finishes WHERE key BETWEEN $first AND $last ORDER BY key", "first last",
          "key");
  prepare(find_chunk_, kFindChunk, "first last",
          "key packing nodes window_target owner_information resource_type");
  prepare(list_chunks_, kListChunks, "first last", "key packing nodes");
  prepare(list_ages_, kListAges, "after limit", "key start_at started_at ended_at pruning");
  prepare(greatest_keys_, kGreatestKeys, "", "execution task");
}

absl::StatusOr<std::optional<Execution>> RunQueries::GetExecution(const ExecutionId& id) {
  std::optional<Execution> execution;
  Rows rows = get_execution_.Select(id);
  if (rows.Next()) execution = ReadExecution(rows);
  if (!rows.status().ok()) return rows.status();
  return execution;
}

absl::StatusOr<std::vector<Execution>> RunQueries::ListExecutions(
    const RunReader::ExecutionQuery& query) {
  constexpr auto kNoKey = static_cast<ExecutionKey>(std::numeric_limits<std::int64_t>::max());
  std::vector<Execution> executions;
  Rows rows =
      list_executions_.Select(query.window, query.below.value_or(kNoKey),
                              query.executed_after.value_or(absl::InfinitePast()),
                              query.executed_before.value_or(absl::InfiniteFuture()), query.limit);
  while (rows.Next()) executions.push_back(ReadExecution(rows));
  if (!rows.status().ok()) return rows.status();
  return executions;
}

absl::StatusOr<bool> RunQueries::HasOccurrence(const WindowId& window, absl::Time start_at) {
  Rows rows = find_occurrence_.Select(window, start_at);
  const bool found = rows.Next();
  if (!rows.status().ok()) return rows.status();
  return found;
}

absl::StatusOr<std::optional<ExecutionId>> RunQueries::FindResumption(const ExecutionId& id) {
  std::optional<ExecutionId> resumption;
  Rows rows = find_resumption_.Select(id);
  if (rows.Next()) rows.Read(resumption.emplace());
  if (!rows.status().ok()) return rows.status();
  return resumption;
}

absl::StatusOr<std::vector<TaskExecution>> RunQueries::ListTaskExecutions(ExecutionKey execution) {
  std::vector<TaskExecution> tasks;
  Rows rows = list_tasks_.Select(execution);
  while (rows.Next()) tasks.push_back(ReadTaskExecution(rows));
  if (!rows.status().ok()) return rows.status();
  return tasks;
}

absl::StatusOr<std::optional<TaskExecution>> RunQueries::GetTaskExecution(
    const TaskExecutionId& id) {
  std::optional<TaskExecution> task;
  Rows rows = get_task_.Select(id);
  if (rows.Next()) task = ReadTaskExecution(rows);
  if (!rows.status().ok()) return rows.status();
  return task;
}

absl::StatusOr<std::vector<TaskExecution>> RunQueries::ListNewestTasks(std::optional<TaskKey> below,
                                                                       std::size_t limit) {
  constexpr auto kNoKey = static_cast<TaskKey>(std::numeric_limits<std::int64_t>::max());
  std::vector<TaskExecution> tasks;
  Rows rows = list_newest_tasks_.Select(below.value_or(kNoKey), limit);
  while (rows.Next()) tasks.push_back(ReadTaskExecution(rows));
  if (!rows.status().ok()) return rows.status();
  return tasks;
}

absl::StatusOr<std::vector<Finish>> RunQueries::ListFinishes(const RunReader::FinishQuery& query) {
  std::vector<Finish> finishes;
  const Ordinal from = std::max<Ordinal>(query.from, 0);
  if (!IsTaskKey(query.task) || from >= kMaxTargetsPerTask) return finishes;
  const std::int64_t first = InvocationRowKey(query.task, from);
  const std::int64_t last = LastRowKey(query.task);
  const auto read = [&finishes](Rows rows) {  // elided, not moved
    while (rows.Next()) finishes.push_back(ReadFinish(rows));
    return rows.status();
  };
  if (!query.status.has_value()) {
    LULL_RETURN_IF_ERROR(read(list_finishes_.Select(first, last, query.limit)));
  } else if (*query.status == Status::kSuccess) {
    LULL_RETURN_IF_ERROR(read(list_successes_.Select(first, last, query.limit)));
  } else {
    LULL_RETURN_IF_ERROR(read(list_not_successes_.Select(*query.status, first, last, query.limit)));
  }
  return finishes;
}

absl::StatusOr<std::vector<ResolvedTarget>> RunQueries::ReadTargets(TaskKey snapshot, Ordinal first,
                                                                    std::size_t limit) {
  std::vector<ResolvedTarget> targets;
  if (!IsTaskKey(snapshot) || first < 0 || first >= kMaxTargetsPerTask) return targets;
  const std::int64_t wanted = InvocationRowKey(snapshot, first);
  // The chunk that begins last at or before the wanted target holds it, if there is one.
  Rows rows = find_chunk_.Select(InvocationRowKey(snapshot, 0), wanted);
  if (rows.Next()) {
    std::int64_t key = 0;
    NamePacking packing{};
    Blob nodes;
    ResolvedTarget target;
    rows.Read(key, packing, nodes, target.window_target, target.owner_information,
              target.resource_type);
    NameScanner names(nodes.bytes, packing);
    for (; targets.size() < limit && names.Next(); ++key) {
      if (key < wanted) continue;
      target.node = names.name();
      targets.push_back(target);
    }
    rows.Fail(names.status());
  }
  if (!rows.status().ok()) return rows.status();
  return targets;
}

absl::StatusOr<std::optional<Ordinal>> RunQueries::FindTarget(TaskKey snapshot, Ordinal first,
                                                              Ordinal last,
                                                              const std::string& node) {
  std::optional<Ordinal> found;
  first = std::max<Ordinal>(first, 0);
  last = std::min(last, kMaxTargetsPerTask);
  if (!IsTaskKey(snapshot) || first >= last) return found;
  std::int64_t from = InvocationRowKey(snapshot, first);
  {
    // The chunk that holds `first` may begin before it.
    Rows rows = find_chunk_.Select(InvocationRowKey(snapshot, 0), from);
    if (rows.Next()) rows.Read(from);
    if (!rows.status().ok()) return rows.status();
  }
  Rows rows = list_chunks_.Select(from, InvocationRowKey(snapshot, last - 1));
  while (!found && rows.Next()) {
    std::int64_t key = 0;
    NamePacking packing{};
    Blob nodes;
    rows.Read(key, packing, nodes);
    Ordinal ordinal = key & (kMaxTargetsPerTask - 1);
    NameScanner names(nodes.bytes, packing);
    for (; !found && ordinal < last && names.Next(); ++ordinal) {
      if (ordinal >= first && names.name() == node) found = ordinal;
    }
    rows.Fail(names.status());
  }
  if (!rows.status().ok()) return rows.status();
  return found;
}

absl::StatusOr<Ordinal> RunQueries::FindMissingTarget(TaskKey snapshot, Ordinal first,
                                                      Ordinal end) {
  const std::int64_t base = InvocationRowKey(snapshot, 0);
  std::int64_t expected = base;
  {
    // The chunk that holds `first` may begin before it.
    Rows rows = find_chunk_.Select(base, base + first);
    if (rows.Next()) rows.Read(expected);
    if (!rows.status().ok()) return rows.status();
  }
  Rows rows = list_chunks_.Select(expected, base + end - 1);
  while (rows.Next()) {
    std::int64_t key = 0;
    NamePacking packing{};
    Blob nodes;
    rows.Read(key, packing, nodes);
    if (key != expected) break;
    NameScanner names(nodes.bytes, packing);
    while (names.Next()) ++expected;
    rows.Fail(names.status());
  }
  if (!rows.status().ok()) return rows.status();
  return std::clamp(expected - base, first, end);
}

absl::StatusOr<std::vector<RunReader::Age>> RunQueries::ListAges(ExecutionKey after,
                                                                 std::size_t limit) {
  std::vector<RunReader::Age> ages;
  Rows rows = list_ages_.Select(after, limit);
  while (rows.Next()) {
    RunReader::Age& age = ages.emplace_back();
    rows.Read(age.key, age.start_at, age.started_at, age.ended_at, age.pruning);
  }
  if (!rows.status().ok()) return rows.status();
  return ages;
}

absl::StatusOr<std::vector<RunReader::ActiveExecution>> RunQueries::LoadActive() {
  LULL_RETURN_IF_ERROR(begin_.Run());
  auto active = LoadActiveInTransaction();
  const absl::Status ended = end_.Run();
  if (active.ok() && !ended.ok()) return ended;
  return active;
}

absl::StatusOr<std::vector<RunReader::ActiveExecution>> RunQueries::LoadActiveInTransaction() {
  std::vector<RunReader::ActiveExecution> active;
  {
    Rows rows = list_active_.Select();
    while (rows.Next()) active.emplace_back().execution = ReadExecution(rows);
    if (!rows.status().ok()) return rows.status();
  }
  for (RunReader::ActiveExecution& execution : active) {
    LULL_ASSIGN_OR_RETURN(std::vector<TaskExecution> tasks,
                          ListTaskExecutions(execution.execution.key));
    for (TaskExecution& task : tasks) {
      LULL_ASSIGN_OR_RETURN(std::vector<Ordinal> in_flight, InFlight(task));
      execution.tasks.push_back({std::move(task), std::move(in_flight)});
    }
  }
  return active;
}

/// What is in flight has targets: where it is much, no more of it is believed than they are.
absl::Status RunQueries::RequireTargets(const TaskExecution& task) {
  const TaskProgress& row = task.progress;
  if (row.next - row.low <= kBelieved) return absl::OkStatus();
  const TaskKey snapshot = task.spec->snapshot;
  const Ordinal end = row.first + row.next;
  if (!IsTaskKey(snapshot) || row.first < 0 || end > kMaxTargetsPerTask) return DamagedTask(task);
  LULL_ASSIGN_OR_RETURN(const Ordinal missing,
                        FindMissingTarget(snapshot, row.first + row.low, end));
  return missing == end ? absl::OkStatus() : DamagedTask(task);
}

absl::StatusOr<std::vector<Ordinal>> RunQueries::InFlight(const TaskExecution& task) {
  const TaskProgress& progress = task.progress;
  std::vector<Ordinal> in_flight = progress.stragglers;
  // What follows takes memory by these counts.
  if (progress.low < 0 || progress.low > progress.next || progress.next > progress.count ||
      progress.in_flight() < 0 || progress.in_flight() > progress.concurrency_limit) {
    return DamagedTask(task);
  }
  if (progress.low == progress.next || progress.in_flight() == 0) return in_flight;
  LULL_RETURN_IF_ERROR(RequireTargets(task));
  const TaskKey key = task.spec->key;
  const auto most = static_cast<std::size_t>(progress.in_flight());
  Ordinal expected = progress.low;
  const auto add_below = [&](Ordinal end) {
    while (expected < end && in_flight.size() <= most) in_flight.push_back(expected++);
  };
  Rows rows = finished_keys_.Select(InvocationRowKey(key, progress.low),
                                    InvocationRowKey(key, progress.next - 1));
  while (rows.Next()) {
    std::int64_t row_key = 0;
    rows.Read(row_key);
    const Ordinal finished = row_key & (kMaxTargetsPerTask - 1);
    add_below(finished);
    expected = finished + 1;
  }
  if (!rows.status().ok()) return rows.status();
  add_below(progress.next);
  if (in_flight.size() > most) return DamagedTask(task);
  return in_flight;
}

absl::StatusOr<RunReader::Keys> RunQueries::GreatestKeys() {
  RunReader::Keys keys;
  Rows rows = greatest_keys_.Select();
  if (rows.Next()) rows.Read(keys.execution, keys.task);
  if (!rows.status().ok()) return rows.status();
  return keys;
}

}  // namespace lull::storage
