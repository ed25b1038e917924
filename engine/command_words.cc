#include "engine/command_words.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/invocation_page.h"
#include "engine/schedule/date_time.h"

namespace lull {
namespace {

/// The values that the filter Status may have, with the status that reads so; those without one are
/// the API's, and nothing of ours ever is that.
struct Word {
  std::string_view word;
  std::optional<Status> status;
};
constexpr std::array kWords = {
    Word{"Pending", Status::kPending},
    Word{"InProgress", Status::kInProgress},
    Word{"Success", Status::kSuccess},
    Word{"Cancelled", Status::kCancelled},
    Word{"Cancelling", Status::kCancelling},
    Word{"Failed", Status::kFailed},
    Word{"TimedOut", Status::kTimedOut},
    Word{"DeliveryTimedOut", Status::kTimedOut},
    Word{"ExecutionTimedOut", Status::kTimedOut},
    Word{"Terminated", Status::kCancelled},
    Word{"Delayed", std::nullopt},
    Word{"AccessDenied", std::nullopt},
    Word{"Incomplete", std::nullopt},
    Word{"NoInstancesInTag", std::nullopt},
    Word{"LimitExceeded", std::nullopt},
    Word{"Undeliverable", std::nullopt},
    Word{"InvalidPlatform", std::nullopt},
};

std::string_view WordOf(Status status) {
  switch (status) {
    case Status::kPending:
      return "Pending";
    case Status::kInProgress:
      return "InProgress";
    case Status::kSuccess:
      return "Success";
    case Status::kFailed:
      return "Failed";
    case Status::kTimedOut:
      return "TimedOut";
    case Status::kCancelling:
      return "Cancelling";
    case Status::kCancelled:
    case Status::kSkippedOverlapping:  // no task is
      return "Cancelled";
  }
  return "?";
}

CommandState StateOf(Status status, bool started, ClosedBy closed_by) {
  const std::string_view word = WordOf(status);
  if (status == Status::kTimedOut) {
    return {word, started ? "ExecutionTimedOut" : "DeliveryTimedOut"};
  }
  if (status == Status::kCancelled && !started && closed_by == ClosedBy::kMaxErrors) {
    return {word, "Terminated"};
  }
  return {word, word};
}

}  // namespace

CommandState StateOf(const TaskProgress& task) {
  return StateOf(task.status, task.timed_out > 0, task.closed_by);
}

CommandState StateOf(const TaskProgress& task, Ordinal ordinal, const Finish* finish) {
  return StateOf(StatusOf(task, ordinal, finish), ordinal < task.next, task.closed_by);
}

bool IsCommand(const TaskExecution& task) {
  return task.spec->type == TaskType::kRunCommand && task.progress.next > 0;
}

std::string FormatIsoDuration(absl::Duration duration) {
  const std::int64_t hours = absl::IDivDuration(duration, absl::Hours(1), &duration);
  const std::int64_t minutes = absl::IDivDuration(duration, absl::Minutes(1), &duration);
  const std::int64_t millis = absl::ToInt64Milliseconds(duration);
  std::string text = "PT";
  if (hours > 0) absl::StrAppend(&text, hours, "H");
  if (minutes > 0) absl::StrAppend(&text, minutes, "M");
  if (millis == 0 && text.size() > 2) return text;
  std::string seconds = absl::StrFormat("%d.%03d", millis / 1000, millis % 1000);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  return absl::StrCat(text, seconds, "S");
}

absl::StatusOr<CommandFilters> CommandFilters::Parse(
    const google::protobuf::RepeatedPtrField<v1::CommandFilter>& filters, Of of) {
  CommandFilters parsed;
  for (const v1::CommandFilter& filter : filters) LULL_RETURN_IF_ERROR(parsed.Add(filter, of));
  return parsed;
}

absl::Status CommandFilters::Add(const v1::CommandFilter& filter, Of of) {
  const std::string& value = filter.value();
  if (filter.key() == "InvokedAfter") {
    LULL_ASSIGN_OR_RETURN(const absl::Time at, ParseDateTime(value));
    after_ = std::max(at, after_.value_or(at));
  } else if (filter.key() == "InvokedBefore") {
    LULL_ASSIGN_OR_RETURN(const absl::Time at, ParseDateTime(value));
    before_ = std::min(at, before_.value_or(at));
  } else if (filter.key() == "DocumentName") {
    documents_.push_back(value);
  } else if (filter.key() == "Status") {
    return AddWord(value);
  } else if (of == Of::kInvocations) {
    return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidFilterKey",
                         absl::StrCat("The filter key ", filter.key(),
                                      " is of ListCommands only. Use InvokedAfter, InvokedBefore, "
                                      "Status or DocumentName."));
  } else if (value != "Executing" && value != "Complete") {
    return Invalid("The value ", value,
                   " of filter ExecutionStage is not valid. Use Executing or Complete.");
  } else {
    const bool complete = value == "Complete";
    no_stage_ = no_stage_ || complete_.value_or(complete) != complete;
    complete_ = complete;
  }
  return absl::OkStatus();
}

absl::Status CommandFilters::AddWord(const std::string& word) {
  const auto row = std::find_if(kWords.begin(), kWords.end(),
                                [&](const Word& known) { return known.word == word; });
  if (row == kWords.end()) {
    return Invalid("The value ", word,
                   " of filter Status is not valid. Use Pending, InProgress, Success, Cancelled, "
                   "Cancelling, Failed, TimedOut, DeliveryTimedOut, ExecutionTimedOut or "
                   "Terminated.");
  }
  std::set<Status> admitted;
  if (row->status && (words_.empty() || statuses_.count(*row->status) != 0)) {
    admitted.insert(*row->status);
  }
  statuses_ = std::move(admitted);
  words_.push_back(word);
  return absl::OkStatus();
}

bool CommandFilters::AdmitsCommand(const TaskExecution& task) const {
  const absl::Time at = task.progress.started_at.value_or(absl::InfinitePast());
  if ((after_ && at < *after_) || (before_ && at >= *before_)) return false;
  const std::string& document = task.spec->task_arn;
  return std::all_of(documents_.begin(), documents_.end(), [&](const std::string& name) {
    return document == name || absl::EndsWith(document, absl::StrCat(":document/", name));
  });
}

bool CommandFilters::AdmitsState(const CommandState& state) const {
  return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
    return word == state.status || word == state.details;
  });
}

bool CommandFilters::AdmitsStage(const TaskProgress& task) const {
  return !no_stage_ && (!complete_ || *complete_ == IsFinal(Level::kTask, task.status));
}

}  // namespace lull
