#include "engine/command_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lull {
namespace {

/// What one call looks at in search of its page's rows; the page is shorter when that is not
/// enough.
constexpr std::size_t kCommandsRead = 250;
constexpr std::size_t kCommandsAtOnce = 25;

}  // namespace

absl::Status BadCommandId(const std::string& id, std::string_view why) {
  return ModelledError(absl::StatusCode::kNotFound, "InvalidCommandId",
                       absl::StrCat("The command ID ", id, ToAbsl(why)));
}

absl::Status CheckCommandId(const std::string& id) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  bool good = id.size() == kForm.size();
  for (std::size_t i = 0; good && i < kForm.size(); ++i) {
    const bool hex = std::string_view("0123456789abcdefABCDEF").find(id[i]) != std::string::npos;
    good = kForm[i] == '-' ? id[i] == '-' : hex;
  }
  return good ? absl::OkStatus() : BadCommandId(id, " is not valid: it must be a UUID.");
}

CommandCursor::CommandCursor(RunReader& runs, std::optional<TaskKey> from) : runs_(runs) {
  if (from) below_ = static_cast<TaskKey>(static_cast<std::int64_t>(*from) + 1);
}

CommandCursor::CommandCursor(RunReader& runs, std::optional<TaskExecution> only)
    : runs_(runs), ended_(true) {
  if (only) rows_.push_back(*std::move(only));
}

absl::StatusOr<std::optional<TaskExecution>> CommandCursor::Next() {
  for (;;) {
    while (!rows_.empty()) {
      TaskExecution task = std::move(rows_.back());
      rows_.pop_back();
      below_ = task.spec->key;
      if (!IsCommand(task)) continue;
      found_ = true;
      return std::optional(std::move(task));
    }
    if (ended_ || read_ >= kCommandsRead) return std::optional<TaskExecution>();
    LULL_ASSIGN_OR_RETURN(rows_, runs_.ListNewestTasks(below_, kCommandsAtOnce));
    ended_ = rows_.size() < kCommandsAtOnce;
    read_ += rows_.size();
    std::reverse(rows_.begin(), rows_.end());
  }
}

TaskKey CommandCursor::place() const {
  if (!rows_.empty()) return rows_.back().spec->key;
  return static_cast<TaskKey>(static_cast<std::int64_t>(*below_) - 1);
}

absl::StatusOr<NodeSearch::Result> NodeSearch::Find(const TaskExecution& task, Ordinal from,
                                                    const std::string& node) {
  Result result;
  const TaskProgress& progress = task.progress;
  result.searched = std::min(progress.count, from + left_);
  LULL_ASSIGN_OR_RETURN(const auto at, runs_.FindTarget(task.spec->snapshot, progress.first + from,
                                                        progress.first + result.searched, node));
  if (at) {
    result.found = *at - progress.first;
    result.searched = *result.found + 1;
  }
  left_ -= std::max<Ordinal>(result.searched - from, 0);
  return result;
}

absl::StatusOr<std::optional<InvocationPlace>> ReadPlace(const std::string& list,
                                                         const std::string& token) {
  auto place = DecodeInvocationPlace(list, token);
  if (place.ok()) return place;
  return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidNextToken",
                       FromAbsl(place.status().message()));
}

}  // namespace lull
