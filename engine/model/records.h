#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "engine/model/ids.h"
#include "engine/model/states.h"

namespace lull {

/// Who is to be told of changes of statuses.
struct Subscriber {
  std::string name;          ///< kept with its events: under another name it finds none of them
  bool invocations = false;  ///< and of each invocation that finished
};
inline constexpr std::size_t kMaxSubscribers = 16;

/// A status that changed, as one subscriber is to be told of it. Holds all that the message needs:
/// history may be gone before it is sent.
struct StateEvent {
  std::string subscriber;
  std::string id;  ///< of the event; stays the same however often it is sent
  Level level = Level::kExecution;
  absl::Time at;  ///< of the change
  WindowId window;
  ExecutionId execution;
  std::optional<TaskExecutionId> task;  ///< of a task's and an invocation's
  // Of an invocation's.
  std::optional<InvocationId> invocation;
  std::optional<std::string> node;
  std::optional<WindowTargetId> window_target;
  std::optional<std::string> owner_information;
  Status status = Status::kPending;
  std::optional<absl::Time> started_at;
  std::optional<absl::Time> ended_at;
  friend bool operator==(const StateEvent&, const StateEvent&) = default;
};

/// What someone asked for: one line of the audit log.
struct AuditEntry {
  absl::Time at;
  std::string principal;   ///< CallContext's; empty: of a library that gave none
  std::string source;      ///< CallContext's
  std::string request_id;  ///< CallContext's
  std::string operation;   ///< the API's word
  std::string resources;   ///< ids, separated by blanks
  std::string summary;     ///< what was asked for, without secrets; kMaxAuditBytes at most
  std::optional<std::string> error;  ///< the kind of error; nothing: it was applied
  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};
inline constexpr std::size_t kMaxAuditBytes = 500;  ///< of one member of an entry

}  // namespace lull
