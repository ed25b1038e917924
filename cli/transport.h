#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/nodes.h"

namespace lull::cli {

// The words of a transport's argv, which may have {user}, {address}, {node} and {name}. They are
// never read by a shell here, but what they start may read them as an option, and ssh hands what
// follows the host to a shell there: so values are letters, digits and few others. Pure; errors are
// kInvalidArgument.

/// The transport of nodes that name none. It is there without being configured.
inline constexpr char kDefaultTransport[] = "ssh";

/// Whether the config file may have `word`: every {...} of letters is one of the four. The error
/// begins as what follows the member's name.
absl::Status CheckTemplate(const std::string& word);

bool HasPlaceholder(const std::string& word);

/// Whether `user` may be a user's name, and `name` a transport's. The error begins as what follows
/// the member's name.
absl::Status CheckUser(const std::string& user);
absl::Status CheckTransportName(const std::string& name);

/// `word` for `node`, whom `user` reaches. The error names the node's member.
absl::StatusOr<std::string> FillTemplate(const std::string& word, const Node& node,
                                         const std::string& user);

}  // namespace lull::cli
