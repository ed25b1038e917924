#include "tests/engine/model/promela_text.h"

#include <set>
#include <string_view>

#include "engine/model/states.h"

namespace lull {
namespace {

constexpr ClosedBy kClosers[] = {ClosedBy::kNone, ClosedBy::kCancel, ClosedBy::kCutoff,
                                 ClosedBy::kMaxErrors, ClosedBy::kFailed};

/// As Promela's macros have it: `TIME_OUT`.
std::string Constant(Trigger trigger) {
  switch (trigger) {
    case Trigger::kStart:
      return "START";
    case Trigger::kSucceed:
      return "SUCCEED";
    case Trigger::kFail:
      return "FAIL";
    case Trigger::kTimeOut:
      return "TIME_OUT";
    case Trigger::kDrain:
      return "DRAIN";
    case Trigger::kCancel:
      return "CANCEL";
  }
  return "?";
}

std::string Constant(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::kNone:
      return "NOT_CLOSED";
    case ClosedBy::kCancel:
      return "BY_CANCEL";
    case ClosedBy::kCutoff:
      return "BY_CUTOFF";
    case ClosedBy::kMaxErrors:
      return "BY_MAX_ERRORS";
    case ClosedBy::kFailed:
      return "BY_FAILED";
  }
  return "?";
}

std::string Suffix(Level level) {
  switch (level) {
    case Level::kExecution:
      return "execution";
    case Level::kTask:
      return "task";
    case Level::kInvocation:
      return "invocation";
  }
  return "?";
}

std::string Define(const std::string& name, const std::string& value) {
  return "#define " + name + " " + value + "\n";
}

std::string Constants() {
  std::string text;
  for (const Status status : kAllStatuses) {
    text += Define(std::string(Name(status)), std::to_string(static_cast<int>(status)));
  }
  text += '\n';
  for (const Trigger trigger : kAllTriggers) {
    text += Define(Constant(trigger), std::to_string(static_cast<int>(trigger)));
  }
  text += '\n';
  for (const ClosedBy closed_by : kClosers) {
    text += Define(Constant(closed_by), std::to_string(static_cast<int>(closed_by)));
  }
  return text;
}

std::string MoveOf(Level level) {
  std::string text = "\ninline move_" + Suffix(level) + "(place, trigger) {\n  if\n";
  for (std::size_t row = 0; row < kTransitions.size(); ++row) {
    const Transition& move = kTransitions[row];
    if (move.level != level) continue;
    text += "  :: (place) == " + std::string(Name(move.from)) +
            " && (trigger) == " + Constant(move.trigger) +
            " -> place = " + std::string(Name(move.to)) + "; ROW(" + std::to_string(row) + ");\n";
  }
  return text + "  :: else -> assert(false) /* refused: not in the table */\n  fi\n}\n";
}

std::set<Status> ReachedFrom(Level level, Status from) {
  std::set<Status> reached = {from};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Transition& row : kTransitions) {
      if (row.level == level && reached.count(row.from) != 0) reached.insert(row.to);
    }
  }
  return reached;
}

/// Most invocations have no row, so nothing moves them: what they read as before a commit and after
/// it is held against the table.
std::string Seen(Level level) {
  std::string text = "\ninline see_" + Suffix(level) + "(from, to) {\n  if\n  :: (from) == (to)\n";
  std::set<std::pair<Status, Status>> direct;
  for (std::size_t row = 0; row < kTransitions.size(); ++row) {
    const Transition& move = kTransitions[row];
    if (move.level != level) continue;
    direct.emplace(move.from, move.to);
    text += "  :: (from) == " + std::string(Name(move.from)) +
            " && (to) == " + std::string(Name(move.to)) + " -> ROW(" + std::to_string(row) + ");\n";
  }
  for (const Status from : kAllStatuses) {
    for (const Status to : ReachedFrom(level, from)) {
      if (from == to || direct.count({from, to}) != 0) continue;
      text += "  :: (from) == " + std::string(Name(from)) + " && (to) == " + std::string(Name(to)) +
              " /* several rows in one commit */\n";
    }
  }
  return text + "  :: else -> assert(false) /* no path in the table */\n  fi\n}\n";
}

std::string FinalMacro(Level level, const std::string& name) {
  std::string text;
  for (const Status status : kAllStatuses) {
    if (IsFinal(level, status)) continue;
    text += (text.empty() ? "" : " && ") + ("(status) != " + std::string(Name(status)));
  }
  return Define(name + "(status)", "(" + text + ")");
}

std::string QueuedMacro() {
  std::string text = std::string(Name(QueuedStatus(ClosedBy::kNone)));
  for (const ClosedBy closed_by : kClosers) {
    if (closed_by == ClosedBy::kNone) continue;
    text = "((closed) == " + Constant(closed_by) + " -> " +
           std::string(Name(QueuedStatus(closed_by))) + " : " + text + ")";
  }
  return Define("QUEUED_STATUS(closed)", text);
}

}  // namespace

std::string PromelaTransitions() {
  std::string text =
      "/* Generated from engine/model/states.h. To rewrite it:\n"
      "   bazel run //tests/engine/model:state_machine_page -- "
      "\"$PWD/docs/model/transitions.pml\"\n"
      "\n"
      "   ROW(n): row n of kTransitions was used (see coverage.pml). */\n\n";
  text += Define("ROWS", std::to_string(kTransitions.size())) + "\n" + Constants() + "\n";
  text += FinalMacro(Level::kExecution, "EXECUTION_FINAL");
  text += FinalMacro(Level::kTask, "TASK_FINAL");
  text += QueuedMacro();
  text += MoveOf(Level::kExecution) + MoveOf(Level::kTask);
  return text + Seen(Level::kInvocation);
}

}  // namespace lull
