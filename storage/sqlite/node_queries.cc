#include "storage/sqlite/node_queries.h"

#include <utility>

#include "storage/list_codec.h"
#include "storage/sqlite/node_rows.h"

namespace lull::storage {
namespace {

constexpr char kListTagged[] = R"sql(
SELECT position, node FROM node_tags
WHERE key = $key AND value = $value AND position > $after_position
ORDER BY position LIMIT $limit)sql";

constexpr char kListReadings[] = R"sql(
SELECT position, reading FROM nodes WHERE origin = $origin AND position > $after_position
ORDER BY position LIMIT $limit)sql";

}  // namespace

void NodeQueries::Prepare(Preparer& prepare) {
  prepare(get_node_, "SELECT * FROM nodes WHERE id = $id", "id", kNodeColumns);
  prepare(list_nodes_,
          "SELECT * FROM nodes WHERE position > $after_position ORDER BY position LIMIT $limit",
          "after_position limit", kNodeColumns);
  prepare(list_tagged_, kListTagged, "key value after_position limit", "position node");
  prepare(list_readings_, kListReadings, "origin after_position limit", "position reading");
  prepare(get_group_, "SELECT * FROM node_groups WHERE name = $name", "name", "selectors");
}

absl::StatusOr<std::optional<StoredNode>> NodeQueries::GetNode(const std::string& id) {
  std::optional<StoredNode> node;
  Rows rows = get_node_.Select(id);
  if (rows.Next()) node = ReadNode(rows);
  if (!rows.status().ok()) return rows.status();
  return node;
}

absl::StatusOr<std::vector<StoredNode>> NodeQueries::ListNodes(const NodeReader::Page& page) {
  std::vector<StoredNode> nodes;
  Rows rows = list_nodes_.Select(page.after_position, page.limit);
  while (rows.Next()) nodes.push_back(ReadNode(rows));
  if (!rows.status().ok()) return rows.status();
  return nodes;
}

absl::StatusOr<std::vector<NodeReader::NodeName>> NodeQueries::ListTagged(
    const std::string& key, const std::string& value, const NodeReader::Page& page) {
  std::vector<NodeReader::NodeName> names;
  Rows rows = list_tagged_.Select(key, value, page.after_position, page.limit);
  while (rows.Next()) {
    auto& [position, id] = names.emplace_back();
    rows.Read(position, id);
  }
  if (!rows.status().ok()) return rows.status();
  return names;
}

absl::StatusOr<std::vector<NodeReader::NodeReading>> NodeQueries::ListReadings(
    const std::string& origin, const NodeReader::Page& page) {
  std::vector<NodeReader::NodeReading> readings;
  Rows rows = list_readings_.Select(origin, page.after_position, page.limit);
  while (rows.Next()) {
    auto& [position, reading] = readings.emplace_back();
    rows.Read(position, reading);
  }
  if (!rows.status().ok()) return rows.status();
  return readings;
}

absl::StatusOr<std::optional<NodeGroup>> NodeQueries::GetGroup(const std::string& name) {
  Rows rows = get_group_.Select(name);
  if (!rows.Next()) {
    if (!rows.status().ok()) return rows.status();
    return std::nullopt;
  }
  Blob selectors;
  rows.Read(selectors);
  auto decoded = DecodeSelectors(selectors.bytes);
  rows.Fail(decoded.status());
  if (!rows.status().ok()) return rows.status();
  return NodeGroup{name, *std::move(decoded)};
}

}  // namespace lull::storage
