#include "tests/engine/model/state_machine_text.h"

#include <string_view>

#include "engine/model/states.h"

namespace lull {
namespace {

constexpr ClosedBy kClosers[] = {ClosedBy::kNone, ClosedBy::kCancel, ClosedBy::kCutoff,
                                 ClosedBy::kMaxErrors, ClosedBy::kFailed};

std::string Title(Level level) {
  switch (level) {
    case Level::kExecution:
      return "Window execution";
    case Level::kTask:
      return "Task execution";
    case Level::kInvocation:
      return "Invocation";
  }
  return "?";
}

std::string Meaning(Trigger trigger) {
  switch (trigger) {
    case Trigger::kStart:
      return "an execution opens, a task is started, an invocation is claimed";
    case Trigger::kSucceed:
      return "all the work is done and good";
    case Trigger::kFail:
      return "more errors than MaxErrors allows, targets that can't be resolved, nothing that "
             "could be "
             "delivered, a task that failed";
    case Trigger::kTimeOut:
      return "the cutoff came first, or a time-out of the work";
    case Trigger::kDrain:
      return "asked to end while work is in flight: nothing new is admitted";
    case Trigger::kCancel:
      return "asked to end, and nothing is in flight (any more)";
  }
  return "?";
}

std::string CloserName(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::kNone:
      return "nothing: the task is open";
    case ClosedBy::kCancel:
      return "cancel";
    case ClosedBy::kCutoff:
      return "cutoff";
    case ClosedBy::kMaxErrors:
      return "max_errors";
    case ClosedBy::kFailed:
      return "failed";
  }
  return "?";
}

std::string EndOfTask(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::kNone:
      return "runs over all its targets; then its own outcome";
    case ClosedBy::kCancel:
      return "not started: CANCELLED. Cut off while running: CANCELLING, then CANCELLED. Of one "
             "that "
             "had handed over all its targets: its own outcome";
    case ClosedBy::kCutoff:
      return "TIMED_OUT";
    case ClosedBy::kMaxErrors:
      return "FAILED";
    case ClosedBy::kFailed:
      return "FAILED";
  }
  return "?";
}

std::string Text(std::string_view text) { return std::string(text); }

bool IsUsed(Level level, Status status) {
  for (const Transition& row : kTransitions) {
    if (row.level == level && (row.from == status || row.to == status)) return true;
  }
  return false;
}

void AddDiagram(Level level, std::string& page) {
  page += "```mermaid\nstateDiagram-v2\n  [*] --> PENDING\n";
  if (level == Level::kExecution) page += "  [*] --> SKIPPED_OVERLAPPING\n";
  for (const Transition& row : kTransitions) {
    if (row.level != level) continue;
    page += "  " + Text(Name(row.from)) + " --> " + Text(Name(row.to)) + ": " +
            Text(Name(row.trigger)) + "\n";
  }
  for (const Status status : kAllStatuses) {
    const bool created = level == Level::kExecution && status == Status::kSkippedOverlapping;
    if (IsFinal(level, status) && (created || IsUsed(level, status))) {
      page += "  " + Text(Name(status)) + " --> [*]\n";
    }
  }
  page += "```\n\n";
}

void AddTable(Level level, std::string& page) {
  page += "| from |";
  for (const Trigger trigger : kAllTriggers) page += " " + Text(Name(trigger)) + " |";
  page += "\n|---|";
  for ([[maybe_unused]] const Trigger trigger : kAllTriggers) page += "---|";
  page += "\n";
  for (const Status from : kAllStatuses) {
    if (IsFinal(level, from)) continue;
    page += "| " + Text(Name(from)) + " |";
    for (const Trigger trigger : kAllTriggers) {
      const auto to = Next(level, from, trigger);
      page += " " + (to ? Text(Name(*to)) : "refused") + " |";
    }
    page += "\n";
  }
  page += "\n";
}

}  // namespace

std::string StatesPage() {
  std::string page =
      "# The state machine\n\n"
      "<!-- Generated from engine/model/states.h. To rewrite it:\n"
      "     bazel run //tests/engine/model:state_machine_page -- \"$PWD/docs/state_machine.md\" "
      "-->\n"
      "\n"
      "Every move of a status is a row of one table, `kTransitions` in `engine/model/states.h`. A "
      "move\n"
      "that is not in it is refused, logged, and never applied. A status without a way out is "
      "final.\n"
      "The same eight statuses serve all three levels; only executions are ever "
      "SKIPPED_OVERLAPPING,\n"
      "and only from the start.\n\n"
      "| trigger | what it says |\n|---|---|\n";
  for (const Trigger trigger : kAllTriggers) {
    page += "| " + Text(Name(trigger)) + " | " + Meaning(trigger) + " |\n";
  }
  page += "\n";
  for (const Level level : kAllLevels) {
    page += "## " + Title(level) + "\n\n";
    AddDiagram(level, page);
    AddTable(level, page);
  }
  page +=
      "## Closers\n\n"
      "A task that is closed admits no more. The first closer wins. A queued invocation has no "
      "row:\n"
      "it reads as its task's closer says.\n\n"
      "| closed by | queued invocations read as | the task |\n|---|---|---|\n";
  for (const ClosedBy closed_by : kClosers) {
    page += "| " + CloserName(closed_by) + " | " + Text(Name(QueuedStatus(closed_by))) + " | " +
            EndOfTask(closed_by) + " |\n";
  }
  page +=
      "\n## What an invocation's status is made of\n\n"
      "One pure function (`InvocationStatus`), the first that applies:\n\n"
      "| it | reads as |\n|---|---|\n"
      "| has a finish row | its outcome |\n";
  page += "| is claimed, and its task has a stop request | " +
          Text(Name(InvocationStatus({{}, true, true, ClosedBy::kNone}))) + " |\n";
  page +=
      "| is claimed | " + Text(Name(InvocationStatus({{}, true, false, ClosedBy::kNone}))) + " |\n";
  page +=
      "| is queued | what the closers' table says |\n\n"
      "## What counts against MaxErrors\n\n"
      "Invocations that are FAILED or TIMED_OUT, the ones among them whose outcome is unknown "
      "after "
      "a\n"
      "restart and those whose target the window does not allow. Not one that is FAILED because it "
      "could\n"
      "not be delivered: MaxErrors is there to stop work that does harm, and a node that can't be "
      "reached\n"
      "says nothing of the work (AWS counts so too). A task none of whose invocations was "
      "delivered "
      "is\n"
      "FAILED all the same: \"" +
      Text(lull::Text(Reason::kUndelivered)) + "\"\n";
  return page;
}

}  // namespace lull
