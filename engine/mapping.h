#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/model/runs.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_field.h"
#include "proto/maintenance_windows.pb.h"

namespace lull {

// The small conversions between the API's messages and the model that every noun shares.

/// Seconds since the epoch, with milliseconds: the wire's timestamps (spec B.4).
double ToWire(absl::Time at);

std::string_view Name(ResourceType type);
std::string_view Name(CutoffBehavior behavior);

/// REQUIRES: `name` passed validation.
TaskType ParseTaskType(std::string_view name);
ResourceType ParseResourceType(std::string_view name);
CutoffBehavior ParseCutoffBehavior(std::string_view name);

std::vector<TargetSelector> FromWire(const google::protobuf::RepeatedPtrField<v1::Target>& targets);
void ToWire(const std::vector<TargetSelector>& selectors,
            google::protobuf::RepeatedPtrField<v1::Target>& targets);

/// What StatusDetails shows: the row's own text, else the reason's; nothing for plain success.
std::string StatusDetails(Reason reason, const std::string& detail);

/// A lower-case copy: UUIDs are accepted in either case (spec A.0).
std::string Lower(std::string_view text);

/// A stable hash of what a request asks for, for client tokens. Not for secrets.
std::uint64_t HashRequest(const google::protobuf::Message& request);

}  // namespace lull
