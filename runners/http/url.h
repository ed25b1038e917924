#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace lull::http {

inline constexpr std::size_t kMaxUrlBytes = 2048;

/// Whether a Client would post to `url`: https, or http to this machine (a host in 127.0.0.0/8,
/// ::1 or localhost, as it is written: no name is looked up), without user, password or fragment,
/// and with a host that everybody reads alike.
/// Errors: kInvalidArgument with the URL, what is wrong with it and what is right. Any thread.
absl::Status CheckUrl(const std::string& url);

}  // namespace lull::http
