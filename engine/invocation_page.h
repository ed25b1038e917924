#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"
#include "engine/ports/store.h"

namespace lull {

// Pages of invocations, for every operation that lists them. Most have no row: what they are is
// worked out from their task's row, and only a page of them at a time.

/// When those in flight were claimed; the past, when an earlier life of the engine did it.
using InFlightTimes = std::map<Ordinal, absl::Time>;

/// `finish` is null for one that has no finish row.
Status StatusOf(const TaskProgress& task, Ordinal ordinal, const Finish* finish);

/// When an invocation began, as far as that is known.
std::optional<absl::Time> StartOf(const InFlightTimes& in_flight, Ordinal ordinal,
                                  const Finish* finish);

/// A place in a list over several tasks: the next page begins with this invocation.
struct InvocationPlace {
  TaskKey task{};
  Ordinal ordinal = 0;
};

/// A place as an opaque NextToken of the list `scope`, and back (engine/paging.h); nothing for an
/// empty token. Whatever a client has made of it, both numbers are in their bounds.
std::string EncodeInvocationPlace(std::string_view scope, const InvocationPlace& place);
absl::StatusOr<std::optional<InvocationPlace>> DecodeInvocationPlace(std::string_view scope,
                                                                     const std::string& token);

/// The ordinals of the next page from `from` on, ascending, with their finish rows; with `statuses`
/// (null: all), only such: one ordered stream a status, merged. Fewer than `limit`: there are no
/// more. Reads so many rows a status, and those that ended since `in_flight` was taken.
/// Errors: the store's.
absl::StatusOr<std::map<Ordinal, std::optional<Finish>>> FindPage(RunReader& runs,
                                                                  const TaskExecution& task,
                                                                  const InFlightTimes& in_flight,
                                                                  const std::set<Status>* statuses,
                                                                  Ordinal from, std::size_t limit);

/// The targets of a task's invocations, read ahead where ordinals ascend. Not thread-safe.
class TargetsAhead {
 public:
  /// Both outlive this.
  TargetsAhead(RunReader& runs, const TaskExecution& task) : runs_(runs), task_(task) {}

  /// REQUIRES: 0 <= ordinal < the task's count. Errors: the store's; kInternal: it isn't stored.
  absl::StatusOr<ResolvedTarget> At(Ordinal ordinal);

 private:
  RunReader& runs_;
  const TaskExecution& task_;
  Ordinal first_ = 0;
  std::vector<ResolvedTarget> ahead_;
};

}  // namespace lull
