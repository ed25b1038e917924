#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/ports/store.h"
#include "tests/sim/world.h"

namespace lull::sim {

/// Everything that the store holds of runs, read through its port.
struct Picture {
  struct Task {
    TaskExecution row;
    std::vector<Finish> finishes;
  };
  struct Run {
    Execution row;
    std::vector<Task> tasks;
  };
  std::vector<Run> runs;  // by key
};

/// The subscriber of the simulation, who is told of everything.
inline constexpr char kSubscriber[] = "sim";

Picture Take(Store& store, const std::vector<WindowId>& windows);

/// The rules of docs/architecture.md, each checked over a picture of the store and the facts
/// outside of it. A violation is appended to facts.violations, with the rule's number. Those that
/// look at the instant of a start (R1, R4, R7, R8, R9) are CheckStart.
class Checkers {
 public:
  /// After every step. `windows` are all that ever were; `now` is the wall time.
  void Check(Store& store, const std::vector<WindowId>& windows, absl::Time now, Facts& facts);
  /// Inside of each Start, before the invocation counts as in flight.
  static void CheckStart(Store& store, const Invocation& invocation, absl::Time now,
                         std::size_t in_flight, Facts& facts);

 private:
  void StatusesMoveAlongTheTable(const Picture& picture, Facts& facts);                 // R10
  static void CancelledEndsWithItsTasks(const Picture& picture, Facts& facts);          // R3
  static void OutcomesAreRecordedOnce(const Picture& picture, Facts& facts);            // R2
  void WhatWasAcknowledgedIsThere(Store& store, const Picture& picture, Facts& facts);  // R5
  static void OneActiveExecutionAWindow(const Picture& picture, Facts& facts);          // R6
  static void OneExecutionAnOccurrence(const Picture& picture, Facts& facts);           // R6
  static void NothingStartsAtTheCutoff(const Picture& picture, Facts& facts);           // R7
  static void LimitsHold(const Picture& picture, Facts& facts);                         // R8
  static void PrioritiesInOrder(const Picture& picture, Facts& facts);                  // R9
  /// The outbox gets each status that each execution and task has, once and in order, and the
  /// outcome of each invocation once.
  void EventsTellTheStory(Store& store, const Picture& picture, Facts& facts);

  std::map<std::string, Status> seen_;
  std::int64_t told_up_to_ = 0;         ///< the place of the last event seen
  std::set<std::string> told_events_;   ///< their ids
  std::map<std::string, Status> told_;  ///< the last that was told, by id
  std::map<std::pair<std::string, Status>, std::int64_t> told_finishes_;  ///< by task
  /// Executions that were there, and since when they have ended: history goes by that.
  std::map<std::string, std::optional<absl::Time>> ended_;
  absl::Time latest_ = absl::InfinitePast();  ///< of all wall times
};

}  // namespace lull::sim
