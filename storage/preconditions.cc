#include "storage/preconditions.h"

#include <set>
#include <string_view>
#include <variant>

#include "engine/base/check.h"
#include "engine/model/states.h"

namespace lull::storage {
namespace {

/// `ended_at` exactly when final.
void CheckProgress(const ExecutionProgress& progress) {
  LULL_CHECK(IsFinal(Level::kExecution, progress.status) == progress.ended_at.has_value());
}

/// 0 <= low <= next <= count; finished <= next; what lies below `low` is finished but for the
/// stragglers; `ended_at` exactly when final; nothing in flight when final.
void CheckProgress(const TaskProgress& progress) {
  LULL_CHECK(progress.first >= 0);
  LULL_CHECK(progress.count >= 0 && progress.count <= kMaxTargetsPerTask);
  LULL_CHECK(progress.low >= 0 && progress.low <= progress.next);
  LULL_CHECK(progress.next <= progress.count);
  LULL_CHECK(progress.succeeded >= 0 && progress.failed >= 0 && progress.timed_out >= 0);
  LULL_CHECK(progress.cancelled >= 0 && progress.finished() <= progress.next);
  LULL_CHECK(progress.undelivered >= 0 && progress.undelivered <= progress.failed);
  LULL_CHECK(progress.stragglers.size() <= kMaxStragglers);
  Ordinal before = -1;
  for (const Ordinal straggler : progress.stragglers) {
    LULL_CHECK(straggler > before && straggler < progress.low);
    before = straggler;
  }
  const auto stragglers = static_cast<Ordinal>(progress.stragglers.size());
  LULL_CHECK(progress.finished() >= progress.low - stragglers);
  const bool final = IsFinal(Level::kTask, progress.status);
  LULL_CHECK(final == progress.ended_at.has_value());
  LULL_CHECK(!final || progress.in_flight() == 0);
}

void Check(const TakeEpoch&) {}
void Check(const CreateWindow& change) {
  LULL_CHECK(!change.window.id.empty());
  LULL_CHECK(change.limit >= 0);
}
void Check(const UpdateWindow&) {}
void Check(const DeleteWindow&) {}
void Check(const CreateTarget& change) {
  LULL_CHECK(!change.target.id.empty());
  LULL_CHECK(change.limit >= 0);
}
void Check(const UpdateTarget&) {}
void Check(const DeleteTarget&) {}
void Check(const CreateTask& change) {
  LULL_CHECK(!change.task.id.empty());
  LULL_CHECK(change.limit >= 0);
}
void Check(const UpdateTask&) {}
void Check(const DeleteTask&) {}
void Check(const MoveDue&) {}

void Check(const OpenExecution& change) {
  const Execution& execution = change.execution;
  LULL_CHECK(execution.key > ExecutionKey{0});
  LULL_CHECK(!execution.id.empty());
  CheckProgress(execution.progress);
  LULL_CHECK(!execution.resumed_from || execution.request);
  TaskKey before{0};
  for (const TaskExecution& task : change.tasks) {
    LULL_CHECK(task.spec != nullptr);
    LULL_CHECK(!task.spec->id.empty());
    LULL_CHECK(task.spec->execution == execution.key);
    LULL_CHECK(task.spec->key > before);  // keys ascend, and so are distinct
    before = task.spec->key;
    CheckProgress(task.progress);
  }
  LULL_CHECK(static_cast<std::int64_t>(before) <= kMaxTaskKey);
}

void Check(const StageSnapshot& change) {
  for (const SnapshotChunk& chunk : change.chunks) {
    LULL_CHECK(chunk.first >= 0);
    LULL_CHECK(!chunk.nodes.empty() && chunk.nodes.size() <= kChunkBytes);
    LULL_CHECK(chunk.first + static_cast<Ordinal>(chunk.nodes.size()) <= kMaxTargetsPerTask);
    std::size_t bytes = 0;
    for (const std::string& node : chunk.nodes) {
      LULL_CHECK(node.size() <= kMaxNodeNameBytes);
      bytes += node.size();
    }
    LULL_CHECK(bytes <= kChunkBytes);
  }
}

void Check(const DropSnapshots&) {}
void Check(const PruneExecution& change) { LULL_CHECK(change.rows <= kPruneBatch); }

void Check(const Advance& change) {
  if (change.progress.has_value()) {
    CheckProgress(*change.progress);
    LULL_CHECK(IsReachable(Level::kExecution, change.expected_status, change.progress->status));
  }
  std::set<TaskKey> seen;
  for (const TaskAdvance& task : change.tasks) {
    LULL_CHECK(seen.insert(task.task).second);
    CheckProgress(task.progress);
    LULL_CHECK(IsReachable(Level::kTask, task.expected_status, task.progress.status));
    for (const Finish& finish : task.finishes) {
      LULL_CHECK(finish.status != Status::kSkippedOverlapping);
      LULL_CHECK(IsFinal(Level::kInvocation, finish.status));
      LULL_CHECK(finish.detail.size() <= kMaxDetailBytes);
    }
  }
}

void CheckTags(const Tags& tags) {
  LULL_CHECK(tags.size() <= kMaxTags);
  for (const auto& [key, value] : tags) LULL_CHECK(!key.empty());
}

void Check(const PutNodes& change) {
  LULL_CHECK(!change.origin.empty());
  LULL_CHECK(change.nodes.size() <= kMaxNodesAChange);
  std::set<std::string_view> ids;
  for (const Node& node : change.nodes) {
    LULL_CHECK(!node.id.empty() && node.id.size() <= kMaxNodeNameBytes);
    LULL_CHECK(ids.insert(node.id).second);
    CheckTags(node.tags);
  }
}

void Check(const RemoveNodes& change) { LULL_CHECK(change.positions.size() <= kMaxNodesAChange); }

void Check(const TagNode& change) { CheckTags(change.api_tags); }

void Check(const PutGroups& change) {
  LULL_CHECK(change.groups.size() <= kMaxGroups);
  std::set<std::string_view> names;
  for (const NodeGroup& group : change.groups) {
    LULL_CHECK(!group.name.empty() && names.insert(group.name).second);
    for (const TargetSelector& selector : group.selectors) {
      LULL_CHECK(selector.values.size() <= kMaxGroupNodes);
    }
  }
}

void Check(const KeepEvents& change) {
  for (const StateEvent& event : change.events) {
    LULL_CHECK(!event.subscriber.empty() && !event.id.empty());
    LULL_CHECK((event.level == Level::kExecution) == !event.task);
    LULL_CHECK((event.level == Level::kInvocation) == event.invocation.has_value());
  }
}

void Check(const SettleEvents& change) { LULL_CHECK(change.seqs.size() <= kMaxSettled); }
void Check(const DropEvents& change) { LULL_CHECK(change.count >= 0); }

void Check(const KeepAudit& change) {
  const AuditEntry& entry = change.entry;
  LULL_CHECK(!entry.operation.empty());
  for (const std::string* text : {&entry.principal, &entry.source, &entry.request_id,
                                  &entry.operation, &entry.resources, &entry.summary}) {
    LULL_CHECK(text->size() <= kMaxAuditBytes);
  }
}

}  // namespace

std::optional<std::size_t> TellsOf(const Change& change) {
  if (const auto* events = std::get_if<KeepEvents>(&change)) return events->of;
  if (const auto* audit = std::get_if<KeepAudit>(&change)) return audit->of;
  return std::nullopt;
}

void CheckChanges(const std::vector<Change>& changes) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto of = TellsOf(changes[i]);
    LULL_CHECK(!of || *of < i);
    std::visit([](const auto& change) { Check(change); }, changes[i]);
  }
}

bool IsReachable(Level level, Status from, Status to) {
  if (from == to) return true;
  for (const Transition& row : kTransitions) {
    // The table has no cycles, so this ends.
    if (row.level == level && row.from == from && IsReachable(level, row.to, to)) return true;
  }
  return false;
}

}  // namespace lull::storage
