#include "engine/runtime/registered_targets.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace lull {
namespace {

/// A list that is there already, handed out in pieces.
class ListCursor : public TargetCursor {
 public:
  explicit ListCursor(std::vector<ResolvedTarget> targets) : targets_(std::move(targets)) {}

  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
    const std::size_t end = std::min(targets_.size(), at_ + limit);
    std::vector<ResolvedTarget> piece(targets_.begin() + static_cast<std::ptrdiff_t>(at_),
                                      targets_.begin() + static_cast<std::ptrdiff_t>(end));
    at_ = end;
    return piece;
  }

 private:
  std::vector<ResolvedTarget> targets_;
  std::size_t at_ = 0;
};

class Collector {
 public:
  void Add(const std::vector<TargetSelector>& selectors, const WindowTarget* origin) {
    for (const TargetSelector& selector : selectors) {
      if (selector.key != "InstanceIds") continue;
      for (const std::string& node : selector.values) {
        if (node.size() > kMaxNodeNameBytes || !seen_.insert(node).second) continue;
        ResolvedTarget target{node, {}, {}};
        if (origin != nullptr) {
          target.window_target = origin->id;
          target.owner_information = origin->owner_information;
        }
        targets_.push_back(std::move(target));
      }
    }
  }

  std::vector<ResolvedTarget> Take() { return std::move(targets_); }

 private:
  std::set<std::string> seen_;
  std::vector<ResolvedTarget> targets_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TargetCursor>> RegisteredTargets::Resolve(const TargetQuery& query) {
  if (query.selectors.empty()) {
    return std::make_unique<ListCursor>(std::vector<ResolvedTarget>(1));
  }
  Collector collector;
  collector.Add(query.selectors, nullptr);
  for (const WindowTarget& target : query.window_targets) collector.Add(target.selectors, &target);
  return std::make_unique<ListCursor>(collector.Take());
}

}  // namespace lull
