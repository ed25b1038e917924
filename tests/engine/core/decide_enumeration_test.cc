// Every execution that is small enough, every event in every state that can be reached: explored
// breadth first, the rules checked after each event. Nothing is sampled.
#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/decide.h"
#include "gtest/gtest.h"
#include "tests/engine/core/execution_world.h"

namespace lull {
namespace {

constexpr Status kOutcomes[] = {Status::kSuccess, Status::kFailed, Status::kTimedOut,
                                Status::kCancelled};
constexpr CancelPolicy kPolicies[] = {CancelPolicy::kTask, CancelPolicy::kInvocation,
                                      CancelPolicy::kStop};

struct Event {
  std::string name;
  std::function<void(ExecutionWorld&)> apply;
  bool is_cancel = false;
  CancelPolicy policy = CancelPolicy::kTask;
};

bool IsRunning(const TaskProgress& task) {
  return task.status == Status::kInProgress || task.status == Status::kCancelling;
}

bool AllEnded(const ExecutionWorld& world) {
  for (std::size_t i = 0; i < world.kinds.size(); ++i) {
    if (!world.Ended(i)) return false;
  }
  return true;
}

bool PathLeads(Level level, Status from, Status to) {
  if (from == to) return true;
  for (const Transition& row : kTransitions) {
    if (row.level == level && row.from == from && PathLeads(level, row.to, to)) return true;
  }
  return false;
}

std::vector<Event> EventsOf(const ExecutionWorld& world, bool with_holds) {
  std::vector<Event> events;
  if (world.Progress().status == Status::kPending) {
    events.push_back({"open", [](ExecutionWorld& w) { w.Open(); }});
    events.push_back({"refuse", [](ExecutionWorld& w) { w.Refuse(); }});
  }
  for (std::size_t i = 0; i < world.kinds.size(); ++i) {
    const std::string task = " task " + std::to_string(i);
    if (world.CanHandOver(i)) {
      events.push_back({"hand over" + task, [i](ExecutionWorld& w) { w.HandOver(i); }});
    }
    if (!world.CanFinish(i)) continue;
    if (i == 0)
      events.push_back({"can't deliver" + task, [i](ExecutionWorld& w) {
                          w.Finish(i, Status::kFailed, Delivery::kUndelivered);
                        }});
    for (const Status outcome : kOutcomes) {
      const std::string name = "finish" + task + ' ' + std::string(Name(outcome));
      events.push_back({name, [=](ExecutionWorld& w) { w.Finish(i, outcome); }});
      if (!with_holds) continue;
      events.push_back({name + " while admission is held", [=](ExecutionWorld& w) {
                          w.admission = Admission::kHeld;
                          w.Finish(i, outcome);
                          w.admission = Admission::kOpen;
                        }});
    }
  }
  for (const CancelPolicy policy : kPolicies) {
    const std::string name = "cancel " + std::string(Name(policy));
    events.push_back({name, [=](ExecutionWorld& w) { w.Cancel(policy); }, true, policy});
    if (!with_holds) continue;
    events.push_back({name + " while admission is held",
                      [=](ExecutionWorld& w) {
                        w.admission = Admission::kHeld;
                        w.Cancel(policy);
                        w.admission = Admission::kOpen;
                      },
                      true, policy});
  }
  if (world.now < world.state.execution.occurrence.cutoff_at) {
    events.push_back({"cutoff", [](ExecutionWorld& w) { w.PassCutoff(); }});
  }
  if (with_holds) {
    events.push_back({"batch", [](ExecutionWorld& w) {
                        w.notes = {};
                        w.EndBatch();
                      }});
  }
  return events;
}

/// The rules, over one event: what was, what is.
class Rules {
 public:
  Rules(const ExecutionWorld& before, const ExecutionWorld& after, const Event& event)
      : before_(before), after_(after), event_(event) {}

  void CheckAll(bool settled) {
    EXPECT_TRUE(after_.notes.refused.empty()) << after_.notes.refused.front();
    for (std::size_t i = 0; i < after_.kinds.size(); ++i) {
      CheckCounters(i);
      CheckCloser(i);
      CheckLimits(i);
      CheckStart(i);
      CheckMoves(i);
      if (after_.Ended(i)) CheckEnd(i);
    }
    CheckExecution();
    CheckCutoff();
    if (event_.is_cancel) CheckCancel();
    CheckRepetition(settled);
  }

