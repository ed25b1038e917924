#pragma once

#include <map>
#include <string>

#include "google/protobuf/message.h"
#include "runners/yaml/yaml_value.h"

namespace lull::cli {

/// Where each member was said: `functions.patch.url` -> its line.
using YamlLines = std::map<std::string, int>;

/// The line of the member `path`, or of the nearest one around it; 1 when there is none.
int LineOf(const YamlLines& lines, const std::string& path);

/// Sets the members of `message` that a mapping says, by the names of its descriptor: texts,
/// integers, `true` and `false`, messages, lists and mappings of them. `path` is where the message
/// stands in the document, empty for the document itself; `lines` gets those of all members. Throws
/// YamlRefused, which names the member and what is right, for what is unknown, twice or of another
/// type.
void FillMessage(const YamlValue& value, const std::string& path,
                 google::protobuf::Message& message, YamlLines& lines);

}  // namespace lull::cli
