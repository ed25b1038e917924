// Any bytes as a NextToken, and any place as a token that a client made up: refused in words, or
// the place that was encoded, within its bounds, never a crash.
//
// An input is the name of a list, a line feed, and the bytes. tools/fuzz makes inputs up,
// corpus/page_token has those that every test run replays.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "engine/base/check.h"
#include "engine/invocation_page.h"
#include "engine/model/ids.h"
#include "engine/paging.h"

namespace lull {
namespace {

constexpr std::size_t kMaxBytes = 400;

void CheckError(const absl::Status& status) {
  LULL_CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  LULL_CHECK(absl::StartsWith(status.message(), "The NextToken "));
}

void CheckInvocationPlace(std::string_view scope, const std::string& token) {
  const auto found = DecodeInvocationPlace(scope, token);
  if (!found.ok()) return CheckError(found.status());
  LULL_CHECK(found->has_value() == !token.empty());
  if (!found->has_value()) return;
  const InvocationPlace& place = **found;
  LULL_CHECK(place.task >= TaskKey{0} && place.task <= TaskKey{kMaxTaskKey});
  LULL_CHECK(place.ordinal >= 0 && place.ordinal <= kMaxTargetsPerTask);
  const auto again = DecodeInvocationPlace(scope, EncodeInvocationPlace(scope, place));
  LULL_CHECK(again.ok() && again->has_value());
  LULL_CHECK((*again)->task == place.task && (*again)->ordinal == place.ordinal);
}

/// As a client sends it.
void TryToken(std::string_view scope, const std::string& token) {
  CheckInvocationPlace(scope, token);
  const auto place = DecodePlace(scope, token);
  if (!place.ok()) return CheckError(place.status());
  LULL_CHECK(place->empty() == token.empty() && place->size() <= kMaxPlaceBytes);
  const auto position = DecodeToken(scope, token);
  LULL_CHECK(position.ok() == (place->empty() || place->size() >= sizeof(std::int64_t)));
  if (!position.ok()) return CheckError(position.status());
  const auto again = DecodeToken(scope, EncodeToken(scope, *position));
  LULL_CHECK(again.ok() && *again == *position);
}

/// As a client sends it that knows how tokens are made.
void TryPlace(std::string_view scope, std::string_view place) {
  const std::string token = EncodePlace(scope, place);
  const auto decoded = DecodePlace(scope, token);
  LULL_CHECK(decoded.ok() && *decoded == place);
  TryToken(scope, token);
  CheckError(DecodePlace(std::string(scope) + "x", token).status());
  CheckError(DecodePlace(scope, token + "AAAA").status());
}

void Try(std::string_view input) {
  const std::size_t line = input.find('\n');
  if (line == input.npos) return;
  const std::string_view scope = input.substr(0, line);
  const std::string_view bytes = input.substr(line + 1);
  TryToken(scope, std::string(bytes));
  if (!bytes.empty()) TryPlace(scope, bytes.substr(0, kMaxPlaceBytes));
}

}  // namespace
}  // namespace lull

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::kMaxBytes) lull::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
