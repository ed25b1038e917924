#include "tests/sim/checkers.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/engine.h"

namespace lull::sim {
namespace {

template <typename... Args>
void Fail(Facts& facts, const Args&... args) {
  facts.violations.push_back(absl::StrCat(args...));
}

template <class T>
T Read(absl::StatusOr<T> value) {
  LULL_CHECK(value.ok());
  return *std::move(value);
}

constexpr std::size_t kManyEvents = 1'000'000;

bool Reachable(Level level, Status from, Status to) {
  std::set<Status> reached = {from};
  for (bool grew = true; grew;) {
    grew = false;
    for (const Transition& row : kTransitions) {
      if (row.level == level && reached.count(row.from) != 0) grew |= reached.insert(row.to).second;
    }
  }
  return reached.count(to) != 0;
}

bool Ended(const Execution& execution) {
  return IsFinal(Level::kExecution, execution.progress.status);
}

bool Ended(const Picture::Task& task) { return IsFinal(Level::kTask, task.row.progress.status); }

}  // namespace

Picture Take(Store& store, const std::vector<WindowId>& windows) {
  Picture picture;
  for (const WindowId& window : windows) {
    RunReader::ExecutionQuery query;
    query.window = window;
    query.limit = 1000000;
    for (Execution& execution : Read(store.runs().ListExecutions(query))) {
      Picture::Run& run = picture.runs.emplace_back();
      for (TaskExecution& task : Read(store.runs().ListTaskExecutions(execution.key))) {
        Picture::Task& added = run.tasks.emplace_back();
        added.finishes = Read(store.runs().ListFinishes({task.spec->key, 0, {}, 1000000}));
        added.row = std::move(task);
      }
      run.row = std::move(execution);
    }
  }
  std::sort(picture.runs.begin(), picture.runs.end(),
            [](const Picture::Run& a, const Picture::Run& b) { return a.row.key < b.row.key; });
  return picture;
}

void Checkers::Check(Store& store, const std::vector<WindowId>& windows, absl::Time now,
                     Facts& facts) {
  latest_ = std::max(latest_, now);
  const Picture picture = Take(store, windows);
  StatusesMoveAlongTheTable(picture, facts);
  CancelledEndsWithItsTasks(picture, facts);
  OutcomesAreRecordedOnce(picture, facts);
  WhatWasAcknowledgedIsThere(store, picture, facts);
  OneActiveExecutionAWindow(picture, facts);
  OneExecutionAnOccurrence(picture, facts);
  NothingStartsAtTheCutoff(picture, facts);
  LimitsHold(picture, facts);
  PrioritiesInOrder(picture, facts);
  EventsTellTheStory(store, picture, facts);
}

void Checkers::StatusesMoveAlongTheTable(const Picture& picture, Facts& facts) {
  const auto see = [&](Level level, const std::string& id, Status status) {
    const auto [it, first] = seen_.emplace(id, status);
    if (!first && !Reachable(level, it->second, status)) {
      Fail(facts, "R10: ", id, " went from ", ToAbsl(Name(it->second)), " to ",
           ToAbsl(Name(status)));
    }
    it->second = status;
  };
  for (const Picture::Run& run : picture.runs) {
    see(Level::kExecution, run.row.id.value(), run.row.progress.status);
    for (const Picture::Task& task : run.tasks) {
      see(Level::kTask, task.row.spec->id.value(), task.row.progress.status);
    }
  }
}

void Checkers::EventsTellTheStory(Store& store, const Picture& picture, Facts& facts) {
  for (const auto& [seq, event] :
       Read(store.outbox().ListEvents(kSubscriber, told_up_to_, kManyEvents))) {
    told_up_to_ = seq;
    if (!told_events_.insert(event.id).second) Fail(facts, "events: one came twice: ", event.id);
    if (event.level == Level::kInvocation) {
      ++told_finishes_[{event.task->value(), event.status}];
      continue;
    }
    const std::string& id = event.task ? event.task->value() : event.execution.value();
    const auto [before, first] = told_.emplace(id, event.status);
    if (!first &&
        (before->second == event.status || !Reachable(event.level, before->second, event.status))) {
      Fail(facts, "events: ", id, " went from ", ToAbsl(Name(before->second)), " to ",
           ToAbsl(Name(event.status)));
    }
    before->second = event.status;
  }
  for (const Picture::Run& run : picture.runs) {
    const auto execution = told_.find(run.row.id.value());
    if (execution == told_.end() || execution->second != run.row.progress.status) {
      Fail(facts, "events: nobody was told what became of execution ", run.row.id.value());
    }
    for (const Picture::Task& task : run.tasks) {
      const std::string& id = task.row.spec->id.value();
      const auto told = told_.find(id);
      const Status status = told == told_.end() ? Status::kPending : told->second;
      if (status != task.row.progress.status) {
        Fail(facts, "events: nobody was told what became of task ", id);
      }
      if (!facts.tells_invocations) continue;
      std::map<Status, std::int64_t> finishes;
      for (const Finish& finish : task.finishes) ++finishes[finish.status];
      for (const auto& [outcome, count] : finishes) {
        if (told_finishes_[{id, outcome}] == count) continue;
        Fail(facts, "events: not each invocation of task ", id, " was told of once");
      }
    }
  }
}

void Checkers::CancelledEndsWithItsTasks(const Picture& picture, Facts& facts) {
  for (const Picture::Run& run : picture.runs) {
    const ExecutionProgress& progress = run.row.progress;
    const bool all_ended = std::all_of(run.tasks.begin(), run.tasks.end(),
                                       [](const auto& task) { return Ended(task); });
    if (!run.tasks.empty() && progress.status != Status::kSkippedOverlapping &&
        Ended(run.row) != all_ended) {
      Fail(facts, "R3: execution ", run.row.id.value(), " is ", ToAbsl(Name(progress.status)),
           " with all tasks ended: ", all_ended);
    }
    if (progress.cancel.has_value() &&
        progress.status != (all_ended ? Status::kCancelled : Status::kCancelling)) {
      Fail(facts, "R3: cancelled execution ", run.row.id.value(), " is ",
           ToAbsl(Name(progress.status)));
    }
    for (const Picture::Task& task : run.tasks) {
      const TaskProgress& row = task.row.progress;
      if (Ended(task) && row.in_flight() != 0) Fail(facts, "R3: ended with work in flight");
      if (Ended(task) && row.closed_by == ClosedBy::kNone && row.next != row.count) {
        Fail(facts, "R3: ended early without a closer");
      }
      if (row.low > row.next || row.next > row.count) Fail(facts, "R3: cursor out of order");
    }
  }
}

void Checkers::OutcomesAreRecordedOnce(const Picture& picture, Facts& facts) {
  for (const Picture::Run& run : picture.runs) {
    for (const Picture::Task& task : run.tasks) {
      const TaskProgress& row = task.row.progress;
      std::map<Status, std::int64_t> counts;
      std::int64_t undelivered = 0;
      for (const Finish& finish : task.finishes) {
        ++counts[finish.status];
        const InvocationRef ref{task.row.spec->key, finish.ordinal};
        undelivered += finish.detail == kUnreachable;
        if (finish.detail == Text(Reason::kNeverStarted) && facts.starts.contains(ref)) {
          Fail(facts, "R4: started, and recorded as never started");
        }
        const bool restarted = finish.detail == Text(Reason::kEngineRestarted) ||
                               finish.detail == Text(Reason::kNeverStarted);
        const auto reported = facts.reported.find(ref);
        if (finish.ordinal >= row.next) Fail(facts, "R2: finished without a claim");
        if (restarted) continue;  // its engine died, maybe between the claim and the start
        if (reported == facts.reported.end()) {
          Fail(facts, "R2: an outcome that nobody reported");
        } else if (finish.status != reported->second &&
                   !(reported->second == Status::kCancelled && finish.status == Status::kFailed &&
                     !row.stop_requested)) {
          // A 'cancelled' that nobody asked for counts as FAILED.
          if (reported->second != Status::kCancelled || finish.status != Status::kFailed) {
            Fail(facts, "R2: recorded ", ToAbsl(Name(finish.status)), ", reported ",
                 ToAbsl(Name(reported->second)));
          }
        }
      }
      if (counts[Status::kSuccess] != row.succeeded || counts[Status::kFailed] != row.failed ||
          counts[Status::kTimedOut] != row.timed_out || undelivered != row.undelivered ||
          counts[Status::kCancelled] != row.cancelled) {
        Fail(facts, "R2: counters and rows of ", task.row.spec->id.value(), " differ");
      }
    }
  }
}

void Checkers::WhatWasAcknowledgedIsThere(Store& store, const Picture& picture, Facts& facts) {
  for (const std::string& window : facts.windows) {
    if (!Read(store.definitions().GetWindow(WindowId(window))).has_value()) {
      Fail(facts, "R5: window ", window, " is gone");
    }
  }
  std::set<std::string> there;
  for (const Picture::Run& run : picture.runs) {
    there.insert(run.row.id.value());
    ended_[run.row.id.value()] = run.row.progress.ended_at;
  }
  for (const std::string& execution : facts.executions) ended_.try_emplace(execution);
  for (const auto& [execution, ended] : ended_) {
    const bool is_old = ended && *ended <= latest_ - EngineOptions().history;
    if (there.count(execution) == 0 && !is_old) {
      Fail(facts, "R5: execution ", execution, " is gone");
    }
  }
  for (const Picture::Run& run : picture.runs) {
    const auto cancel = facts.cancels.find(run.row.id.value());
    if (cancel == facts.cancels.end()) continue;
    if (!run.row.progress.cancel.has_value() || run.row.progress.cancel->policy < cancel->second) {
      Fail(facts, "R5: the cancel of ", run.row.id.value(), " is gone");
    }
  }
}

void Checkers::OneActiveExecutionAWindow(const Picture& picture, Facts& facts) {
  std::set<std::string> active;
  for (const Picture::Run& run : picture.runs) {
    if (!Ended(run.row) && !active.insert(run.row.window.value()).second) {
      Fail(facts, "R6: window ", run.row.window.value(), " has two active executions");
    }
  }
}

void Checkers::OneExecutionAnOccurrence(const Picture& picture, Facts& facts) {
  std::set<std::pair<std::string, absl::Time>> taken;
  for (const Picture::Run& run : picture.runs) {
    if (run.row.progress.reason == Reason::kMissed) continue;
    if (!taken.insert({run.row.window.value(), run.row.occurrence.start_at}).second) {
      Fail(facts, "R6: window ", run.row.window.value(), " has two executions at one start");
    }
  }
}

void Checkers::NothingStartsAtTheCutoff(const Picture& picture, Facts& facts) {
  for (const Picture::Run& run : picture.runs) {
    for (const Picture::Task& task : run.tasks) {
      const auto& started = task.row.progress.started_at;
      if (started.has_value() && *started >= run.row.occurrence.cutoff_at) {
        Fail(facts, "R7: task ", task.row.spec->id.value(), " started at or after the cutoff");
      }
    }
  }
}

void Checkers::LimitsHold(const Picture& picture, Facts& facts) {
  for (const Picture::Run& run : picture.runs) {
    for (const Picture::Task& task : run.tasks) {
      const TaskProgress& row = task.row.progress;
      if (row.in_flight() > row.concurrency_limit) Fail(facts, "R8: too many in flight");
      const std::int64_t errors = row.failed - row.undelivered + row.timed_out;
      if (errors > row.error_limit && row.closed_by == ClosedBy::kNone) {
        Fail(facts, "R8: past MaxErrors and still open");
      }
      if (errors <= row.error_limit && row.closed_by == ClosedBy::kMaxErrors) {
        Fail(facts, "R8: closed by MaxErrors that were not reached");
      }
    }
  }
}

void Checkers::PrioritiesInOrder(const Picture& picture, Facts& facts) {
  for (const Picture::Run& run : picture.runs) {
    for (const Picture::Task& later : run.tasks) {
      if (!later.row.progress.started_at.has_value()) continue;
      for (const Picture::Task& earlier : run.tasks) {
        if (earlier.row.spec->priority >= later.row.spec->priority) continue;
        if (!Ended(earlier)) Fail(facts, "R9: started before a lower priority number had ended");
      }
    }
  }
}

void Checkers::CheckStart(Store& store, const Invocation& invocation, absl::Time,
                          std::size_t in_flight, Facts& facts) {
  if (facts.shut.count(invocation.ref.task) != 0) {
    Fail(facts, "R1: task ", static_cast<std::int64_t>(invocation.ref.task),
         " started something after its cancel had returned");
  }
  const auto execution = Read(store.runs().GetExecution(invocation.execution));
  LULL_CHECK(execution.has_value());
  for (const TaskExecution& task : Read(store.runs().ListTaskExecutions(execution->key))) {
    if (task.spec->key != invocation.ref.task) continue;
    const std::tuple place(task.spec->window_task.value(), task.spec->snapshot,
                           task.progress.first + invocation.ref.ordinal);
    if (++facts.target_starts[place] > 1) {
      Fail(facts, "R4: a target was started again by what its execution was resumed as");
    }
    if (task.progress.next <= invocation.ref.ordinal) {
      Fail(facts, "R4: told to start before the claim was durable");
    }
    if (task.progress.closed_by != ClosedBy::kNone) {
      Fail(facts, "R8: started although the task is closed");
    }
    if (in_flight >= static_cast<std::size_t>(task.progress.concurrency_limit)) {
      Fail(facts, "R8: one more than MaxConcurrency");
    }
  }
}

}  // namespace lull::sim
