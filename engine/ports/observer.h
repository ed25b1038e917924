#pragma once

#include <string_view>

#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"

namespace lull {

/// Is told what happened, after it is durable. Called without locks held, on the engine's or a
/// caller's thread, and by two of them at once when two have something to tell; must return soon.
/// All have an empty default.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void ExecutionMoved(const Execution&) {}
  virtual void TaskMoved(const TaskExecution&) {}
  /// There are new events in the outbox.
  virtual void EventsStored() {}
  /// Something that an operator should read: a store that refuses, a broken schedule, a missed
  /// occurrence, a move that is not in the table.
  virtual void Warn(std::string_view) {}
};

}  // namespace lull
