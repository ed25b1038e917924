#include "cli/node_lines.h"

#include <boost/json.hpp>
#include <string>

#include "cli/node_fields.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 4;

std::string Text(const json::string& text) { return {text.data(), text.size()}; }
std::string Text(json::string_view text) { return {text.data(), text.size()}; }

absl::Status SetTags(const json::value& value, Node& node) {
  const json::object* tags = value.if_object();
  if (tags == nullptr) return Invalid("tags must be an object of strings");
  for (const auto& tag : *tags) {
    const json::string* text = tag.value().if_string();
    if (text == nullptr) {
      return Invalid("the tag ", JsonString(Text(tag.key())), " must be a string");
    }
    LULL_RETURN_IF_ERROR(AddNodeTag(Text(tag.key()), Text(*text), node));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Node> ParseNodeLine(std::string_view line) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::monotonic_resource memory;
  const json::value value =
      json::parse(json::string_view(line.data(), line.size()), error, &memory, options);
  if (error) return Invalid("this is no JSON: ", error.message());
  const json::object* object = value.if_object();
  if (object == nullptr) return Invalid("a node must be a JSON object");
  Node node;
  for (const auto& member : *object) {
    const std::string key = Text(member.key());
    LULL_RETURN_IF_ERROR(CheckNodeKey(key));
    if (key == "tags") {
      LULL_RETURN_IF_ERROR(SetTags(member.value(), node));
      continue;
    }
    const json::string* text = member.value().if_string();
    if (text == nullptr) return Invalid(key, " must be a string");
    LULL_RETURN_IF_ERROR(SetNodeField(key, Text(*text), node));
  }
  if (node.id.empty()) return Invalid("the node has no id; give it one");
  return node;
}

}  // namespace lull::cli
