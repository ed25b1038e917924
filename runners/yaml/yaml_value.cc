#include "runners/yaml/yaml_value.h"

#include "engine/base/json_text.h"
#include "engine/base/utf8.h"

namespace lull {

void RefuseUnlessOk(int line, const absl::Status& status) {
  if (!status.ok()) RefuseYaml(line, std::string(status.message()));
}

std::string QuotedYaml(const std::string& text) { return JsonString(Utf8Prefix(text, 100)); }

const std::string& TextOf(const YamlValue& value, const std::string& key) {
  if (value.kind == YamlValue::Kind::kNothing) RefuseYaml(value.line, key, " has no value");
  if (value.kind != YamlValue::Kind::kText) {
    RefuseYaml(value.line, key, " must be one word or text");
  }
  return value.text;
}

}  // namespace lull
