#pragma once

#include "engine/model/context.h"
#include "engine/model/records.h"
#include "google/protobuf/message.h"

namespace lull {

/// The line of the audit log for an operation: `request` is its request. Members that name
/// something are its resources; of the others it tells the values of those that hold no secrets,
/// and of the rest the names only. Without its instant. Any thread.
AuditEntry AuditOf(const CallContext& context, const google::protobuf::Message& request);

/// The same, of a call whose request can't be read.
AuditEntry AuditOf(const CallContext& context);

/// Adds what an operation made or meant to the resources.
void AddResource(const std::string& id, AuditEntry& entry);

}  // namespace lull