 private:
  void CheckCounters(std::size_t i) {
    const TaskProgress& task = after_.Progress(i);
    EXPECT_LE(0, task.in_flight());
    EXPECT_LE(0, task.undelivered);
    EXPECT_LE(task.undelivered, task.failed);
    EXPECT_LE(task.finished(), after_.handed[i]);
    EXPECT_LE(after_.handed[i], task.next);
    EXPECT_LE(task.next, task.count);
    if (const auto& cancel = after_.Progress().cancel) {
      EXPECT_GE(cancel->queued, 0);
      EXPECT_GE(cancel->in_flight, 0);
    }
  }

  void CheckCloser(std::size_t i) {  // the first closer wins, and nothing is claimed after it
    const TaskProgress& was = before_.Progress(i);
    const TaskProgress& is = after_.Progress(i);
    if (was.closed_by != ClosedBy::kNone) {
      EXPECT_EQ(is.closed_by, was.closed_by);
    }
    if (is.closed_by != ClosedBy::kNone) {
      EXPECT_LE(is.next, was.next);
    }
    // The cursor goes back when a closer comes, and then to what was handed over.
    if (is.next < was.next) {
      EXPECT_EQ(was.closed_by, ClosedBy::kNone);
      EXPECT_NE(is.closed_by, ClosedBy::kNone);
      EXPECT_EQ(is.next, after_.handed[i]);
    }
  }

  void CheckLimits(std::size_t i) {  // R8
    const TaskProgress& task = after_.Progress(i);
    if (after_.Progress().status != Status::kPending) {
      EXPECT_LE(task.in_flight(), std::max<std::int64_t>(task.concurrency_limit, 0)) << "R8";
    }
    if (task.errors() > task.error_limit) {
      EXPECT_TRUE(task.closed_by != ClosedBy::kNone || task.next == task.count) << "R8";
      EXPECT_LE(task.next, before_.Progress(i).next) << "R8";
    }
  }

  void CheckStart(std::size_t i) {  // R7, R9
    const bool started = after_.Progress(i).started_at && !before_.Progress(i).started_at;
    if (!started) return;
    EXPECT_LT(after_.now, after_.state.execution.occurrence.cutoff_at) << "R7";
    EXPECT_FALSE(after_.Progress().cancel.has_value()) << "R1";
    for (std::size_t j = 0; j < after_.kinds.size(); ++j) {
      if (after_.kinds[j].priority < after_.kinds[i].priority) {
        EXPECT_TRUE(after_.Ended(j)) << "R9";
      }
    }
  }

  void CheckMoves(std::size_t i) {  // R10
    EXPECT_TRUE(PathLeads(Level::kTask, before_.Progress(i).status, after_.Progress(i).status));
    if (before_.Ended(i)) {
      EXPECT_EQ(before_.Progress(i), after_.Progress(i)) << "R10";
    }
  }

  void CheckEnd(std::size_t i) {
    const TaskProgress& task = after_.Progress(i);
    EXPECT_EQ(task.in_flight(), 0);
    EXPECT_TRUE(task.ended_at.has_value());
    EXPECT_EQ(task.status, EndStatus(task));
    if (task.closed_by == ClosedBy::kNone) {
      EXPECT_EQ(task.next, task.count);
    }
  }

  static Status EndStatus(const TaskProgress& task) {
    switch (task.closed_by) {
      case ClosedBy::kCancel:
        return Status::kCancelled;
      case ClosedBy::kCutoff:
        return Status::kTimedOut;
      case ClosedBy::kMaxErrors:
      case ClosedBy::kFailed:
        return Status::kFailed;
      case ClosedBy::kNone:
        break;
    }
    const std::int64_t failed = task.failed - task.undelivered;
    const std::int64_t errors = failed + task.timed_out;
    if (errors > 0 && errors >= task.error_limit) {
      return failed > 0 ? Status::kFailed : Status::kTimedOut;
    }
    if (task.count > 0 && task.undelivered == task.count) return Status::kFailed;
    return task.cancelled > 0 ? Status::kCancelled : Status::kSuccess;
  }

