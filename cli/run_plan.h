#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/run_file.h"
#include "engine/ports/store.h"

namespace lull::cli {

/// The nodes that a task would run on.
struct PlannedNodes {
  std::vector<std::string> first;  ///< kMaxPlannedNodes at most
  std::int64_t count = 0;
  std::vector<std::string> unknown;  ///< named, but not among `nodes`
};
inline constexpr std::size_t kMaxPlannedNodes = 20;

/// Which nodes of `nodes` the task selects now, as an execution would. Errors: the reader's.
absl::StatusOr<PlannedNodes> PlanNodes(const RunTask& task, NodeReader& nodes);

/// What a run of `file` would do, in the order in which it would: a table of the tasks, with limits
/// as numbers, and their nodes. `nodes` has those of each task, in the file's order; nothing for
/// what can't be known here. Pure.
std::string PlanText(const RunFile& file, const std::vector<std::optional<PlannedNodes>>& nodes);

}  // namespace lull::cli
