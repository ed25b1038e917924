#include "cli/config.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/config_checks.h"
#include "cli/yaml_message.h"
#include "engine/base/status.h"
#include "google/protobuf/util/message_differencer.h"
#include "runners/yaml/yaml_reader.h"
#include "runners/yaml/yaml_value.h"

namespace lull::cli {
namespace {

v1::Config Parse(const std::string& text, const std::string& folder) {
  YamlValue root = ReadYamlTree(text, "a config file");
  if (root.kind == YamlValue::Kind::kNothing) root.kind = YamlValue::Kind::kMapping;
  v1::Config config;
  YamlLines lines;
  FillMessage(root, "", config, lines);
  ResolvePaths(folder, config);
  CheckConfig(config, lines);
  return config;
}

}  // namespace

absl::StatusOr<v1::Config> ReadConfig(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const std::string text,
                        ReadTextFile(path, "the config file", kMaxConfigBytes));
  if (text.size() > kMaxConfigBytes) {
    return Invalid("the config file ", path, " has more than ", kMaxConfigBytes >> 20, " MiB");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return Invalid("can't read the config file ", path, ": ", error.message());
  v1::Config config;
  const absl::Status read =
      CatchRefused([&] { config = Parse(text, absolute.parent_path().string()); });
  if (!read.ok()) return Invalid(path, ": ", std::string(read.message()));
  return config;
}

std::string MembersForRestart(const v1::Config& now, const v1::Config& next) {
  using google::protobuf::util::MessageDifferencer;
  std::string members;
  const auto add = [&](const char* name, bool is_same) {
    if (!is_same) absl::StrAppend(&members, members.empty() ? "" : ",", name);
  };
  const auto equal = [&](int field) {
    const auto* member = v1::Config::descriptor()->FindFieldByNumber(field);
    MessageDifferencer differencer;
    return differencer.CompareWithFields(now, next, {member}, {member});
  };
  add("functions", equal(v1::Config::kFunctionsFieldNumber));
  add("callback_url", equal(v1::Config::kCallbackUrlFieldNumber));
  add("webhooks", equal(v1::Config::kWebhooksFieldNumber));
  return members;
}

}  // namespace lull::cli
