#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/records.h"

namespace lull::server {

/// Whose events these are, in the names of what they tell of.
struct EventOrigin {
  std::string account_id;
  std::string region;
};

/// `event` as JSON in the shape of the API's own events (source `aws.ssm`). Any thread.
std::string EventBody(const StateEvent& event, const EventOrigin& origin);

/// The header fields that a webhook's request goes with, `Name: value`. X-Lull-Signature is `v1=`
/// and, in lower-case hexadecimal, the HMAC-SHA-256 under `secret` of X-Lull-Timestamp (seconds
/// since 1970, of this try), a full stop, and the body as it is sent. Any thread.
std::vector<std::string> EventHeaders(const StateEvent& event, std::string_view body,
                                      std::string_view secret, absl::Time now);

}  // namespace lull::server
