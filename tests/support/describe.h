#pragma once

#include <string>

#include "engine/model/definitions.h"
#include "engine/model/nodes.h"
#include "engine/model/runs.h"
#include "engine/ports/changes.h"
#include "engine/ports/store.h"

namespace lull {

// Rows as one line of text each, every member in it, so that tests compare and print them whole.

std::string Describe(const Window& window);
std::string Describe(const WindowTarget& target);
std::string Describe(const WindowTask& task);
std::string Describe(const Token& token);
std::string Describe(const Execution& execution);
std::string Describe(const TaskExecution& task);
std::string Describe(const Finish& finish);
std::string Describe(const ResolvedTarget& target);
std::string Describe(const StoredNode& node);
std::string Describe(const NodeReader::NodeName& name);
std::string Describe(const NodeReader::NodeReading& reading);
std::string Describe(const NodeGroup& group);
std::string Describe(const OutboxReader::StoredEvent& event);
std::string Describe(const AuditReader::StoredEntry& line);
std::string Describe(const ChangeResult& result);

/// All that the readers of `store` tell without a name being known: windows with their targets and
/// tasks, what is due, nodes, executions with their tasks and finishes, snapshots, what is active,
/// keys, events, the audit log. Two stores that hold the same give the same text. A read that fails
/// stands in the text.
std::string DescribeAll(Store& store);

}  // namespace lull
