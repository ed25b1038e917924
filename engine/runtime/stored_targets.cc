#include "engine/runtime/stored_targets.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/base/status.h"
#include "engine/core/selection.h"
#include "engine/runtime/select_nodes.h"

namespace lull {
namespace {

/// Pieces of the fleet that one call looks at in search of a node.
constexpr int kLooks = 4;

/// A task without targets.
class OneWithoutNode : public TargetCursor {
 public:
  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t) override {
    return std::vector<ResolvedTarget>(std::exchange(given_, true) ? 0 : 1);
  }

 private:
  bool given_ = false;
};

/// A node that comes through `target`, without its name.
ResolvedTarget OriginOf(const WindowTarget& target) {
  return {.window_target = target.id,
          .owner_information = target.owner_information,
          .resource_type = target.resource_type};
}

/// Which of the registered targets selects each of these nodes, the first one. One group at a time
/// is in memory, and each node is read once.
absl::StatusOr<std::map<std::string, const WindowTarget*>> Associate(
    NodeReader& nodes, const std::vector<WindowTarget>& registered,
    const std::vector<std::string>& ids) {
  std::map<std::string, const WindowTarget*> associated;
  std::vector<StoredNode> left;
  for (const std::string& id : ids) {
    if (!associated.emplace(id, nullptr).second) continue;
    LULL_ASSIGN_OR_RETURN(auto stored, nodes.GetNode(id));
    left.push_back(stored ? *std::move(stored) : StoredNode{.node = {.id = id}});
  }
  for (const WindowTarget& target : registered) {
    if (left.empty()) break;
    LULL_ASSIGN_OR_RETURN(const auto selectors, ExpandGroups(nodes, target.selectors));
    std::erase_if(left, [&](const StoredNode& stored) {
      if (!Selects(selectors, stored)) return false;
      associated[stored.node.id] = &target;
      return true;
    });
  }
  return associated;
}

/// One target after the other: first the nodes that it names, then those that its tags select.
class NodeCursor : public TargetCursor {
 public:
  struct Source {
    std::vector<TargetSelector> selectors;
    ResolvedTarget origin;  ///< without its node
  };

  NodeCursor(NodeReader& nodes, std::vector<Source> sources, std::vector<WindowTarget> registered)
      : nodes_(nodes), sources_(std::move(sources)), registered_(std::move(registered)) {}

  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
    std::vector<ResolvedTarget> piece;
    for (int looks = 0; piece.empty() && IsSearching() && looks < kLooks;) {
      if (!opened_) LULL_RETURN_IF_ERROR(OpenSource());
      if (!named_.empty()) {
        LULL_RETURN_IF_ERROR(TakeNamed(limit, piece));
      } else if (!tags_.empty()) {
        LULL_RETURN_IF_ERROR(TakeSelected(limit, piece));
        ++looks;
      } else {
        opened_ = false;
        ++at_;
      }
    }
    return piece;
  }

  bool IsSearching() const override { return opened_ || at_ < sources_.size(); }

 private:
  absl::Status OpenSource() {
    LULL_ASSIGN_OR_RETURN(const auto selectors, ExpandGroups(nodes_, sources_[at_].selectors));
    for (const TargetSelector& selector : selectors) {
      if (selector.key == "InstanceIds") {
        named_.insert(named_.end(), selector.values.begin(), selector.values.end());
      } else if (IsTag(selector)) {
        tags_.push_back(selector);
      }
    }
    if (!sources_[at_].origin.window_target) {
      LULL_ASSIGN_OR_RETURN(associated_, Associate(nodes_, registered_, named_));
    }
    std::reverse(named_.begin(), named_.end());
    position_ = 0;
    opened_ = true;
    return absl::OkStatus();
  }

  absl::Status TakeNamed(std::size_t limit, std::vector<ResolvedTarget>& piece) {
    while (!named_.empty() && piece.size() < limit) {
      std::string id = std::move(named_.back());
      named_.pop_back();
      if (id.size() > kMaxNodeNameBytes || !given_by_name_.insert(id).second) continue;
      if (!given_by_position_.empty()) {
        LULL_ASSIGN_OR_RETURN(const auto stored, nodes_.GetNode(id));
        if (stored && WasGiven(stored->position)) continue;
      }
      Add(std::move(id), piece);
    }
    return absl::OkStatus();
  }

  absl::Status TakeSelected(std::size_t limit, std::vector<ResolvedTarget>& piece) {
    LULL_ASSIGN_OR_RETURN(SelectedNodes selected, SelectNodes(nodes_, tags_, position_, limit));
    const bool only_source = sources_.size() == 1 && given_by_name_.empty();
    piece.reserve(selected.names.size());
    for (auto& [position, id] : selected.names) {
      if (!only_source && (WasGiven(position) || given_by_name_.contains(id))) continue;
      if (!only_source) MarkGiven(position);
      Add(std::move(id), piece);
    }
    position_ = selected.through;
    if (position_ == SelectedNodes::kEnd) tags_.clear();
    return absl::OkStatus();
  }

  void Add(std::string id, std::vector<ResolvedTarget>& piece) {
    ResolvedTarget& target = piece.emplace_back(sources_[at_].origin);
    if (!target.window_target) {
      const auto found = associated_.find(id);
      if (found != associated_.end() && found->second != nullptr) target = OriginOf(*found->second);
    }
    target.node = std::move(id);
  }

  bool WasGiven(std::int64_t position) const {
    return static_cast<std::size_t>(position) < given_by_position_.size() &&
           given_by_position_[static_cast<std::size_t>(position)];
  }
  void MarkGiven(std::int64_t position) {
    const auto index = static_cast<std::size_t>(position);
    if (index >= given_by_position_.size()) {
      given_by_position_.resize(std::max(index + 1, given_by_position_.size() * 2));
    }
    given_by_position_[index] = true;
  }

  NodeReader& nodes_;
  const std::vector<Source> sources_;
  const std::vector<WindowTarget> registered_;  ///< none: any node may be a target
  std::map<std::string, const WindowTarget*> associated_;
  std::size_t at_ = 0;
  // Of the source at hand, once it is opened.
  bool opened_ = false;
  std::vector<std::string> named_;  ///< still to be given, the next one last
  std::vector<TargetSelector> tags_;
  std::int64_t position_ = 0;

  std::set<std::string> given_by_name_;
  std::vector<bool> given_by_position_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TargetCursor>> StoredTargets::Resolve(const TargetQuery& query) {
  if (query.selectors.empty()) return std::make_unique<OneWithoutNode>();
  std::vector<NodeCursor::Source> sources = {{query.selectors, {}}};
  for (const WindowTarget& target : query.window_targets) {
    sources.push_back({target.selectors, OriginOf(target)});
  }
  return std::make_unique<NodeCursor>(nodes_, std::move(sources), query.registered);
}

}  // namespace lull
