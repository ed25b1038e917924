#pragma once

#include <string>

#include "absl/status/status.h"

namespace lull::cli {

/// Whether `url` may be told secrets: https, or http to this machine itself (localhost, 127.0.0.0/8
/// or [::1]). It has a host of plain letters, no user and no fragment, so that all who read it read
/// the same host. Error: kInvalidArgument, which begins as what follows the member's name. Pure.
absl::Status CheckServiceUrl(const std::string& url);

}  // namespace lull::cli
