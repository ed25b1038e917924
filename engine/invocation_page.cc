#include "engine/invocation_page.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/status.h"
#include "engine/paging.h"

namespace lull {
namespace {

/// Targets that are read at a time.
constexpr std::size_t kReadAhead = 100;

}  // namespace

Status StatusOf(const TaskProgress& task, Ordinal ordinal, const Finish* finish) {
  InvocationFacts facts;
  if (finish != nullptr) facts.outcome = finish->status;
  facts.claimed = ordinal < task.next;
  facts.stop_requested = task.stop_requested;
  facts.closed_by = task.closed_by;
  return InvocationStatus(facts);
}

std::optional<absl::Time> StartOf(const InFlightTimes& in_flight, Ordinal ordinal,
                                  const Finish* finish) {
  if (finish != nullptr) return finish->started_at;
  const auto it = in_flight.find(ordinal);
  if (it == in_flight.end() || it->second == absl::InfinitePast()) return std::nullopt;
  return it->second;
}

std::string EncodeInvocationPlace(std::string_view scope, const InvocationPlace& place) {
  std::string bytes;
  AppendNumber(bytes, static_cast<std::int64_t>(place.task));
  AppendNumber(bytes, place.ordinal);
  return EncodePlace(scope, bytes);
}

absl::StatusOr<std::optional<InvocationPlace>> DecodeInvocationPlace(std::string_view scope,
                                                                     const std::string& token) {
  LULL_ASSIGN_OR_RETURN(const std::string bytes, DecodePlace(scope, token));
  if (bytes.empty()) return std::nullopt;
  std::string_view rest = bytes;
  LULL_ASSIGN_OR_RETURN(const std::int64_t task, ReadNumber(rest));
  LULL_ASSIGN_OR_RETURN(const Ordinal ordinal, ReadNumber(rest));
  return InvocationPlace{static_cast<TaskKey>(std::clamp<std::int64_t>(task, 0, kMaxTaskKey)),
                         std::clamp<Ordinal>(ordinal, 0, kMaxTargetsPerTask)};
}

absl::StatusOr<std::map<Ordinal, std::optional<Finish>>> FindPage(
    RunReader& runs, const TaskExecution& task_execution, const InFlightTimes& in_flight,
    const std::set<Status>* statuses, Ordinal from, std::size_t limit) {
  std::map<Ordinal, std::optional<Finish>> rows;
  const TaskProgress& task = task_execution.progress;
  from = std::clamp<Ordinal>(from, 0, task.count);
  RunReader::FinishQuery query;
  query.task = task_execution.spec->key;
  query.from = from;
  query.limit = limit;
  if (statuses == nullptr) {
    const Ordinal end = std::min<Ordinal>(task.count, from + static_cast<Ordinal>(limit));
    for (Ordinal ordinal = from; ordinal < end; ++ordinal) rows[ordinal] = std::nullopt;
    LULL_ASSIGN_OR_RETURN(auto finishes, runs.ListFinishes(query));
    for (Finish& finish : finishes) {
      if (finish.ordinal < end) rows[finish.ordinal] = std::move(finish);
    }
    return rows;
  }
  for (const Status status : *statuses) {
    if (status == Status::kSuccess || status == Status::kFailed || status == Status::kTimedOut ||
        status == Status::kCancelled) {
      query.status = status;
      LULL_ASSIGN_OR_RETURN(auto finishes, runs.ListFinishes(query));
      for (Finish& finish : finishes) rows[finish.ordinal] = std::move(finish);
    }
    if (QueuedStatus(task.closed_by) == status) {
      Ordinal ordinal = std::max(from, task.next);
      for (std::size_t n = 0; n < limit && ordinal < task.count; ++n)
        rows[ordinal++] = std::nullopt;
    }
    if (status == (task.stop_requested ? Status::kCancelling : Status::kInProgress)) {
      std::size_t n = 0;
      for (auto it = in_flight.lower_bound(from); it != in_flight.end() && n < limit; ++it) {
        // What ended since the task's row was read shows as that, on another page of this list; it
        // takes no other's place on this one.
        LULL_ASSIGN_OR_RETURN(auto ended, runs.ListFinishes({query.task, it->first, {}, 1}));
        if (it->first >= task.next || (!ended.empty() && ended[0].ordinal == it->first)) continue;
        rows[it->first] = std::nullopt;
        ++n;
      }
    }
  }
  while (rows.size() > limit) rows.erase(std::prev(rows.end()));
  return rows;
}

absl::StatusOr<ResolvedTarget> TargetsAhead::At(Ordinal ordinal) {
  if (ordinal < first_ || ordinal >= first_ + static_cast<Ordinal>(ahead_.size())) {
    LULL_ASSIGN_OR_RETURN(ahead_, runs_.ReadTargets(task_.spec->snapshot,
                                                    task_.progress.first + ordinal, kReadAhead));
    first_ = ordinal;
    if (ahead_.empty()) return absl::InternalError("the target of an invocation is not stored");
  }
  return ahead_[static_cast<std::size_t>(ordinal - first_)];
}

}  // namespace lull
