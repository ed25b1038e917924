#include "cli/run_plan.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/print.h"
#include "engine/base/status.h"
#include "engine/core/limits.h"
#include "engine/model/definitions.h"
#include "engine/runtime/stored_targets.h"

namespace lull::cli {
namespace {

constexpr std::size_t kPiece = 1000;

std::vector<TargetSelector> SelectorsOf(
    const google::protobuf::RepeatedPtrField<v1::Target>& targets) {
  std::vector<TargetSelector> selectors;
  for (const v1::Target& target : targets) {
    selectors.push_back({target.key(), {target.values().begin(), target.values().end()}});
  }
  return selectors;
}

/// The task's targets as the engine is asked for them once they are registered.
TargetQuery QueryOf(const RunTask& task) {
  TargetQuery query;
  query.selectors = SelectorsOf(task.request.targets());
  TargetSelector registered{std::string(kWindowTargetIds), {}};
  for (const auto& request : task.targets) {
    WindowTarget target;
    target.id = WindowTargetId(absl::StrCat(query.window_targets.size()));
    target.resource_type = request.resource_type() == "RESOURCE_GROUP"
                               ? ResourceType::kResourceGroup
                               : ResourceType::kInstance;
    target.selectors = SelectorsOf(request.targets());
    registered.values.push_back(target.id.value());
    query.window_targets.push_back(std::move(target));
  }
  if (!registered.values.empty()) query.selectors.push_back(std::move(registered));
  return query;
}

bool HasTargets(const RunTask& task) {
  return !task.request.targets().empty() || !task.targets.empty();
}

std::string CountText(const RunTask& task, const std::optional<PlannedNodes>& nodes) {
  if (!HasTargets(task)) return "none";
  return nodes ? absl::StrCat(nodes->count) : "?";
}

/// `10%` as `4 (10%)` where it is known of how many.
std::string LimitText(const std::string& text, const std::optional<PlannedNodes>& nodes,
                      std::int64_t (*limit)(std::string_view, Ordinal)) {
  if (text.empty()) return "-";
  if (text.back() != '%' || !nodes) return text;
  return absl::StrCat(limit(text, nodes->count), " (", text, ")");
}

std::string TitleOf(const RunTask& task) {
  return task.request.name().empty() ? task.request.task_arn() : task.request.name();
}

std::string SelectorsText(const RunTask& task) {
  std::vector<std::string> parts;
  const auto add = [&](const auto& targets) {
    for (const v1::Target& target : targets) {
      parts.push_back(absl::StrCat(target.key(), "=", absl::StrJoin(target.values(), ",")));
    }
  };
  add(task.request.targets());
  for (const auto& target : task.targets) add(target.targets());
  return absl::StrJoin(parts, " ");
}

std::string NodesLine(const RunTask& task, const std::optional<PlannedNodes>& nodes) {
  std::string text = absl::StrCat(TitleOf(task), ": ");
  if (!HasTargets(task)) return absl::StrCat(text, "no nodes, one call\n");
  if (!nodes) return absl::StrCat(text, "the nodes of ", SelectorsText(task), "\n");
  if (nodes->count == 0) return absl::StrCat(text, "no node has ", SelectorsText(task), "\n");
  absl::StrAppend(&text, absl::StrJoin(nodes->first, ", "));
  const std::int64_t others = nodes->count - static_cast<std::int64_t>(nodes->first.size());
  if (others > 0) absl::StrAppend(&text, " and ", others, " more");
  if (!nodes->unknown.empty()) {
    absl::StrAppend(&text, "; not known: ", absl::StrJoin(nodes->unknown, ", "));
  }
  return text + "\n";
}

/// The places of the tasks, first what runs first; those of one priority as the file has them.
std::vector<std::size_t> InOrder(const RunFile& file) {
  std::vector<std::size_t> order(file.tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return file.tasks[one].request.priority() < file.tasks[other].request.priority();
  });
  return order;
}

}  // namespace

absl::StatusOr<PlannedNodes> PlanNodes(const RunTask& task, NodeReader& nodes) {
  PlannedNodes planned;
  if (!HasTargets(task)) return planned;
  StoredTargets targets(nodes);
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<TargetCursor> cursor, targets.Resolve(QueryOf(task)));
  for (;;) {
    LULL_ASSIGN_OR_RETURN(const std::vector<ResolvedTarget> piece, cursor->Next(kPiece));
    if (piece.empty() && !cursor->IsSearching()) break;
    for (const ResolvedTarget& target : piece) {
      if (planned.first.size() < kMaxPlannedNodes) planned.first.push_back(target.node);
      ++planned.count;
    }
  }
  for (const v1::Target& target : task.request.targets()) {
    for (const std::string& id : target.values()) {
      LULL_ASSIGN_OR_RETURN(const auto node, nodes.GetNode(id));
      if (!node) planned.unknown.push_back(id);
    }
  }
  return planned;
}

std::string PlanText(const RunFile& file, const std::vector<std::optional<PlannedNodes>>& nodes) {
  std::vector<std::vector<std::string>> rows = {
      {"PRIORITY", "TASK", "RUNS", "NODES", "AT ONCE", "ERRORS ALLOWED"}};
  std::string lists;
  for (const std::size_t i : InOrder(file)) {
    const RunTask& task = file.tasks[i];
    rows.push_back({absl::StrCat(task.request.priority()), TitleOf(task), task.request.task_arn(),
                    CountText(task, nodes[i]),
                    LimitText(task.request.max_concurrency(), nodes[i], &ConcurrencyLimit),
                    LimitText(task.request.max_errors(), nodes[i], &ErrorLimit)});
    lists += NodesLine(task, nodes[i]);
  }
  const auto& window = file.window;
  std::string text = absl::StrCat(window.name(), ": ", Counted(file.tasks.size(), "task"), ", ",
                                  Counted(window.duration(), "hour"), " at most");
  if (window.cutoff() > 0) {
    absl::StrAppend(&text, "; nothing starts in the last ", Counted(window.cutoff(), "hour"));
  }
  return absl::StrCat(text, "\n\n", Table(rows), "\n", lists, "\nNothing was run.\n");
}

}  // namespace lull::cli
