#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lull {

/// A piece of a YAML document. Of a mapping, `items` are keys and values in turn.
struct YamlValue {
  enum class Kind { kText, kNothing, kList, kMapping };
  Kind kind = Kind::kText;
  int line = 0;  ///< from 1
  std::string text;
  std::vector<YamlValue> items;
};

/// How an error leaves the parser's callbacks and what reads its values; CatchRefused makes a
/// status of it.
struct YamlRefused {
  int line;  // from 1
  std::string why;
};

template <class... Args>
[[noreturn]] void RefuseYaml(int line, const Args&... why) {
  throw YamlRefused{line, absl::StrCat(why...)};
}

void RefuseUnlessOk(int line, const absl::Status& status);

/// `text` as an error quotes it, 100 bytes of it at most.
std::string QuotedYaml(const std::string& text);

/// The text of a scalar; `key` is what the error calls it.
const std::string& TextOf(const YamlValue& value, const std::string& key);

/// Calls `take(key, value, line)` for each member of a mapping, which the error calls `what`; a key
/// that is there twice is refused.
template <class Take>
void ForEachMember(const YamlValue& mapping, const std::string& what, const Take& take) {
  if (mapping.kind != YamlValue::Kind::kMapping) {
    RefuseYaml(mapping.line, what, " must be a mapping of keys to values");
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    const std::string& key = mapping.items[i].text;
    if (!seen.insert(key).second) {
      RefuseYaml(mapping.items[i].line, "the key ", QuotedYaml(key), " is there twice");
    }
    take(key, mapping.items[i + 1], mapping.items[i].line);
  }
}

}  // namespace lull
