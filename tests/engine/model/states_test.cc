#include "engine/model/states.h"

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace lull {
namespace {

// What the machine should do, written down a second time and in words: level, status, and where
// each trigger leads, in the order start, succeed, fail, time out, drain, cancel. A dash is a move
// that must be refused.
constexpr char kExpected[] = R"(
level       status               start        succeed  fail    time-out   drain       cancel
execution   PENDING              IN_PROGRESS  SUCCESS  FAILED  TIMED_OUT  -           CANCELLED
execution   IN_PROGRESS          -            SUCCESS  FAILED  TIMED_OUT  CANCELLING  CANCELLED
execution   SUCCESS              -            -        -       -          -           -
execution   FAILED               -            -        -       -          -           -
execution   TIMED_OUT            -            -        -       -          -           -
execution   CANCELLING           -            -        -       -          -           CANCELLED
execution   CANCELLED            -            -        -       -          -           -
execution   SKIPPED_OVERLAPPING  -            -        -       -          -           -
task        PENDING              IN_PROGRESS  -        FAILED  TIMED_OUT  -           CANCELLED
task        IN_PROGRESS          -            SUCCESS  FAILED  TIMED_OUT  CANCELLING  CANCELLED
task        SUCCESS              -            -        -       -          -           -
task        FAILED               -            -        -       -          -           -
task        TIMED_OUT            -            -        -       -          -           -
task        CANCELLING           -            -        -       -          -           CANCELLED
task        CANCELLED            -            -        -       -          -           -
task        SKIPPED_OVERLAPPING  -            -        -       -          -           -
invocation  PENDING              IN_PROGRESS  -        FAILED  TIMED_OUT  -           CANCELLED
invocation  IN_PROGRESS          -            SUCCESS  FAILED  TIMED_OUT  CANCELLING  -
invocation  SUCCESS              -            -        -       -          -           -
invocation  FAILED               -            -        -       -          -           -
invocation  TIMED_OUT            -            -        -       -          -           -
invocation  CANCELLING           -            SUCCESS  FAILED  TIMED_OUT  -           CANCELLED
invocation  CANCELLED            -            -        -       -          -           -
invocation  SKIPPED_OVERLAPPING  -            -        -       -          -           -
)";

using Cell = std::tuple<std::string, std::string, Trigger>;

std::map<Cell, std::string> Expected() {
  std::map<Cell, std::string> cells;
  std::istringstream lines(kExpected);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string level, status, to;
    if (!(words >> level >> status) || level == "level") continue;
    for (const Trigger trigger : kAllTriggers) {
      words >> to;
      cells[{level, status, trigger}] = to;
    }
  }
  return cells;
}

TEST(StatesTest, EveryLevelStatusAndTriggerLeadsWhereTheRowsSay) {
  const auto expected = Expected();
  ASSERT_EQ(expected.size(), kAllLevels.size() * kAllStatuses.size() * kAllTriggers.size());
  for (const Level level : kAllLevels) {
    for (const Status from : kAllStatuses) {
      for (const Trigger trigger : kAllTriggers) {
        SCOPED_TRACE(std::string(Name(level)) + " is " + std::string(Name(from)) + ", " +
                     std::string(Name(trigger)));
        const auto to = Next(level, from, trigger);
        EXPECT_EQ(to ? std::string(Name(*to)) : "-",
                  expected.at({std::string(Name(level)), std::string(Name(from)), trigger}));
      }
    }
  }
}

TEST(StatesTest, ALegalMoveIsOneThatSomeTriggerMakes) {
  for (const Level level : kAllLevels) {
    for (const Status from : kAllStatuses) {
      for (const Status to : kAllStatuses) {
        bool some = false;
        for (const Trigger trigger : kAllTriggers) some |= Next(level, from, trigger) == to;
        EXPECT_EQ(IsLegalMove(level, from, to), some);
      }
    }
  }
}

