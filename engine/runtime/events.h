#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"
#include "engine/ports/runner.h"
#include "engine/runtime/turn.h"

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

/// An execution that no schedule opens: of a window as it was read, whose version is the guard. A
/// conflict: the window, or what is resumed, changed meanwhile; to be read again.
struct StartEvent {
  Window window;
  std::vector<TaskExecution> work;  ///< without keys and ids (engine/core/work.h)
  absl::Duration duration;          ///< from start to end
  StartRequest request;
  std::optional<ExecutionId> resumed_from;
  absl::Duration shift;  ///< of the start, when there is an execution at the instant itself
  std::optional<Token> token;
  absl::Time token_expiry;
  std::string refusal;  ///< why it can't open (RuntimeOptions::refuse)
};

/// An occurrence that is to be passed by, of a window as it was read; conflicts as StartEvent's.
struct SkipEvent {
  Window window;
  Occurrence occurrence;
  std::optional<absl::Time> next;  ///< what is due then
  StartRequest request;            ///< who asked to skip it, and why
  std::string detail;
};

/// A change that someone waits for, in the lane ahead of the finishes.
/// Lives on the waiting caller's stack; the leader's alone until it is answered.
struct ControlRequest {
  std::variant<Change, CancelEvent, StageEvent, StartEvent, SkipEvent> what;
  std::optional<AuditEntry> audit;  ///< kept with what is applied; its instant is the batch's
  bool changed = false;             ///< of a cancel: it changes something
  bool has_effects = true;          ///< its batch may have left something to do
  ExecutionKey execution{};         ///< of a cancel: the execution it found active
  absl::Status status;              ///< why it could not be stored, if so
  ChangeResult result;              ///< of a Change, StartEvent or SkipEvent
  ExecutionId opened;               ///< of a StartEvent or SkipEvent
  Turn turn;
};

}  // namespace lull
