#include "engine/core/selection.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace lull {
namespace {

constexpr std::string_view kTagPrefix = "tag:";

bool IsIn(const std::string& value, const std::vector<std::string>& values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool IsTag(const TargetSelector& selector) {
  const std::string_view key = selector.key;
  return key == "tag-key" || (key.starts_with(kTagPrefix) && key.size() > kTagPrefix.size());
}

std::string TagKey(const TargetSelector& selector) {
  return selector.key.substr(kTagPrefix.size());
}

bool Selects(const TargetSelector& selector, const Tags& tags) {
  if (selector.key == "tag-key") {
    return std::all_of(selector.values.begin(), selector.values.end(),
                       [&](const std::string& key) { return tags.contains(key); });
  }
  const auto tag = tags.find(TagKey(selector));
  return tag != tags.end() && IsIn(tag->second, selector.values);
}

bool Selects(const std::vector<TargetSelector>& selectors, const StoredNode& node) {
  const Tags tags = TagsOf(node);
  bool asked = false;
  bool all = true;
  for (const TargetSelector& selector : selectors) {
    if (selector.key == "InstanceIds" && IsIn(node.node.id, selector.values)) return true;
    if (!IsTag(selector)) continue;
    asked = true;
    all = all && Selects(selector, tags);
  }
  return asked && all;
}

}  // namespace lull
