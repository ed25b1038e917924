#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"
#include "engine/ports/runner.h"

namespace lull {

/// An invocation ended, as its runner reported it.
struct FinishEvent {
  InvocationRef ref;
  Outcome outcome;
};

/// A cancel of an execution that is (or was a moment ago) active.
struct CancelEvent {
  ExecutionId execution;
  CancelRequest request;
};

/// One step of a PENDING execution's resolution.
struct StageEvent {
  ExecutionKey execution{};
  bool drop_first = false;  ///< remove what an earlier try staged
  std::vector<SnapshotChunk> chunks;
  /// All is resolved: what each snapshot came to.
  struct Snapshot {
    Ordinal count = 0;
    std::string error;
  };
  std::optional<std::map<TaskKey, Snapshot>> done;
};

/// A change that someone waits for, in the lane ahead of the finishes.
/// Lives on the waiting caller's stack; guarded by the runtime's mutex until done.
struct ControlRequest {
  std::variant<Change, CancelEvent, StageEvent> what;
  bool done = false;
  ExecutionKey execution{};  ///< of a cancel: the execution it found active
  absl::Status status;       ///< why it could not be stored, if so
  ChangeResult result;       ///< of a Change
};

}  // namespace lull
