#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/changes.h"
#include "engine/ports/store.h"

namespace lull::cli {

/// One reading of an origin of nodes, brought into a store in small commits. Readers of the store
/// see some nodes as the reading has them and the rest as they were, until it is done; so does the
/// next life after a crash, whose own reading puts it right. One thread.
class NodeLoad {
 public:
  /// Stores changes and returns the sum of their values. Its errors end the load and are handed on.
  using Commit = std::function<absl::StatusOr<std::int64_t>(std::vector<Change>)>;

  /// `now` also tells this reading from others. A commit has `changes_a_commit` changes at most.
  NodeLoad(Commit commit, std::string origin, absl::Time now, std::size_t changes_a_commit = 1);

  /// Takes in a node, and stores what has gathered. A later one of the same id wins.
  absl::Status Add(Node node);

  /// Stores what is left.
  absl::Status Flush();

  /// Removes the nodes of this origin that the reading did not name. REQUIRES: all is flushed.
  absl::Status RemoveOthers(NodeReader& nodes);

  std::int64_t taken() const { return taken_; }      ///< given to Add, and stored
  std::int64_t stored() const { return stored_; }    ///< of these, this origin's
  std::int64_t removed() const { return removed_; }  ///< by RemoveOthers

 private:
  void CloseChange();

  const Commit commit_;
  const std::string origin_;
  const absl::Time now_;
  const std::size_t changes_a_commit_;
  PutNodes gathering_;
  std::set<std::string> ids_;  ///< of `gathering_`
  std::vector<Change> ready_;
  std::int64_t pending_ = 0;
  std::int64_t taken_ = 0;
  std::int64_t stored_ = 0;
  std::int64_t removed_ = 0;
};

}  // namespace lull::cli
