#pragma once

#include <optional>
#include <string>
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
};

/// What targets of a type may look like where they are registered or asked for (spec A.8): how
/// many, of which keys, with which values. Error: kInvalidArgument with the API's sentence.
absl::Status CheckTargets(ResourceType type, const std::vector<TargetSelector>& selectors);

/// That no key is one of those that AWS keeps for itself. Error: kInvalidArgument.
absl::Status CheckTagKeys(const google::protobuf::RepeatedPtrField<v1::Tag>& tags);

}  // namespace lull
