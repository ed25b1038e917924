#pragma once

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "tests/engine/engine_world.h"

namespace lull {

/// An engine with something of everything: a fleet, windows with targets and tasks, executions that
/// run, have ended and were cancelled. Every operation of the API has a request that it answers
/// there. Deterministic: two of them are alike, ids too.
struct OperationsWorld {
  OperationsWorld();

  /// Requests, one of each operation at least. Each is answered OK when nothing was asked before.
  std::vector<std::unique_ptr<google::protobuf::Message>> Requests() const;

  EngineWorld world;
  std::string window;     ///< its execution is in progress
  std::string spare;      ///< has nothing
  std::string startable;  ///< has a task, and no execution
  std::string target;     ///< of `window`: by a group and by tags
  std::string task;       ///< of `window`, on three nodes
  std::string resumable;  ///< an execution that was cancelled
  std::string ended;      ///< an execution that succeeded
  std::string execution;  ///< of `window`: one invocation ended, two in flight
  std::string command;    ///< of `execution`, that of `task`
  std::string invocation;

 private:
  std::string RegisterTarget();
  std::string RegisterTask(const std::string& of_window, const std::vector<std::string>& values,
                           const std::string& key = "InstanceIds");
  std::string Start(const std::string& of_window);
};

}  // namespace lull
