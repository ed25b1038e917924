#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/store.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// The reads of NodeReader on one connection; the terms are DefinitionQueries'.
class NodeQueries {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<std::optional<StoredNode>> GetNode(const std::string& id);
  absl::StatusOr<std::vector<StoredNode>> ListNodes(const NodeReader::Page& page);
  absl::StatusOr<std::vector<NodeReader::NodeName>> ListTagged(const std::string& key,
                                                               const std::string& value,
                                                               const NodeReader::Page& page);
  absl::StatusOr<std::vector<NodeReader::NodeReading>> ListReadings(const std::string& origin,
                                                                    const NodeReader::Page& page);
  absl::StatusOr<std::optional<NodeGroup>> GetGroup(const std::string& name);

 private:
  Statement get_node_;
  Statement list_nodes_;
  Statement list_tagged_;
  Statement list_readings_;
  Statement get_group_;
};

}  // namespace lull::storage
