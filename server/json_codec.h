#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace lull::server {

/// How deep objects and lists may nest in a request. The API's own shapes reach six.
inline constexpr int kMaxJsonDepth = 32;

/// Reads `json`, the body of an AWS JSON 1.1 request or response, into `message`, which is cleared.
///
/// Strict where the wire is strict: exactly one JSON object (an empty body counts as `{}`), UTF-8
/// without a byte-order mark, no member named twice, no trailing bytes or commas, no lone
/// surrogates; names compare exactly; strings, numbers and booleans are never taken for one
/// another. Integers may be spelled 2.0, but not 2.5, and must fit. Blobs are base64. Lenient where
/// it is lenient: `null` stands for an absent member and members that are not known are skipped.
///
/// Errors: kInvalidArgument in the API's words; on the wire it is a SerializationException, which
/// the caller says (errors.h). `message` is then half filled and of no use. Any thread.
absl::Status JsonToMessage(std::string_view json, google::protobuf::Message* message);

/// Prints `message` without white space: the members that are set in the order of their numbers,
/// maps sorted by key, blobs as base64, doubles (timestamps) as decimals with three digits at most
/// and never an exponent. In a response itself, named ...Response, an empty list is printed as `[]`
/// if its shape allows it to be empty; elsewhere it is left out. What is not UTF-8 is printed as
/// U+FFFD: an answer is always JSON. Any thread.
std::string MessageToJson(const google::protobuf::Message& message);

}  // namespace lull::server
