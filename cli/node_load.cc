#include "cli/node_load.h"

#include <utility>

#include "engine/base/status.h"

namespace lull::cli {
namespace {

constexpr std::size_t kReadingsAPage = 1000;

}  // namespace

NodeLoad::NodeLoad(Commit commit, std::string origin, absl::Time now, std::size_t changes_a_commit)
    : commit_(std::move(commit)),
      origin_(std::move(origin)),
      now_(now),
      changes_a_commit_(changes_a_commit) {}

absl::Status NodeLoad::Add(Node node) {
  if (ids_.contains(node.id) || gathering_.nodes.size() == kMaxNodesAChange) CloseChange();
  if (ready_.size() >= changes_a_commit_) LULL_RETURN_IF_ERROR(Flush());
  ids_.insert(node.id);
  gathering_.nodes.push_back(std::move(node));
  return absl::OkStatus();
}

void NodeLoad::CloseChange() {
  if (gathering_.nodes.empty()) return;
  gathering_.origin = origin_;
  gathering_.reading = absl::ToUnixMicros(now_);
  gathering_.registered_at = now_;
  pending_ += static_cast<std::int64_t>(gathering_.nodes.size());
  ready_.push_back(std::exchange(gathering_, PutNodes()));
  ids_.clear();
}

absl::Status NodeLoad::Flush() {
  if (ready_.size() < changes_a_commit_) CloseChange();
  if (ready_.empty()) return absl::OkStatus();
  LULL_ASSIGN_OR_RETURN(const std::int64_t stored, commit_(std::exchange(ready_, {})));
  stored_ += stored;
  taken_ += std::exchange(pending_, 0);
  return absl::OkStatus();
}

absl::Status NodeLoad::RemoveOthers(NodeReader& nodes) {
  const std::int64_t reading = absl::ToUnixMicros(now_);
  std::int64_t after = 0;
  for (bool more = true; more;) {
    LULL_ASSIGN_OR_RETURN(const auto page, nodes.ListReadings(origin_, {after, kReadingsAPage}));
    RemoveNodes remove{origin_, reading, {}};
    for (std::size_t i = 0; i < page.size(); ++i) {
      after = page[i].position;
      if (page[i].reading != reading) remove.positions.push_back(after);
      const bool full = remove.positions.size() == kMaxNodesAChange;
      if (remove.positions.empty() || (!full && i + 1 < page.size())) continue;
      LULL_ASSIGN_OR_RETURN(const std::int64_t removed, commit_({remove}));
      removed_ += removed;
      remove.positions.clear();
    }
    more = page.size() == kReadingsAPage;
  }
  return absl::OkStatus();
}

}  // namespace lull::cli
