#pragma once

#include <string>

#include "cli/yaml_message.h"
#include "proto/config.pb.h"

namespace lull::cli {

/// Makes relative paths of `config` count from `folder`, which is absolute. Pure.
void ResolvePaths(const std::string& folder, v1::Config& config);

/// What a config file must be beyond its shape: URLs that tell no secret to others, files that are
/// there, time-outs and statuses in range, transports that can start something. REQUIRES: paths are
/// absolute. Throws YamlRefused with the line that `lines` has.
void CheckConfig(const v1::Config& config, const YamlLines& lines);

}  // namespace lull::cli
