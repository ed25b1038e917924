#include "cli/listen_address.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::cli {
namespace {

absl::Status Malformed(std::string_view text) {
  return Invalid("--listen ", JsonString(text),
                 " is no address and port. Write it as 127.0.0.1:8750 or [::1]:8750; port 0 takes "
                 "any that is free.");
}

}  // namespace

std::string ListenAddress::Text() const {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", address, is_ipv6 ? "]:" : ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return Malformed(text);
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool has_brackets = address.front() == '[' && address.back() == ']';
  if (has_brackets) address = address.substr(1, address.size() - 2);
  // Without brackets `::1:8750` could be read in two ways.
  if (address.empty() || has_brackets != (address.find(':') != std::string_view::npos)) {
    return Malformed(text);
  }
  ListenAddress result{std::string(address)};
  const auto [end, error] = std::from_chars(port.begin(), port.end(), result.port);
  if (error != std::errc() || end != port.end() || port.empty()) return Malformed(text);
  return result;
}

}  // namespace lull::cli