  void CheckExecution() {  // R3, R10
    const ExecutionProgress& is = after_.Progress();
    EXPECT_TRUE(PathLeads(Level::kExecution, before_.Progress().status, is.status)) << "R10";
    if (before_.Ended()) {
      EXPECT_EQ(before_.Progress(), is) << "R10: an ended one moved";
    }
    EXPECT_EQ(is.ended_at.has_value(), after_.Ended());
    if (is.status == Status::kPending) return;
    EXPECT_EQ(after_.Ended(), AllEnded(after_)) << "R3";
    if (is.cancel) {
      EXPECT_EQ(is.status, AllEnded(after_) ? Status::kCancelled : Status::kCancelling) << "R3";
    } else if (after_.Ended()) {
      bool failed = false, timed_out = false;
      for (std::size_t i = 0; i < after_.kinds.size(); ++i) {
        const Status status = after_.Progress(i).status;
        failed |= status == Status::kFailed || status == Status::kCancelled;
        timed_out |= status == Status::kTimedOut;
      }
      EXPECT_EQ(is.status, failed      ? Status::kFailed
                           : timed_out ? Status::kTimedOut
                                       : Status::kSuccess);
    }
  }

  void CheckCutoff() {  // R7
    if (after_.now < after_.state.execution.occurrence.cutoff_at) return;
    EXPECT_NE(after_.Progress().status, Status::kPending);
    for (std::size_t i = 0; i < after_.kinds.size(); ++i) {
      const TaskProgress& task = after_.Progress(i);
      EXPECT_NE(task.status, Status::kPending) << "R7";
      if (!IsRunning(task) || after_.kinds[i].behavior != CutoffBehavior::kCancelTask) continue;
      EXPECT_NE(task.closed_by, ClosedBy::kNone) << "R7";
      const bool stops = after_.kinds[i].type == TaskType::kRunCommand;
      if (stops && task.in_flight() > 0) {
        EXPECT_TRUE(task.stop_requested) << "R7";
      }
    }
  }

  void CheckCancel() {  // R1
    if (before_.Ended()) return;
    const CancelRequest& cancel = *after_.Progress().cancel;
    EXPECT_GE(cancel.policy, event_.policy);
    std::int64_t in_flight = 0;
    for (std::size_t i = 0; i < after_.kinds.size(); ++i) {
      const TaskProgress& task = after_.Progress(i);
      EXPECT_NE(task.status, Status::kPending) << "R1";
      if (IsRunning(before_.Progress(i))) {
        in_flight += event_.policy == CancelPolicy::kTask
                         ? before_.Progress(i).in_flight()
                         : after_.handed[i] - before_.Progress(i).finished();
      }
      if (event_.policy == CancelPolicy::kTask || !IsRunning(task)) continue;
      EXPECT_TRUE(task.closed_by != ClosedBy::kNone || after_.handed[i] == task.count) << "R1";
      EXPECT_EQ(task.next, after_.handed[i]) << "R1: claims that no runner heard of";
      if (event_.policy == CancelPolicy::kStop && task.in_flight() > 0) {
        EXPECT_TRUE(task.stop_requested);
      }
    }
    const auto& was = before_.Progress().cancel;
    if (!was || was->policy < event_.policy) {
      EXPECT_EQ(cancel.in_flight, in_flight);
    }
  }

  void CheckRepetition(bool settled) {
    ExecutionWorld again = after_;
    if (settled) {  // nothing more follows from what is
      again.notes = {};
      again.EndBatch();
      EXPECT_EQ(again.Key(), after_.Key());
      EXPECT_TRUE(again.notes.stops.empty()) << "a stop request is noted once";
    }
    if (!event_.is_cancel) return;
    again = after_;
    EXPECT_FALSE(again.Cancel(event_.policy));
    if (settled) {
      EXPECT_EQ(again.Key(), after_.Key()) << "cancel is idempotent";
    }
  }

