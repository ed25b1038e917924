#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"

namespace lull {

/// Key and value of each tag.
using Tags = std::map<std::string, std::string>;

/// Tags of one window, and those that a node shows (the API's quota).
inline constexpr std::size_t kMaxTags = 50;

enum class Platform { kUnknown = 0, kLinux = 1, kWindows = 2, kMacOs = 3 };  // stored: append only

/// The API's word, `Linux`; empty for kUnknown.
constexpr std::string_view Name(Platform platform) {
  switch (platform) {
    case Platform::kUnknown:
      return "";
    case Platform::kLinux:
      return "Linux";
    case Platform::kWindows:
      return "Windows";
    case Platform::kMacOs:
      return "MacOS";
  }
  return "?";
}

/// Who a node is known from. It owns the node's row: no other origin changes or removes it.
inline constexpr char kLocalOrigin[] = "local";          ///< the daemon: the one it runs on
inline constexpr char kInventoryOrigin[] = "inventory";  ///< `lull serve --inventory`

/// A managed machine, as its origin describes it. What is not known is empty.
struct Node {
  std::string id;  ///< `mi-` and 17 hex digits, `i-...` or a plain name; kMaxNodeNameBytes at most
  std::string name;
  Platform platform = Platform::kUnknown;
  std::string platform_name;     ///< `Debian GNU/Linux`
  std::string platform_version;  ///< `12`
  std::string address;           ///< where a transport reaches it
  std::string transport;         ///< how: a key of the config file's `transports`; empty: ssh
  std::string user;              ///< as whom; empty: the transport's
  std::optional<absl::Time> last_seen_at;
  Tags tags;  ///< of its origin
  friend bool operator==(const Node&, const Node&) = default;
};

/// A node with what the store keeps beside it.
struct StoredNode {
  std::int64_t position = 0;  ///< its place in the fleet: grows, stays, is never used twice
  std::string origin;
  Node node;
  Tags api_tags;  ///< given by the API; they win over the origin's
  absl::Time registered_at;
  std::int64_t version = 1;  ///< grows by one when the API's tags change; the guard of the next
};

/// All that a node is tagged with.
inline Tags TagsOf(const Tags& origin_tags, const Tags& api_tags) {
  Tags tags = api_tags;
  tags.insert(origin_tags.begin(), origin_tags.end());
  return tags;
}
inline Tags TagsOf(const StoredNode& stored) { return TagsOf(stored.node.tags, stored.api_tags); }

/// A named set of nodes: those that its selectors (InstanceIds, tag:KEY, tag-key) select.
struct NodeGroup {
  std::string name;
  std::vector<TargetSelector> selectors;
};

/// Bounds of the one change that stores all groups.
inline constexpr std::size_t kMaxGroups = 250;
inline constexpr std::size_t kMaxGroupNodes = 1000;  ///< that one group names

}  // namespace lull
