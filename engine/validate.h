#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace lull {

/// Of one printed value, in bytes; the rest is cut and "..." put in its place. A value may be as
/// long as a request, and the API echoes it once a violation.
inline constexpr size_t kMaxPrintedValueBytes = 256;

/// Of one answer: so many violations are spelled out. The count in front of them counts all.
inline constexpr int kMaxPrintedViolations = 100;

/// Checks every constraint that proto/ states on `request` and on what is in it: presence, lengths,
/// ranges, patterns, enum words. The only place where they are checked; every way into the engine
/// passes it. What relates members to each other or to what is stored is not decided here.
///
/// Returns OK, or kInvalidArgument whose message is the API's own, all violations together:
///   2 validation errors detected: Value 'mw-1' at 'windowId' failed to satisfy constraint: Member
///   must ...; Value null at 'name' failed to satisfy constraint: Member must not be null
/// Sensitive values are left out. A text that is longer than its shape allows is not matched
/// against the shape's pattern as well.
///
/// Pure; any thread.
absl::Status ValidateConstraints(const google::protobuf::Message& request);

/// A member that something beside proto/ requires, as Replace does: its name in messages
/// (`taskArn`), and whether the request has it.
struct RequiredMember {
  std::string_view name;
  bool present = false;
};

/// Error: kInvalidArgument that says, as above, that those not there must not be null.
absl::Status RequireMembers(std::initializer_list<RequiredMember> members);

}  // namespace lull