  const ExecutionWorld& before_;
  const ExecutionWorld& after_;
  const Event& event_;
};

/// Something is always under way: an execution that is not final has work that will end.
void CheckLiveness(const ExecutionWorld& world) {
  if (world.Ended() || world.Progress().status == Status::kPending) return;
  bool moves = false;
  for (std::size_t i = 0; i < world.kinds.size(); ++i) moves |= world.Progress(i).in_flight() > 0;
  EXPECT_TRUE(moves) << "nothing will ever happen again";
}

struct Explored {
  std::size_t executions = 0;
  std::size_t states = 0;
  std::size_t events = 0;
};

void Explore(const std::vector<TaskKind>& kinds, bool with_holds, Explored& explored) {
  ++explored.executions;
  std::set<std::string> seen;
  std::deque<ExecutionWorld> open;
  open.emplace_back(kinds);
  seen.insert(open.front().Key());
  while (!open.empty()) {
    const ExecutionWorld before = std::move(open.front());
    open.pop_front();
    if (!with_holds) CheckLiveness(before);
    for (const Event& event : EventsOf(before, with_holds)) {
      ++explored.events;
      ExecutionWorld after = before;
      event.apply(after);
      Rules(before, after, event).CheckAll(!with_holds);
      if (testing::Test::HasFailure()) {
        FAIL() << "before: " << before.Text() << "\nevent:  " << event.name
               << "\nafter:  " << after.Text();
      }
      if (seen.insert(after.Key()).second) open.push_back(std::move(after));
    }
  }
  explored.states += seen.size();
}

void Print(const char* what, const Explored& explored) {
  std::cout << what << ": " << explored.executions << " executions, " << explored.states
            << " states, " << explored.events << " events\n";
  testing::Test::RecordProperty("states", static_cast<int>(explored.states));
}

constexpr CutoffBehavior kBehaviors[] = {CutoffBehavior::kContinueTask,
                                         CutoffBehavior::kCancelTask};
constexpr TaskType kTypes[] = {TaskType::kRunCommand, TaskType::kAutomation};

std::vector<TaskKind> AllKinds(Ordinal max_count) {
  std::vector<TaskKind> kinds;
  for (Ordinal count = 0; count <= max_count; ++count) {
    for (const std::int64_t concurrency : {1, 2}) {
      for (const std::int64_t errors : {0, 1}) {
        for (const CutoffBehavior behavior : kBehaviors) {
          for (const TaskType type : kTypes) {
            kinds.push_back({0, count, concurrency, errors, behavior, type, false});
          }
        }
      }
    }
  }
  kinds.push_back({.unresolvable = true});
  return kinds;
}

TEST(DecideEnumerationTest, OneTaskWhateverHappensKeepsTheRules) {
  Explored explored;
  for (const TaskKind& kind : AllKinds(3)) {
    ASSERT_NO_FATAL_FAILURE(Explore({kind}, false, explored));
  }
  Print("one task", explored);
  EXPECT_GT(explored.states, 5000u);
}

TEST(DecideEnumerationTest, OneTaskWhileAdmissionIsHeldAndGivenKeepsTheRules) {
  Explored explored;
  for (const TaskKind& kind : AllKinds(3)) {
    ASSERT_NO_FATAL_FAILURE(Explore({kind}, true, explored));
  }
  Print("one task, admission held now and then", explored);
}

/// Few enough to be combined, different enough to meet.
const std::vector<TaskKind>& SomeKinds() {
  static const std::vector<TaskKind> kinds = {
      {.count = 0},
      {.count = 1},
      {.count = 2, .behavior = CutoffBehavior::kCancelTask},
      {.count = 2, .errors = 1, .type = TaskType::kAutomation},
      {.count = 2,
       .concurrency = 2,
       .behavior = CutoffBehavior::kCancelTask,
       .type = TaskType::kAutomation},
      {.unresolvable = true}};
  return kinds;
}

TEST(DecideEnumerationTest, TwoTasksOfTheSameAndOfDifferentPrioritiesKeepTheRules) {
  Explored explored;
  for (const TaskKind& first : SomeKinds()) {
    for (const TaskKind& second : SomeKinds()) {
      for (const std::int64_t priority : {0, 1}) {
        TaskKind later = second;
        later.priority = priority;
        ASSERT_NO_FATAL_FAILURE(Explore({first, later}, false, explored));
      }
    }
  }
  Print("two tasks", explored);
}

TEST(DecideEnumerationTest, ThreeTasksInEveryOrderOfPrioritiesKeepTheRules) {
  Explored explored;
  const std::vector<TaskKind> kinds = {
      {.count = 1},
      {.count = 1, .errors = 1, .behavior = CutoffBehavior::kCancelTask},
      {.unresolvable = true}};
  const std::vector<std::vector<std::int64_t>> orders = {
      {0, 0, 0}, {0, 0, 1}, {0, 1, 1}, {0, 1, 2}};
  for (const auto& order : orders) {
    for (const TaskKind& first : kinds) {
      for (const TaskKind& second : kinds) {
        for (const TaskKind& third : kinds) {
          std::vector<TaskKind> all = {first, second, third};
          for (std::size_t i = 0; i < all.size(); ++i) all[i].priority = order[i];
          ASSERT_NO_FATAL_FAILURE(Explore(all, false, explored));
        }
      }
    }
  }
  Print("three tasks", explored);
}

}  // namespace
}  // namespace lull
