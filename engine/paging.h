#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lull {

/// Rows of a page when MaxResults is absent (undocumented by the API; spec A.0.3).
inline constexpr std::size_t kDefaultPage = 50;

/// Rows that one call looks at in search of its page's; a page may be shorter than asked for.
inline constexpr std::size_t kMaxRowsRead = 1000;

/// Nodes that GetMaintenanceWindowExecutionTask spells out.
inline constexpr std::int64_t kMaxShownNodes = 500;

/// A place in a list as an opaque NextToken. `scope` names what is listed (the operation, the ids,
/// the filters): a token of another list is refused.
std::string EncodeToken(std::string_view scope, std::int64_t position);

/// The place that `token` names, 0 for an empty one. Error: kInvalidArgument when it isn't a token
/// of this list.
absl::StatusOr<std::int64_t> DecodeToken(std::string_view scope, const std::string& token);

/// The same where a place is more than a number: kMaxPlaceBytes of any bytes at most, 1 at least;
/// none for an empty token.
inline constexpr std::size_t kMaxPlaceBytes = 64;
std::string EncodePlace(std::string_view scope, std::string_view place);
absl::StatusOr<std::string> DecodePlace(std::string_view scope, const std::string& token);

/// Numbers as bytes of a place, eight each, and back: ReadNumber takes its bytes off the front.
/// Error: kInvalidArgument when they are not there.
void AppendNumber(std::string& place, std::int64_t number);
absl::StatusOr<std::int64_t> ReadNumber(std::string_view& place);

}  // namespace lull
