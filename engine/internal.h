#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/engine.h"
#include "engine/model/definitions.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"
#include "google/protobuf/repeated_field.h"
#include "proto/maintenance_windows.pb.h"

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
  std::string full;  ///< what to say when the change's limit is reached
};

/// An update that meets others is read again and decided anew, so many times.
inline constexpr int kUpdateTries = 8;

/// What to say when a limit is reached: how many of `what` there may be, what makes room
/// (`Delete one`), and where to raise it: a member of Limits and an option of `lull serve`.
std::string LimitReached(std::int64_t limit, std::string_view what, std::string_view remedy,
                         std::string_view member, std::string_view flag);

/// What targets of a type may look like where they are registered or asked for (spec A.8): how
/// many, of which keys, with which values. Error: kInvalidArgument with the API's sentence.
absl::Status CheckTargets(ResourceType type, const std::vector<TargetSelector>& selectors);

/// That no key is one of those that AWS keeps for itself. Error: kInvalidArgument.
absl::Status CheckTagKeys(const google::protobuf::RepeatedPtrField<v1::Tag>& tags);

}  // namespace lull
