#pragma once

#include <cstdint>
#include <limits>

#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/nodes.h"
#include "engine/model/states.h"
#include "storage/node_names.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

// What a stored number may be. An enum that grows grows here and in a migration of the CHECK.

template <>
struct Greatest<Status> {
  static constexpr auto kValue = static_cast<std::int64_t>(Status::kSkippedOverlapping);
};
template <>
struct Greatest<Level> {
  static constexpr auto kValue = static_cast<std::int64_t>(Level::kInvocation);
};
template <>
struct Greatest<ClosedBy> {
  static constexpr auto kValue = static_cast<std::int64_t>(ClosedBy::kFailed);
};
template <>
struct Greatest<Reason> {
  static constexpr auto kValue = static_cast<std::int64_t>(Reason::kParameters);
};
template <>
struct Greatest<CancelPolicy> {
  static constexpr auto kValue = static_cast<std::int64_t>(CancelPolicy::kStop);
};
template <>
struct Greatest<ResourceType> {
  static constexpr auto kValue = static_cast<std::int64_t>(ResourceType::kResourceGroup);
};
template <>
struct Greatest<TaskType> {
  static constexpr auto kValue = static_cast<std::int64_t>(TaskType::kLambda);
};
template <>
struct Greatest<CutoffBehavior> {
  static constexpr auto kValue = static_cast<std::int64_t>(CutoffBehavior::kCancelTask);
};
template <>
struct Greatest<Platform> {
  static constexpr auto kValue = static_cast<std::int64_t>(Platform::kMacOs);
};
template <>
struct Greatest<NamePacking> {
  static constexpr auto kValue = static_cast<std::int64_t>(NamePacking::kShared);
};
template <>
struct Greatest<ExecutionKey> {
  static constexpr std::int64_t kValue = std::numeric_limits<std::int64_t>::max();
};
template <>
struct Greatest<TaskKey> {
  static constexpr std::int64_t kValue = kMaxTaskKey;
};
template <>
struct Greatest<Epoch> {
  static constexpr std::int64_t kValue = std::numeric_limits<std::int64_t>::max();
};

}  // namespace lull::storage
