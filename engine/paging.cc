#include "engine/paging.h"

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"

namespace lull {
namespace {

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kMaxTokenBytes = (kMaxPlaceBytes + kNumberBytes) * 4 / 3;  // base64

constexpr char kNoToken[] =
    "The NextToken is invalid. Use the NextToken of the page before, as it is.";

/// What ends a token: it tells whether the place is one of this list.
std::int64_t Check(std::string_view scope, std::string_view place) {
  const std::uint64_t hash = Fnv1a(scope, Fnv1a(place));
  return static_cast<std::int64_t>(hash ^ hash >> 32);
}

}  // namespace

void AppendNumber(std::string& place, std::int64_t number) {
  const auto word = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) place += static_cast<char>(word >> shift & 0xFF);
}

absl::StatusOr<std::int64_t> ReadNumber(std::string_view& place) {
  if (place.size() < kNumberBytes) return Invalid(kNoToken);
  std::uint64_t word = 0;
  for (const char c : place.substr(0, kNumberBytes)) {
    word = word << 8 | static_cast<unsigned char>(c);
  }
  place.remove_prefix(kNumberBytes);
  return static_cast<std::int64_t>(word);
}

std::string EncodePlace(std::string_view scope, std::string_view place) {
  LULL_CHECK(!place.empty() && place.size() <= kMaxPlaceBytes);
  std::string bytes(place);
  AppendNumber(bytes, Check(scope, place));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::string> DecodePlace(std::string_view scope, const std::string& token) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (token.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() <= kNumberBytes) {
    return Invalid(kNoToken);
  }
  const std::size_t size = bytes.size() - kNumberBytes;
  std::string_view end = std::string_view(bytes).substr(size);
  LULL_ASSIGN_OR_RETURN(const std::int64_t check, ReadNumber(end));
  if (check != Check(scope, std::string_view(bytes).substr(0, size))) {
    return Invalid(
        "The NextToken belongs to another list. Use it with the operation, ids and filters that "
        "returned it.");
  }
  bytes.resize(size);
  return bytes;
}

std::string EncodeToken(std::string_view scope, std::int64_t position) {
  std::string place;
  AppendNumber(place, position);
  return EncodePlace(scope, place);
}

absl::StatusOr<std::int64_t> DecodeToken(std::string_view scope, const std::string& token) {
  LULL_ASSIGN_OR_RETURN(const std::string place, DecodePlace(scope, token));
  if (place.empty()) return 0;
  std::string_view rest = place;
  return ReadNumber(rest);
}

}  // namespace lull
