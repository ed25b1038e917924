#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"

namespace lull {

/// A task execution with the execution that it is part of.
struct Engine::TaskOfExecution {
  Execution execution;
  TaskExecution task;
};

/// A change that creates something, and that thing's id.
struct Engine::Creation {
  Change change;
  std::string id;
};

}  // namespace lull
