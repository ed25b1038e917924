#include "storage/sqlite/node_writer.h"

#include <optional>

#include "engine/base/status.h"
#include "storage/list_codec.h"
#include "storage/sqlite/node_rows.h"

namespace lull::storage {
namespace {

constexpr char kInsert[] = R"sql(
INSERT INTO nodes (id, origin, reading, name, platform, platform_name, platform_version, address,
    transport, user, last_seen_at, tags, api_tags, registered_at, version)
VALUES ($id, $origin, $reading, $name, $platform, $platform_name, $platform_version, $address,
    $transport, $user, $last_seen_at, $tags, x'', $registered_at, 1)
RETURNING position)sql";

constexpr char kUpdate[] = R"sql(
UPDATE nodes SET reading = $reading, name = $name, platform = $platform,
    platform_name = $platform_name, platform_version = $platform_version, address = $address,
    transport = $transport, user = $user, last_seen_at = $last_seen_at, tags = $tags
WHERE position = $position)sql";

constexpr char kFindRemovable[] = R"sql(
SELECT * FROM nodes
WHERE position = $position AND origin = $origin AND reading <> $reading)sql";

constexpr char kTag[] = R"sql(
UPDATE nodes SET api_tags = $api_tags, version = version + 1 WHERE position = $position)sql";

/// The one row that a select by a key gives.
template <class... Args>
absl::StatusOr<std::optional<StoredNode>> FindOne(Statement& select, const Args&... args) {
  std::optional<StoredNode> found;
  Rows rows = select.Select(args...);
  if (rows.Next()) found = ReadNode(rows);
  if (!rows.status().ok()) return rows.status();
  return found;
}

}  // namespace

void NodeWriter::Prepare(Preparer& prepare) {
  prepare(find_, "SELECT * FROM nodes WHERE id = $id", "id", kNodeColumns);
  prepare(find_removable_, kFindRemovable, "position origin reading", kNodeColumns);
  prepare(insert_, kInsert,
          "id origin reading name platform platform_name platform_version address "
          "transport user last_seen_at tags registered_at",
          "position");
  prepare(update_, kUpdate,
          "position reading name platform platform_name platform_version address "
          "transport user last_seen_at tags");
  prepare(mark_, "UPDATE nodes SET reading = $reading WHERE position = $position",
          "position reading");
  prepare(delete_, "DELETE FROM nodes WHERE position = $position", "position");
  prepare(tag_, kTag, "position api_tags");
  prepare(
      insert_tag_,
      "INSERT INTO node_tags (key, value, position, node) VALUES ($key, $value, $position, $node)",
      "key value position node");
  prepare(delete_tag_,
          "DELETE FROM node_tags WHERE key = $key AND value = $value AND position = $position",
          "key value position");
  prepare(delete_groups_, "DELETE FROM node_groups", "");
  prepare(insert_group_, "INSERT INTO node_groups (name, selectors) VALUES ($name, $selectors)",
          "name selectors");
}

absl::StatusOr<ChangeResult> NodeWriter::Apply(const PutNodes& change) {
  ChangeResult result;
  for (const Node& node : change.nodes) {
    LULL_ASSIGN_OR_RETURN(const std::int64_t put, Put(change, node));
    result.value += put;
  }
  return result;
}

absl::StatusOr<std::int64_t> NodeWriter::Put(const PutNodes& change, const Node& node) {
  LULL_ASSIGN_OR_RETURN(const auto found, FindOne(find_, node.id));
  if (!found) return Insert(change, node);
  if (found->origin != change.origin) return 0;
  if (found->node == node) {
    LULL_RETURN_IF_ERROR(mark_.Run(found->position, change.reading));
    return 1;
  }
  LULL_RETURN_IF_ERROR(update_.Run(found->position, change.reading, node.name, node.platform,
                                   node.platform_name, node.platform_version, node.address,
                                   node.transport, node.user, node.last_seen_at,
                                   Blob{EncodeTags(node.tags)}));
  LULL_RETURN_IF_ERROR(
      MoveTags(found->position, node.id, TagsOf(*found), TagsOf(node.tags, found->api_tags)));
  return 1;
}

absl::StatusOr<std::int64_t> NodeWriter::Insert(const PutNodes& change, const Node& node) {
  std::int64_t position = 0;
  const Blob tags{EncodeTags(node.tags)};  // the rows borrow it
  {
    Rows rows =
        insert_.Select(node.id, change.origin, change.reading, node.name, node.platform,
                       node.platform_name, node.platform_version, node.address, node.transport,
                       node.user, node.last_seen_at, tags, change.registered_at);
    while (rows.Next()) rows.Read(position);
    if (!rows.status().ok()) return rows.status();
  }
  LULL_RETURN_IF_ERROR(MoveTags(position, node.id, {}, node.tags));
  return 1;
}

absl::StatusOr<ChangeResult> NodeWriter::Apply(const RemoveNodes& change) {
  ChangeResult result;
  for (const std::int64_t position : change.positions) {
    LULL_ASSIGN_OR_RETURN(const auto found,
                          FindOne(find_removable_, position, change.origin, change.reading));
    if (!found) continue;
    LULL_RETURN_IF_ERROR(MoveTags(position, found->node.id, TagsOf(*found), {}));
    LULL_RETURN_IF_ERROR(delete_.Run(position));
    ++result.value;
  }
  return result;
}

absl::StatusOr<ChangeResult> NodeWriter::Apply(const TagNode& change) {
  LULL_ASSIGN_OR_RETURN(const auto found, FindOne(find_, change.id));
  if (!found || found->version != change.expected_version) {
    return ChangeResult{.verdict = Verdict::kConflict};
  }
  LULL_RETURN_IF_ERROR(tag_.Run(found->position, Blob{EncodeTags(change.api_tags)}));
  LULL_RETURN_IF_ERROR(MoveTags(found->position, found->node.id, TagsOf(*found),
                                TagsOf(found->node.tags, change.api_tags)));
  return ChangeResult{};
}

absl::StatusOr<ChangeResult> NodeWriter::Apply(const PutGroups& change) {
  LULL_RETURN_IF_ERROR(delete_groups_.Run());
  for (const NodeGroup& group : change.groups) {
    LULL_RETURN_IF_ERROR(insert_group_.Run(group.name, Blob{EncodeSelectors(group.selectors)}));
  }
  return ChangeResult{};
}

absl::Status NodeWriter::MoveTags(std::int64_t position, const std::string& id, const Tags& before,
                                  const Tags& after) {
  for (const auto& [key, value] : before) {
    const auto kept = after.find(key);
    if (kept != after.end() && kept->second == value) continue;
    LULL_RETURN_IF_ERROR(delete_tag_.Run(key, value, position));
  }
  for (const auto& [key, value] : after) {
    const auto known = before.find(key);
    if (known != before.end() && known->second == value) continue;
    LULL_RETURN_IF_ERROR(insert_tag_.Run(key, value, position, id));
  }
  return absl::OkStatus();
}

}  // namespace lull::storage
