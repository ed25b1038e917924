#include "cli/node_fields.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "cli/transport.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/model/runs.h"
#include "engine/patterns.h"

namespace lull::cli {
namespace {

/// Of a text that describes a node, in bytes.
constexpr std::size_t kMaxTextBytes = 256;

constexpr std::string_view kKeys[] = {
    "id",      "name",      "platform", "platform_name", "platform_version",
    "address", "transport", "user",     "last_seen",     "tags"};

constexpr int kMaxTagKeyCharacters = 128;
constexpr int kMaxTagValueCharacters = 256;
constexpr char kTagPattern[] = "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$";

std::string Quoted(std::string_view value) { return JsonString(Utf8Prefix(value, kMaxTextBytes)); }

absl::Status CheckText(const std::string& key, const std::string& value) {
  if (value.size() > kMaxTextBytes) {
    return Invalid(key, " has ", value.size(), " bytes; it may have ", kMaxTextBytes);
  }
  if (!CountCodePoints(value)) return Invalid(key, " is not UTF-8: ", Quoted(value));
  return absl::OkStatus();
}

absl::Status SetPlatform(const std::string& value, Node& node) {
  for (const Platform platform : {Platform::kLinux, Platform::kWindows, Platform::kMacOs}) {
    if (value != Name(platform)) continue;
    node.platform = platform;
    return absl::OkStatus();
  }
  return Invalid("platform is ", Quoted(value), "; it must be Linux, Windows or MacOS");
}

absl::Status SetLastSeen(const std::string& value, Node& node) {
  absl::Time at;
  if (!absl::ParseTime(absl::RFC3339_full, value, &at, nullptr)) {
    return Invalid("last_seen is ", Quoted(value),
                   "; it must be a time with its offset, as 2030-01-31T12:00:00Z");
  }
  node.last_seen_at = absl::FromUnixMicros(absl::ToUnixMicros(at));  // as it is stored
  return absl::OkStatus();
}

bool MatchesTagPattern(const std::string& text) {
  static const PatternMatcher matcher = FindPattern(kTagPattern);
  LULL_CHECK(matcher != nullptr);
  return matcher(text);
}

absl::Status CheckTagText(const char* what, const std::string& text, std::int64_t least,
                          std::int64_t most) {
  const auto characters = CountCodePoints(text);
  if (!characters || *characters < least || *characters > most || !MatchesTagPattern(text)) {
    return Invalid("the tag ", what, " ", Quoted(text), " must have ", least, " to ", most,
                   " letters, digits, blanks or _.:/=+-@");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckNodeId(const std::string& id) {
  const auto fits = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("._:@-").find(c) != std::string_view::npos;
  };
  if (id.empty() || id.size() > kMaxNodeNameBytes || id.front() == '-' || id.front() == '.' ||
      !std::all_of(id.begin(), id.end(), fits)) {
    return Invalid("the node id ", Quoted(id), " must have 1 to ", kMaxNodeNameBytes,
                   " letters, digits or ._:@- and begin with none of .-");
  }
  if (!id.starts_with("mi-")) return absl::OkStatus();
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (id.size() != 20 || !std::all_of(id.begin() + 3, id.end(), is_hex)) {
    return Invalid("the node id ", Quoted(id), " must have 17 hex digits after mi-");
  }
  return absl::OkStatus();
}

absl::Status CheckNodeKey(const std::string& key) {
  if (std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys)) {
    return absl::OkStatus();
  }
  return Invalid("unknown key ", Quoted(key),
                 "; a node has id, name, platform, platform_name, platform_version, address, "
                 "transport, user, last_seen and tags");
}

absl::Status SetNodeField(const std::string& key, const std::string& value, Node& node) {
  LULL_RETURN_IF_ERROR(CheckNodeKey(key));
  if (key == "platform") return SetPlatform(value, node);
  if (key == "last_seen") return SetLastSeen(value, node);
  if (key == "id") {
    LULL_RETURN_IF_ERROR(CheckNodeId(value));
    if (value == kLocalNode) {
      return Invalid("the node id ", Quoted(value),
                     " is that of the node that the daemon runs on; take another, or tag that one "
                     "with AddTagsToResource");
    }
    node.id = value;
    return absl::OkStatus();
  }
  if (key == "transport" || key == "user") {
    const bool is_user = key == "user";
    const absl::Status fits = is_user ? CheckUser(value) : CheckTransportName(value);
    if (!fits.ok()) return Invalid(key, " ", std::string(fits.message()));
    (is_user ? node.user : node.transport) = value;
    return absl::OkStatus();
  }
  LULL_RETURN_IF_ERROR(CheckText(key, value));
  if (key == "name") {
    node.name = value;
  } else if (key == "platform_name") {
    node.platform_name = value;
  } else if (key == "platform_version") {
    node.platform_version = value;
  } else if (key == "address") {
    node.address = value;
  } else {
    return Invalid(key, " must be a mapping of keys to values");
  }
  return absl::OkStatus();
}

absl::Status AddNodeTag(const std::string& key, const std::string& value, Node& node) {
  LULL_RETURN_IF_ERROR(CheckTagText("key", key, 1, kMaxTagKeyCharacters));
  LULL_RETURN_IF_ERROR(CheckTagText("value", value, 0, kMaxTagValueCharacters));
  if (!node.tags.emplace(key, value).second)
    return Invalid("the tag ", Quoted(key), " is there twice");
  if (node.tags.size() > kMaxTags) return Invalid("a node has ", kMaxTags, " tags at most");
  return absl::OkStatus();
}

}  // namespace lull::cli
