#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Applies changes of the fleet; the terms are DefinitionWriter's.
class NodeWriter {
 public:
  /// The connection of `prepare` must outlive this.
  void Prepare(Preparer& prepare);

  absl::StatusOr<ChangeResult> Apply(const PutNodes& change);
  absl::StatusOr<ChangeResult> Apply(const RemoveNodes& change);
  absl::StatusOr<ChangeResult> Apply(const TagNode& change);
  absl::StatusOr<ChangeResult> Apply(const PutGroups& change);

 private:
  absl::StatusOr<std::int64_t> Insert(const PutNodes& change, const Node& node);
  absl::StatusOr<std::int64_t> Put(const PutNodes& change, const Node& node);
  /// Brings the index of what a node shows from `before` to `after`.
  absl::Status MoveTags(std::int64_t position, const std::string& id, const Tags& before,
                        const Tags& after);

  Statement find_;
  Statement find_removable_;
  Statement insert_;
  Statement update_;
  Statement mark_;
  Statement delete_;
  Statement tag_;
  Statement insert_tag_;
  Statement delete_tag_;
  Statement delete_groups_;
  Statement insert_group_;
};

}  // namespace lull::storage