TEST(StatesTest, NoPairOfStatusAndTriggerStandsInTheTableTwice) {
  std::set<std::tuple<Level, Status, Trigger>> seen;
  for (const Transition& row : kTransitions) {
    EXPECT_TRUE(seen.insert({row.level, row.from, row.trigger}).second);
    EXPECT_NE(row.from, row.to);
  }
}

TEST(StatesTest, FinalStatusesAreTheFiveOutcomesAndAbsorbEveryTrigger) {
  const std::set<Status> outcomes = {Status::kSuccess, Status::kFailed, Status::kTimedOut,
                                     Status::kCancelled, Status::kSkippedOverlapping};
  for (const Level level : kAllLevels) {
    for (const Status status : kAllStatuses) {
      EXPECT_EQ(IsFinal(level, status), outcomes.count(status) == 1);
      if (!IsFinal(level, status)) continue;
      for (const Trigger trigger : kAllTriggers) EXPECT_FALSE(Next(level, status, trigger));
    }
  }
}

std::set<Status> ReachedFrom(Level level, Status from) {
  std::set<Status> reached = {from};
  for (std::vector<Status> open = {from}; !open.empty();) {
    const Status at = open.back();
    open.pop_back();
    for (const Trigger trigger : kAllTriggers) {
      const auto to = Next(level, at, trigger);
      if (to && reached.insert(*to).second) open.push_back(*to);
    }
  }
  return reached;
}

TEST(StatesTest, EveryStatusIsReachedFromPendingButTheOneThatRowsAreCreatedWith) {
  for (const Level level : kAllLevels) {
    for (const Status status : kAllStatuses) {
      // Executions are created so; tasks and invocations do not use it.
      EXPECT_EQ(ReachedFrom(level, Status::kPending).count(status) == 1,
                status != Status::kSkippedOverlapping);
    }
  }
}

TEST(StatesTest, FromEveryStatusThatIsNotFinalAFinalOneIsReached) {
  for (const Level level : kAllLevels) {
    for (const Status from : kAllStatuses) {
      bool ends = false;
      for (const Status to : ReachedFrom(level, from)) ends |= IsFinal(level, to);
      EXPECT_TRUE(ends) << Name(level) << ' ' << Name(from);
    }
  }
}

constexpr ClosedBy kAllClosers[] = {ClosedBy::kNone, ClosedBy::kCancel, ClosedBy::kCutoff,
                                    ClosedBy::kMaxErrors, ClosedBy::kFailed};

TEST(StatesTest, AQueuedInvocationReadsAsItsTasksCloserSays) {
  struct Row {
    const char* closer;
    ClosedBy closed_by;
    Status reads_as;
  };
  constexpr Row kRows[] = {{"open", ClosedBy::kNone, Status::kPending},
                           {"cancel", ClosedBy::kCancel, Status::kCancelled},
                           {"cutoff", ClosedBy::kCutoff, Status::kTimedOut},
                           {"max_errors", ClosedBy::kMaxErrors, Status::kCancelled},
                           {"failed", ClosedBy::kFailed, Status::kFailed}};
  for (const Row& row : kRows) EXPECT_EQ(QueuedStatus(row.closed_by), row.reads_as) << row.closer;
}

TEST(StatesTest, AnInvocationsStatusFollowsFromItsFactsWhateverTheyAre) {
  std::vector<std::optional<Status>> outcomes = {std::nullopt};
  for (const Status status : kAllStatuses) {
    if (IsFinal(Level::kInvocation, status) && status != Status::kSkippedOverlapping) {
      outcomes.push_back(status);
    }
  }
  int cases = 0;
  for (const auto& outcome : outcomes) {
    for (const bool claimed : {false, true}) {
      for (const bool stop_requested : {false, true}) {
        for (const ClosedBy closed_by : kAllClosers) {
          ++cases;
          const Status status = InvocationStatus({outcome, claimed, stop_requested, closed_by});
          if (outcome) {
            EXPECT_EQ(status, *outcome);  // its own, whatever became of its task
          } else if (claimed) {
            EXPECT_EQ(status, stop_requested ? Status::kCancelling : Status::kInProgress);
          } else {
            EXPECT_EQ(status, QueuedStatus(closed_by));
          }
          // Never one that the machine of invocations does not have.
          EXPECT_EQ(ReachedFrom(Level::kInvocation, Status::kPending).count(status), 1u);
        }
      }
    }
  }
  EXPECT_EQ(cases, 5 * 2 * 2 * 5);
}

