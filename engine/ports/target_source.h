#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"

namespace lull {

/// What is to be resolved: a task's targets, with the registered targets that its WindowTargetIds
/// name (dangling ones are not among them).
struct TargetQuery {
  WindowId window;
  bool allow_unassociated_targets = true;
  std::vector<TargetSelector> selectors;
  std::vector<WindowTarget> window_targets;  ///< in the order that the selectors name them
  /// All of the window's registered targets, in the order of their registration, when unassociated
  /// ones are not allowed: a node that one of them selects is to have its id as window_target. One
  /// that has none is FAILED in place of being started.
  std::vector<WindowTarget> registered;
};

/// A resolution under way. Used by one thread at a time.
class TargetCursor {
 public:
  virtual ~TargetCursor() = default;

  /// The next targets, `limit` at most, in an order that stays; none: that was all, unless
  /// IsSearching(). Errors as Resolve's; so is a node's name of more than kMaxNodeNameBytes.
  virtual absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) = 0;

  /// After a Next that gave none: true when it looked at as much as one call may, and there is more
  /// to look at. The engine does what else is due before it calls Next again.
  virtual bool IsSearching() const { return false; }
};

/// Turns targets into nodes when an execution opens. The engine never calls it while holding a
/// lock, and takes a bounded number at a time, so a source may stream a million.
class TargetSource {
 public:
  virtual ~TargetSource() = default;

  /// Errors: kUnavailable: all of the execution's targets are resolved anew a second later, until
  /// its cutoff; any other: the task is FAILED with the error's text.
  virtual absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) = 0;
};

}  // namespace lull
