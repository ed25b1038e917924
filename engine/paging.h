#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/mapping.h"

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

/// The scope of a list: its name, and all of a request but which page is asked for.
template <class Request>
std::string ScopeOf(const char* name, Request request) {
  request.clear_next_token();
  request.clear_max_results();
  return absl::StrCat(name, " ", HashRequest(request));
}

/// Rows of a page that `request` asks for.
template <class Request>
std::size_t PageSize(const Request& request) {
  return request.has_max_results() ? static_cast<std::size_t>(request.max_results()) : kDefaultPage;
}

/// Rows to read for a page that `request` asks for. Without a filter each one is shown, and the one
/// after the page says whether there is another.
template <class Request>
std::size_t RowsToRead(const Request& request) {
  return request.filters().empty() ? PageSize(request) + 1 : kMaxRowsRead;
}

/// Hands rows in turn to `take`, which tells whether it put that one on the page of `request`,
/// until the page is full. Returns the position after which the list goes on; nothing when it has
/// ended. REQUIRES: `rows` were read with a limit of RowsToRead(request).
template <class Request, class Row, class Take>
std::optional<std::int64_t> FillPage(const Request& request, const std::vector<Row>& rows,
                                     const Take& take) {
  const std::size_t size = PageSize(request);
  std::size_t taken = 0;
  std::size_t read = 0;
  while (read < rows.size() && taken < size) taken += take(rows[read++]) ? 1 : 0;
  if (read == rows.size() && read < RowsToRead(request)) return std::nullopt;
  return rows[read - 1].position;
}

/// Numbers as bytes of a place, eight each, and back: ReadNumber takes its bytes off the front.
/// Error: kInvalidArgument when they are not there.
void AppendNumber(std::string& place, std::int64_t number);
absl::StatusOr<std::int64_t> ReadNumber(std::string_view& place);

}  // namespace lull
