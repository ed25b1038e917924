#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/status.h"
#include "engine/command_words.h"
#include "engine/invocation_page.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/paging.h"
#include "engine/ports/store.h"
#include "engine/validate.h"

namespace lull {

// What the lists of commands and of their invocations have in common: what was asked for, and the
// way through the commands.

/// InvalidCommandId: `The command ID {id}{why}`.
absl::Status BadCommandId(const std::string& id, std::string_view why);

/// A command's id is a UUID. REQUIRES: `id` passed validation. Error: InvalidCommandId.
absl::Status CheckCommandId(const std::string& id);

/// Goes through commands, newest first, from the one with key `from` on (nothing: from the newest),
/// or through the one with the id that was asked for. `runs` outlives it. Not thread-safe.
class CommandCursor {
 public:
  CommandCursor(RunReader& runs, std::optional<TaskKey> from);
  CommandCursor(RunReader& runs, std::optional<TaskExecution> only);

  /// Nothing: there is none, or enough were looked at (see `place`). Errors: the store's.
  absl::StatusOr<std::optional<TaskExecution>> Next();

  /// Whether Next() has returned any.
  bool found() const { return found_; }
  /// Whether there may be more after what Next() has returned.
  bool more() const { return !ended_ || !rows_.empty(); }
  /// Where the next call goes on. REQUIRES: more().
  TaskKey place() const;

 private:
  RunReader& runs_;
  std::optional<TaskKey> below_;
  std::vector<TaskExecution> rows_;  // the next one last
  std::size_t read_ = 0;
  bool ended_ = false;
  bool found_ = false;
};

/// Looks for a node among the targets of commands, for so long. `runs` outlives it.
class NodeSearch {
 public:
  explicit NodeSearch(RunReader& runs) : runs_(runs) {}

  struct Result {
    std::optional<Ordinal> found;
    Ordinal searched = 0;  ///< targets below it are done with
  };
  /// From the target `from` of the task on. Errors: the store's.
  absl::StatusOr<Result> Find(const TaskExecution& task, Ordinal from, const std::string& node);

 private:
  static constexpr Ordinal kTargetsSearched = 1'000'000;

  RunReader& runs_;
  Ordinal left_ = kTargetsSearched;
};

/// What either list was asked for.
struct ListCall {
  std::string list;  ///< the scope of its tokens
  CommandFilters filters;
  std::optional<InvocationPlace> place;
  std::size_t page = 0;
};

/// Where a token says that the list goes on. Error: InvalidNextToken.
absl::StatusOr<std::optional<InvocationPlace>> ReadPlace(const std::string& list,
                                                         const std::string& token);

/// Errors: kInvalidArgument, InvalidCommandId, InvalidFilterKey, InvalidNextToken.
template <class Request>
absl::StatusOr<ListCall> ReadList(const char* name, const Request& request, CommandFilters::Of of) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  if (request.has_command_id()) LULL_RETURN_IF_ERROR(CheckCommandId(request.command_id()));
  ListCall call;
  LULL_ASSIGN_OR_RETURN(call.filters, CommandFilters::Parse(request.filters(), of));
  call.list = ScopeOf(name, request);
  LULL_ASSIGN_OR_RETURN(call.place, ReadPlace(call.list, request.next_token()));
  call.page = PageSize(request);
  return call;
}

/// Through the commands that a list was asked for: the one, or all from its place on.
template <class Request>
absl::StatusOr<CommandCursor> CursorOf(RunReader& runs, const Request& request,
                                       const std::optional<InvocationPlace>& place) {
  if (!request.has_command_id()) {
    return CommandCursor(runs, place ? std::optional(place->task) : std::nullopt);
  }
  LULL_ASSIGN_OR_RETURN(auto only,
                        runs.GetTaskExecution(TaskExecutionId(Lower(request.command_id()))));
  return CommandCursor(runs, std::move(only));
}

}  // namespace lull
