#include "storage/sqlite/node_rows.h"

#include <utility>

#include "storage/list_codec.h"
#include "storage/sqlite/enums.h"

namespace lull::storage {
namespace {

Tags DecodeTagsOf(const Blob& blob, Rows& rows) {
  auto tags = DecodeTags(blob.bytes);
  rows.Fail(tags.status());
  return tags.ok() ? *std::move(tags) : Tags();
}

}  // namespace

StoredNode ReadNode(Rows& rows) {
  StoredNode stored;
  Node& node = stored.node;
  Blob tags, api_tags;
  rows.Read(stored.position, node.id, stored.origin, node.name, node.platform, node.platform_name,
            node.platform_version, node.address, node.transport, node.user, node.last_seen_at, tags,
            api_tags, stored.registered_at, stored.version);
  node.tags = DecodeTagsOf(tags, rows);
  stored.api_tags = DecodeTagsOf(api_tags, rows);
  return stored;
}

}  // namespace lull::storage
