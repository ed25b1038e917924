#include "engine/paging.h"

#include <array>

#include "absl/strings/escaping.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"

namespace lull {
namespace {

constexpr std::size_t kTokenBytes = 16;  // position, then a check over it and the scope

std::uint64_t Check(std::string_view scope, std::uint64_t position) {
  const std::uint64_t hash = Fnv1a(scope, kFnvBasis ^ position);
  return hash ^ hash >> 32;
}

void Append(std::string& bytes, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift & 0xFF);
}

std::uint64_t Word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (const char c : bytes) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

}  // namespace

std::string EncodeToken(std::string_view scope, std::int64_t position) {
  const auto place = static_cast<std::uint64_t>(position);
  std::string bytes;
  Append(bytes, place);
  Append(bytes, Check(scope, place));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::int64_t> DecodeToken(std::string_view scope, const std::string& token) {
  if (token.empty()) return 0;
  std::string bytes;
  if (token.size() > 64 || !absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() != kTokenBytes) {
    return Invalid("The NextToken is invalid. Use the NextToken of the page before, as it is.");
  }
  const std::uint64_t place = Word(std::string_view(bytes).substr(0, 8));
  if (Check(scope, place) != Word(std::string_view(bytes).substr(8))) {
    return Invalid(
        "The NextToken belongs to another list. Use it with the operation, ids and filters that "
        "returned it.");
  }
  return static_cast<std::int64_t>(place);
}

}  // namespace lull