TEST(StatesTest, WhateverHappensToTheFactsTheStatusMovesAlongTheTable) {
  // Facts only grow: a claim, a stop request, a closer, an outcome.
  const auto moves_well = [](const InvocationFacts& before, const InvocationFacts& after) {
    const Status from = InvocationStatus(before);
    return ReachedFrom(Level::kInvocation, from).count(InvocationStatus(after)) == 1;
  };
  for (const bool stop : {false, true}) {
    EXPECT_TRUE(moves_well({{}, false, stop, ClosedBy::kNone}, {{}, true, stop, ClosedBy::kNone}));
    for (const ClosedBy closed_by : kAllClosers) {
      EXPECT_TRUE(moves_well({{}, false, stop, ClosedBy::kNone}, {{}, false, stop, closed_by}));
      EXPECT_TRUE(moves_well({{}, true, false, closed_by}, {{}, true, stop, closed_by}));
      for (const Status outcome :
           {Status::kSuccess, Status::kFailed, Status::kTimedOut, Status::kCancelled}) {
        EXPECT_TRUE(moves_well({{}, true, stop, closed_by}, {outcome, true, stop, closed_by}));
      }
    }
  }
}

TEST(StatesTest, EveryStatusHasANameOfItsOwnThatParsesBack) {
  std::set<std::string_view> names;
  for (const Status status : kAllStatuses) {
    EXPECT_TRUE(names.insert(Name(status)).second);
    EXPECT_EQ(ParseStatus(Name(status)), status);
  }
}

TEST(StatesTest, WhatIsNoStatusParsesToNothing) {
  for (const char* text : {"", "pending", "Success", "PENDING ", "CANCELED", "?", "IN PROGRESS"}) {
    EXPECT_EQ(ParseStatus(text), std::nullopt) << text;
  }
}

TEST(StatesTest, StoredNumbersStayWhatTheyWere) {
  EXPECT_EQ(static_cast<int>(Status::kPending), 0);
  EXPECT_EQ(static_cast<int>(Status::kInProgress), 1);
  EXPECT_EQ(static_cast<int>(Status::kSuccess), 2);
  EXPECT_EQ(static_cast<int>(Status::kFailed), 3);
  EXPECT_EQ(static_cast<int>(Status::kTimedOut), 4);
  EXPECT_EQ(static_cast<int>(Status::kCancelling), 5);
  EXPECT_EQ(static_cast<int>(Status::kCancelled), 6);
  EXPECT_EQ(static_cast<int>(Status::kSkippedOverlapping), 7);
  EXPECT_EQ(static_cast<int>(ClosedBy::kFailed), 4);
  EXPECT_EQ(static_cast<int>(CancelPolicy::kStop), 2);
  EXPECT_EQ(static_cast<int>(Reason::kMissed), 11);
  EXPECT_EQ(static_cast<int>(Reason::kUndelivered), 12);
  EXPECT_EQ(static_cast<int>(Reason::kNeverStarted), 13);
  EXPECT_EQ(static_cast<int>(Reason::kUnassociated), 14);
  EXPECT_EQ(static_cast<int>(Reason::kParameters), 15);
}

TEST(StatesTest, EveryReasonButNoneHasATextThatFitsStatusDetails) {
  for (int reason = 0; reason <= static_cast<int>(Reason::kParameters); ++reason) {
    EXPECT_EQ(Text(static_cast<Reason>(reason)).empty(), reason == 0);
    EXPECT_LE(Text(static_cast<Reason>(reason)).size(), 250u);
  }
}

}  // namespace
}  // namespace lull
