#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace lull {

/// Instants at which something is due, each of one owner, in order of time: what the engine's one
/// timer waits for. O(log n). Not thread-safe.
template <class Owner>
class DueIndex {
 public:
  /// Sets, moves or (with nothing) removes the instant of `owner`.
  void Set(const Owner& owner, std::optional<absl::Time> at) {
    if (const auto it = by_owner_.find(owner); it != by_owner_.end()) {
      by_time_.erase({it->second, owner});
      by_owner_.erase(it);
    }
    if (!at) return;
    by_owner_.emplace(owner, *at);
    by_time_.emplace(*at, owner);
  }

  void Clear() {
    by_owner_.clear();
    by_time_.clear();
  }

  /// The earliest instant; never, when there is none.
  absl::Time Earliest() const {
    return by_time_.empty() ? absl::InfiniteFuture() : by_time_.begin()->first;
  }

  /// The owners that are due at `now`, earliest first, `limit` at most.
  std::vector<Owner> DueAt(absl::Time now, std::size_t limit) const {
    std::vector<Owner> due;
    for (const auto& [at, owner] : by_time_) {
      if (at > now || due.size() == limit) break;
      due.push_back(owner);
    }
    return due;
  }

 private:
  std::map<Owner, absl::Time> by_owner_;
  std::set<std::pair<absl::Time, Owner>> by_time_;
};

}  // namespace lull
